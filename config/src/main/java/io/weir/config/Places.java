package io.weir.config;

import java.util.Optional;

/**
 * Where each key of a file stands: for problems that show only when a configuration is put to use,
 * such as a certificate that cannot be read. Immutable.
 */
public final class Places {
  private final Problems places;

  Places(Problems places) {
    this.places = places;
  }

  /** Whether the operator wrote this key, rather than leaving it to its default. */
  public boolean written(String path) {
    return places.written(path);
  }

  /**
   * A problem at this key, or, where it was not written, at the block it belongs to.
   *
   * @param path the key, such as {@code certificates[0].key}; empty for the file as a whole
   * @param message what is wrong: {@code value (expected: what would be right)}, or a sentence
   */
  public Problem problem(String path, String message) {
    return places.problem(path, message, Optional.empty());
  }

  /** The same with a hint. */
  public Problem problem(String path, String message, String hint) {
    return places.problem(path, message, Optional.of(hint));
  }
}
