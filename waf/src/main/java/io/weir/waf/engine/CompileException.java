package io.weir.waf.engine;

/** A rule that cannot be compiled; the message says why, the caller knows where. */
final class CompileException extends Exception {
  private static final long serialVersionUID = 1;

  CompileException(String message) {
    super(message);
  }

  CompileException(String message, Throwable cause) {
    super(message, cause);
  }
}
