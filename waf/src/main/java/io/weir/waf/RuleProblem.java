package io.weir.waf;

/**
 * Something wrong or noteworthy in a file of rules.
 *
 * @param file as given to the compiler
 * @param line from 1; the line where the directive begins
 * @param directive the directive's name, or empty where there is none
 * @param message what is wrong
 */
public record RuleProblem(String file, int line, String directive, String message) {

  @Override
  public String toString() {
    return file + ":" + line + ": " + (directive.isEmpty() ? "" : directive + ": ") + message;
  }
}
