/**
 * The regression tests that a rule set brings along, in the format of ftw-tests-schema: {@link
 * io.weir.waf.regression.RegressionTest} reads them, {@link io.weir.waf.regression.Stage#problem}
 * holds what was observed against what a test expects, and {@link
 * io.weir.waf.regression.Reflection} is the answer that the tests want of their backend. Reading
 * YAML and JSON is left to the caller, so that the library needs no reader of them.
 */
package io.weir.waf.regression;
