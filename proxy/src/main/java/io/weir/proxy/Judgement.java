package io.weir.proxy;

import io.weir.proxy.inspect.Inspection;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.stage.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Judges content that is whole; where it is long, on a worker's thread, so that no event loop is
 * held by it.
 *
 * <p>While it runs, inspection and content are its own. The exchange may {@linkplain #leave end}
 * meanwhile; then nobody hears of the verdict.
 */
final class Judgement implements Runnable {
  /** Most octets that are judged at once. */
  static final int SHORT = 64 << 10;

  private static final System.Logger LOG = System.getLogger(Judgement.class.getName());

  private final Loop loop;
  private final Inspection inspection;
  private final HeldContent content;

  /** The loop's to look at. */
  private @Nullable Exchange exchange;

  /** What cannot be judged is not let pass. */
  private Verdict verdict = Verdict.refuse(Reason.INTERNAL);

  private Judgement(Exchange exchange, Inspection inspection, HeldContent content) {
    this.loop = exchange.loop;
    this.exchange = exchange;
    this.inspection = inspection;
    this.content = content;
  }

  /** Begins to judge long content; the exchange hears of the verdict on its loop. */
  static Judgement begin(Exchange exchange, Inspection inspection, HeldContent content) {
    Judgement judgement = new Judgement(exchange, inspection, content);
    exchange.loop.proxy.inspectors().execute(judgement);
    return judgement;
  }

  /** Judges content at once. */
  static Verdict of(Inspection inspection, HeldContent content, byte[] scratch) {
    content.read(scratch, inspection::content);
    return inspection.judgeContent();
  }

  @Override
  public void run() {
    try {
      verdict = of(inspection, content, new byte[16 << 10]);
    } catch (RuntimeException | Error failed) {
      LOG.log(System.Logger.Level.ERROR, "inspection failed", failed);
    } finally {
      loop.executor.execute(this::done);
    }
  }

  private void done() {
    Exchange waiting = exchange;
    if (waiting == null) {
      content.clear();
      inspection.end();
    } else {
      waiting.judged(verdict);
    }
  }

  /** The exchange is over. */
  void leave() {
    exchange = null;
  }
}
