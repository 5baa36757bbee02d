package io.weir.waf.regex;

/** A pattern that cannot be compiled: wrong, too large, or not regular. */
public final class RegexException extends Exception {
  private static final long serialVersionUID = 1;

  public RegexException(String message) {
    super(message);
  }
}
