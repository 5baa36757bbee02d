/**
 * The compiled form of rules and their evaluation: {@link io.weir.waf.engine.RuleCompiler} makes a
 * {@link io.weir.waf.engine.Plan} of directives, {@link io.weir.waf.engine.Evaluation} runs it for
 * one transaction.
 *
 * <p>The idea: most rules ask whether a pattern is in some values after some transformations, and
 * for most values the answer is no. So each value is transformed once for each distinct chain of
 * transformations, each result is looked at once for all patterns, and only rules whose first
 * question was answered yes are run as written, in their order, with chains, captures and actions.
 */
package io.weir.waf.engine;
