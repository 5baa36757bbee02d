package io.weir.proxy;

import io.weir.proxy.inspect.Inspection;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.stage.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Judges content that is held; where it is {@linkplain Inspection#isShort not short}, on a worker's
 * thread, so that no event loop is held by it.
 *
 * <p>While it runs there, inspection and content are its own. Whoever waits may {@linkplain #leave
 * go} meanwhile; then nobody hears of the verdict.
 */
final class Judgement implements Runnable {
  private static final System.Logger LOG = System.getLogger(Judgement.class.getName());

  /** Hears of the verdict, on the loop. */
  interface Waiting {
    void judged(Verdict verdict);
  }

  private final Loop loop;
  private final Inspection inspection;
  private final HeldContent content;

  /** The loop's to look at. */
  private @Nullable Waiting waiting;

  /** What cannot be judged is not let pass. */
  private Verdict verdict = Verdict.refuse(Reason.INTERNAL);

  private Judgement(Loop loop, Inspection inspection, HeldContent content, Waiting waiting) {
    this.loop = loop;
    this.inspection = inspection;
    this.content = content;
    this.waiting = waiting;
  }

  /** Judges content at once. */
  static Verdict now(Loop loop, Inspection inspection, HeldContent content) {
    return judge(inspection, content, loop.scratch);
  }

  /** Begins to judge on another thread. */
  static Judgement begin(Loop loop, Inspection inspection, HeldContent content, Waiting waiting) {
    Judgement judgement = new Judgement(loop, inspection, content, waiting);
    loop.proxy.inspectors().execute(judgement);
    return judgement;
  }

  private static Verdict judge(Inspection inspection, HeldContent content, byte[] scratch) {
    content.read(scratch, inspection::content);
    return inspection.judgeContent();
  }

  @Override
  public void run() {
    try {
      verdict = judge(inspection, content, new byte[16 << 10]);
    } catch (RuntimeException | Error failed) {
      LOG.log(System.Logger.Level.ERROR, "inspection failed", failed);
    } finally {
      loop.executor.execute(this::done);
    }
  }

  private void done() {
    Waiting to = waiting;
    if (to == null) {
      content.clear();
      inspection.end();
    } else {
      to.judged(verdict);
    }
  }

  /** Nobody waits any more; what is judged is not to be touched. */
  HeldContent leave() {
    waiting = null;
    return content;
  }
}
