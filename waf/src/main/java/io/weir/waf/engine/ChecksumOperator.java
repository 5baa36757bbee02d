package io.weir.waf.engine;

import io.weir.waf.regex.AutomataMemory;
import io.weir.waf.regex.CaptureMatcher;
import io.weir.waf.regex.PatternCache;
import java.util.function.Predicate;

/** Numbers that a pattern finds and a checksum confirms: cards, social security and tax numbers. */
final class ChecksumOperator extends Operator {
  private final RegexOperator pattern;
  private final Predicate<int[]> valid;

  ChecksumOperator(
      String pattern, PatternCache patterns, AutomataMemory memory, Predicate<int[]> valid)
      throws CompileException {
    this.pattern = new RegexOperator(pattern, patterns, memory);
    this.valid = valid;
  }

  @Override
  boolean matches(byte[] in, int from, int to, Evaluation evaluation) {
    if (!pattern.matches(in, from, to, evaluation)) {
      return false;
    }
    CaptureMatcher matcher = new CaptureMatcher(pattern.program());
    int at = from;
    while (at < to && matcher.find(in, from, at, to, evaluation.budget)) {
      int begin = matcher.found()[0];
      int end = matcher.found()[1];
      if (valid.test(digits(in, begin, end))) {
        return true;
      }
      at = Math.max(end, begin + 1);
    }
    return false;
  }

  private static int[] digits(byte[] in, int from, int to) {
    int[] digits = new int[to - from];
    int count = 0;
    for (int i = from; i < to; i++) {
      if (in[i] >= '0' && in[i] <= '9') {
        digits[count++] = in[i] - '0';
      }
    }
    return java.util.Arrays.copyOf(digits, count);
  }

  /** Luhn's checksum (ISO/IEC 7812-1). */
  static boolean isCard(int[] digits) {
    int sum = 0;
    for (int i = 0; i < digits.length; i++) {
      int digit = digits[digits.length - 1 - i] * (i % 2 + 1);
      sum += digit > 9 ? digit - 9 : digit;
    }
    return digits.length > 0 && sum % 10 == 0;
  }

  /** A number the US Social Security Administration may have issued; no known dummy. */
  static boolean isSsn(int[] digits) {
    if (digits.length != 9) {
      return false;
    }
    int area = digits[0] * 100 + digits[1] * 10 + digits[2];
    int group = digits[3] * 10 + digits[4];
    int serial = ((digits[5] * 10 + digits[6]) * 10 + digits[7]) * 10 + digits[8];
    boolean ascending = true;
    boolean same = true;
    for (int i = 1; i < 9; i++) {
      ascending &= digits[i] == digits[i - 1] + 1;
      same &= digits[i] == digits[0];
    }
    return area > 0 && area < 740 && area != 666 && group > 0 && serial > 0 && !ascending && !same;
  }

  /** Brazilian tax number: two check digits modulo 11. */
  static boolean isCpf(int[] digits) {
    if (digits.length != 11) {
      return false;
    }
    boolean same = true;
    for (int digit : digits) {
      same &= digit == digits[0];
    }
    return !same && digits[9] == cpfDigit(digits, 9) && digits[10] == cpfDigit(digits, 10);
  }

  private static int cpfDigit(int[] digits, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
      sum += digits[i] * (count + 1 - i);
    }
    int rest = sum % 11;
    return rest < 2 ? 0 : 11 - rest;
  }

  /** Austrian social security number: weighted sum modulo 11 as the fourth digit. */
  static boolean isSvnr(int[] digits) {
    if (digits.length != 10) {
      return false;
    }
    int[] weights = {3, 7, 9, 0, 5, 8, 4, 2, 1, 6};
    int sum = 0;
    for (int i = 0; i < 10; i++) {
      sum += weights[i] * digits[i];
    }
    return sum % 11 == digits[3];
  }
}
