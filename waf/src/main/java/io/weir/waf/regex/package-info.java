/**
 * Regular expressions over octets, in linear time.
 *
 * <p>{@link io.weir.waf.regex.RegexParser} reads the syntax of PCRE as far as it is regular, {@link
 * io.weir.waf.regex.Program} is the compiled form, {@link io.weir.waf.regex.Automaton} tells
 * whether a pattern matches, {@link io.weir.waf.regex.CaptureMatcher} where it matches, and {@link
 * io.weir.waf.regex.LiteralScanner} which patterns cannot match because a word that they need is
 * not there.
 */
package io.weir.waf.regex;
