/**
 * Who may come in, how often, and what looks wrong. Pure decisions: nothing here reads a clock or a
 * socket. Time is passed in as nanoseconds of one monotonic clock ({@link System#nanoTime}).
 *
 * <p>What the operator sets (a {@link io.weir.policy.RateLimit}, {@link
 * io.weir.policy.CircuitLimits}, {@link io.weir.policy.OutlierLimits}) is an immutable value,
 * handed over with each question; what has happened so far is the state of the object asked. So a
 * reload changes the former and keeps the latter.
 *
 * <p>Start with {@link io.weir.policy.ClientTable} for limits per client. {@link
 * io.weir.policy.RetryBudget}, {@link io.weir.policy.CircuitBreaker} and {@link
 * io.weir.policy.OutlierDetector} keep a struggling backend from being struck down, and from
 * dragging others along.
 */
package io.weir.policy;
