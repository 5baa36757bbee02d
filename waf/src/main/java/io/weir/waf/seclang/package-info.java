/**
 * The text of SecLang: {@link io.weir.waf.seclang.DirectiveReader} cuts files into directives,
 * {@link io.weir.waf.seclang.RuleText} reads the three arguments of a rule.
 */
package io.weir.waf.seclang;
