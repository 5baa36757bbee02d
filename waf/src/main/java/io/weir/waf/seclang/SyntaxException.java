package io.weir.waf.seclang;

/** Text that is not SecLang; the message says what is wrong, the caller knows where. */
public final class SyntaxException extends Exception {
  private static final long serialVersionUID = 1;

  public SyntaxException(String message) {
    super(message);
  }
}
