package io.weir.config;

import com.google.re2j.PatternSyntaxException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What a text must look like. Whatever ends up in a header can never smuggle a line break into it.
 */
public enum Form {
  TEXT("text without control characters", "[^\\p{Cntrl}]+"),
  /** Text that may be empty and have lines. */
  CONTENT("text", text -> true),
  /** A name that the operator gives: it appears in logs and as a metric label. */
  NAME(
      "a name of letters, digits, '.', '_' and '-', at most 64",
      "[A-Za-z0-9_][A-Za-z0-9._-]{0,63}"),
  HOST("a host name without port, or an address", Hosts::isHost),
  HOST_PATTERN("a host name without port, or \"*.\" and a host name", Hosts::isPattern),
  /** RFC 3986 section 3.3, without what normalisation would change. */
  PATH(
      "a path that begins with '/', without '?', '#', blanks, \"//\" and dot segments",
      Form::isPath),
  /** RFC 9110 section 5.1. */
  HEADER_NAME("a header field name", "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}"),
  /** RFC 9110 section 5.5. */
  HEADER_VALUE("a header field value", "(?!\\s)[\\x20-\\x7e\\t]{0,4096}(?<!\\s)"),
  /** RFC 6265 section 4.1.1. */
  COOKIE_NAME("a cookie name", "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}"),
  /** RFC 9110 section 9.1; CONNECT makes a tunnel of everything and is never forwarded. */
  METHOD("a method in capitals, other than CONNECT", "(?!CONNECT$)[A-Z][A-Z-]{0,31}"),
  REGEX(
      "a regular expression in RE2 syntax, at most 4096 characters and 10000 with repetitions written out",
      Form::isRegex),
  /** As the kernel has it: at most 15 octets, without blanks, '/' and ':'. */
  INTERFACE("a network interface such as eth0", "(?!\\.{1,2}$)[!-~&&[^/:]]{1,15}"),
  FILE("a file", "[^\\p{Cntrl}]{1,4095}"),
  URL("an http or https URL", Form::isUrl),
  /** Rules of a rule set: an id, a range of ids, a tag or a category. */
  RULES("a rule's id, a range of ids, a tag or a category", "[A-Za-z0-9_][A-Za-z0-9._/-]{0,63}"),
  /** What rules look at. */
  VARIABLE(
      "a parameter's name, or a variable of SecLang such as REQUEST_COOKIES:name",
      "[^\\p{Cntrl}\\s|,\"']{1,256}"),
  JA3("32 hexadecimal digits in lower case", "[0-9a-f]{32}"),
  JA4(
      "a JA4 fingerprint such as t13d1516h2_8daaf6152771_e5627efa2ab1",
      "[tqd][0-9s][0-9][di][0-9]{4}[0-9A-Za-z]{2}(_[0-9a-f]{12}){2}");

  private final String expected;

  @SuppressWarnings("ImmutableEnumChecker") // The predicates are stateless.
  private final Predicate<String> accepts;

  Form(String expected, Predicate<String> accepts) {
    this.expected = expected;
    this.accepts = accepts;
  }

  Form(String expected, String pattern) {
    this(expected, Pattern.compile(pattern).asMatchPredicate());
  }

  /** What is accepted, in words. */
  String expected() {
    return expected;
  }

  boolean accepts(String text) {
    return accepts.test(text);
  }

  private static final Pattern PATH_CHARACTERS = Pattern.compile("/[\\x21-\\x7e&&[^?#\\\\]]*");
  private static final Pattern DOUBTFUL_PATH = Pattern.compile("//|/\\.{1,2}(/|$)");

  private static boolean isPath(String text) {
    return PATH_CHARACTERS.matcher(text).matches() && !DOUBTFUL_PATH.matcher(text).find();
  }

  private static boolean isRegex(String text) {
    try {
      return !text.isEmpty()
          && text.length() <= 4096
          && RegexSize.of(text) <= RegexSize.MOST
          && com.google.re2j.Pattern.compile(text) != null;
    } catch (PatternSyntaxException e) {
      return false;
    }
  }

  private static boolean isUrl(String text) {
    try {
      URI uri = new URI(text);
      return uri.getHost() != null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
