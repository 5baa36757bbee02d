package io.weir.proxy.stage;

import io.weir.proxy.Exchange;
import io.weir.proxy.inspect.Inspection;
import io.weir.proxy.inspect.Protection;

/**
 * INSPECT: do the web application firewall's rules object? A request without content is judged at
 * once; one with content by its head, and again by everything once the content is whole. A long
 * head is judged where long content is, together with it.
 */
public final class InspectStage implements RequestStage {
  @Override
  public Stage stage() {
    return Stage.INSPECT;
  }

  @Override
  public Verdict judge(Exchange x, long now) {
    Protection protection = x.route().protection();
    if (protection == null) {
      return Verdict.PASS;
    }
    Inspection inspection = Inspection.begin(protection, x);
    x.inspection = inspection;
    if (!inspection.isShort(0)
        && (isWithoutContent(x) || inspection.fits(x.request.contentLength))) {
      return Verdict.HOLD;
    }
    Verdict verdict = inspection.judgeHead();
    if (verdict != Verdict.PASS) {
      return verdict;
    }
    if (x.isRequestEnded() || isWithoutContent(x) || !inspection.wantsContent()) {
      return inspection.judgeContent();
    }
    return inspection.fits(x.request.contentLength) ? Verdict.HOLD : withoutContent(inspection);
  }

  /** Whether what follows the head is not to be judged: a tunnel's octets, or excluded content. */
  public static boolean isWithoutContent(Exchange x) {
    Inspection inspection = x.inspection;
    return x.request.extendedConnect || inspection != null && inspection.headOnly();
  }

  /**
   * The content is too long to be held back: what then is not refused is judged by its head alone.
   */
  public static Verdict withoutContent(Inspection inspection) {
    Verdict verdict = inspection.tooLong();
    return verdict == Verdict.PASS ? inspection.judgeContent() : verdict;
  }
}
