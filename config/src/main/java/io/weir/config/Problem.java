package io.weir.config;

import java.util.Optional;

/**
 * One thing that is wrong with a configuration.
 *
 * @param file name of the file, as the operator gave it
 * @param line from 1; 0 if the problem is with the file as a whole
 * @param column from 1, in characters; 0 if the problem is with the line or the file as a whole
 * @param path the key, such as {@code listeners[0].name}; empty for the file as a whole
 * @param message what is wrong: {@code value (expected: what would be right)}, or a sentence
 * @param hint what to do about it
 */
public record Problem(
    String file, int line, int column, String path, String message, Optional<String> hint) {

  /** The problem on one line, then the hint on a second. */
  @Override
  public String toString() {
    return file
        + (line > 0 ? ":" + line + (column > 0 ? ":" + column : "") : "")
        + ": "
        + (path.isEmpty() ? "" : path + ": ")
        + message
        + hint.map(text -> "\n    hint: " + text).orElse("");
  }
}
