package io.weir.proxy.stage;

import io.weir.proxy.Exchange;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.Method;

/**
 * FRAME: what the parsers let through but Weir does not serve or the listener does not tolerate,
 * and the one normalisation of the path. From here on there is only the normalised path: it decides
 * and it is forwarded.
 */
final class FrameStage implements RequestStage {
  @Override
  public Stage stage() {
    return Stage.FRAME;
  }

  @Override
  public Verdict judge(Exchange x, long now) {
    Head head = x.request;
    if (head.method == Method.TRACE || head.method == Method.CONNECT && !head.extendedConnect) {
      return Verdict.refuse(Reason.FRAME_METHOD_UNSUPPORTED);
    }
    if (!x.listener().tolerances().cover(head)) {
      return Verdict.refuse(Reason.FRAME_MALFORMED);
    }
    return x.listener().paths().normalise(head)
        ? Verdict.PASS
        : Verdict.refuse(Reason.FRAME_PATH_UNSAFE);
  }
}
