package io.weir.proxy.stage;

import io.weir.proxy.route.Route;

/**
 * What a stage says of a request. The constants and those kept by routes are shared: a verdict
 * allocates nothing.
 */
public sealed interface Verdict {
  /** Go on with the next stage. */
  Verdict PASS = new Pass();

  /** Go on, past every stage that could refuse, with {@link Stage#SELECT}. */
  Verdict ALLOW = new Allow();

  /** See {@link #PASS}. */
  record Pass() implements Verdict {}

  /** See {@link #ALLOW}. */
  record Allow() implements Verdict {}

  /** The stage wants the request's content first, and is asked again once that is whole. */
  Verdict HOLD = new Hold();

  /** See {@link #HOLD}. */
  record Hold() implements Verdict {}

  /**
   * Weir answers with an error.
   *
   * @param reason why
   * @param retryAfterSeconds what a Retry-After field says, or 0 for none
   * @param status of the answer
   * @param location what a Location field says, or empty for none
   */
  record Refuse(Reason reason, int retryAfterSeconds, int status, String location)
      implements Verdict {
    /** With the reason's own status. */
    Refuse(Reason reason, int retryAfterSeconds) {
      this(reason, retryAfterSeconds, reason.status(), "");
    }
  }

  /** The connection is closed without an answer. */
  record Drop(Reason reason) implements Verdict {}

  /** The route itself is the answer: a redirect or a fixed response. */
  record Answer(Reason reason, Route route) implements Verdict {}

  /** The refusal for this reason, without Retry-After. */
  static Refuse refuse(Reason reason) {
    return Refusals.OF[reason.ordinal()];
  }

  /** One refusal for each reason. */
  final class Refusals {
    private static final Refuse[] OF = new Refuse[Reason.values().length];

    static {
      for (Reason reason : Reason.values()) {
        OF[reason.ordinal()] = new Refuse(reason, 0);
      }
    }

    private Refusals() {}
  }
}
