/**
 * A web application firewall as a library. {@link io.weir.waf.RuleSet#compiler} compiles rules
 * written in SecLang, such as the OWASP Core Rule Set; a {@link io.weir.waf.Transaction} judges one
 * request and its response by them. {@link io.weir.waf.Match} explains what was found, {@link
 * io.weir.waf.Intervention} what should happen.
 */
package io.weir.waf;
