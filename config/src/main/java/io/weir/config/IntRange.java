package io.weir.config;

/**
 * Whole numbers from {@code first} to {@code last}, both included; written {@code 200-299} or
 * {@code 200}.
 *
 * @param first 0 or more
 * @param last at least first
 */
public record IntRange(int first, int last) {
  /** Whether the number lies within. */
  public boolean contains(int number) {
    return first <= number && number <= last;
  }

  @Override
  public String toString() {
    return first == last ? Integer.toString(first) : first + "-" + last;
  }
}
