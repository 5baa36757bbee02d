package io.weir.proxy.stage;

import io.weir.proxy.Exchange;
import java.util.List;

/** Runs the deciding stages in the order of {@link Stage}. */
public final class Stages {
  private static final RequestStage[] DECIDING = {
    new FrameStage(),
    new IdentifyStage(),
    new RouteStage(),
    new LimitStage(),
    new InspectStage(),
    new SelectStage()
  };

  private Stages() {}

  /** The deciding stages, in order; for {@code weir explain}. */
  public static List<RequestStage> deciding() {
    return List.of(DECIDING);
  }

  /** The first verdict that is not a pass, or the pass of the last stage. */
  public static Verdict judge(Exchange exchange, long now) {
    return judge(exchange, now, Stage.FRAME);
  }

  /** The same from a stage on. */
  public static Verdict judge(Exchange exchange, long now, Stage from) {
    boolean allowed = false;
    for (RequestStage stage : DECIDING) {
      if (stage.stage().compareTo(from) < 0 || allowed && stage.stage() != Stage.SELECT) {
        continue;
      }
      Verdict verdict = stage.judge(exchange, now);
      if (verdict instanceof Verdict.Allow) {
        allowed = true;
      } else if (!(verdict instanceof Verdict.Pass)) {
        return verdict;
      }
    }
    return Verdict.PASS;
  }
}
