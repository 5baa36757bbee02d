package io.weir.waf;

/**
 * What the rules want to happen to the transaction.
 *
 * @param action what to do
 * @param status of the response, for {@link Action#DENY} and {@link Action#REDIRECT}
 * @param location for {@link Action#REDIRECT}, else empty
 * @param ruleId the rule that decided, or 0 when the engine itself did
 * @param cause who decided
 */
public record Intervention(Action action, int status, String location, int ruleId, Cause cause) {

  /** What to do. */
  public enum Action {
    DENY,
    DROP,
    REDIRECT
  }

  /** Who decided. */
  public enum Cause {
    RULE,
    /** The rules could not be finished within the work that the request's size allows. */
    BUDGET,
    /** The body is longer than what may be inspected. */
    BODY_LIMIT,
    /** The body's content coding is not known, so nobody can say what is in it. */
    UNDECODABLE
  }
}
