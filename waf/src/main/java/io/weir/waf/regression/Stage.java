package io.weir.waf.regression;

/**
 * A request of a test, and what is to come of it.
 *
 * @param request what the client sends
 * @param expectation what is to be observed
 */
public record Stage(TestRequest request, Expectation expectation) {}
