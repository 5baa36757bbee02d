package io.weir.proxy.log;

/**
 * Finds payment card numbers in text: 13 to 19 digits, alone or in groups parted by spaces or
 * dashes, whose Luhn check digit (ISO/IEC 7812-1) is right. In URLs digits and separators may be
 * percent-encoded and a space may be a plus sign. A number begins and ends where a group does, so
 * that a longer row of digits is not taken for one.
 *
 * <p>Such a number is at least 13 bytes long and made of few different bytes. It is therefore
 * enough to look at each thirteenth byte and to read only the surroundings of those that could
 * belong to one. Inside such a stretch the Luhn sums of all windows come from prefix sums, so that
 * no text, however contrived, takes more than linear time.
 *
 * <p>Confined to one thread.
 */
final class CardNumbers {
  private static final int FEWEST = 13;
  private static final int MOST = 19;
  private static final int LONGEST_TEXT = 2048;
  private static final boolean[] MAY_CONTAIN = table("0123456789 -+%Dd");

  private final int[] groupStart = new int[LONGEST_TEXT + 1];
  private final int[] digitStart = new int[LONGEST_TEXT];
  private final int[] digitEnd = new int[LONGEST_TEXT];
  private final int[] sumWithEvenDoubled = new int[LONGEST_TEXT + 1];
  private final int[] sumWithOddDoubled = new int[LONGEST_TEXT + 1];
  private int groups;
  private int digits;
  private int start;
  private int end;

  /** Whether a card number, as written in a URL or header, may contain this byte. */
  static boolean mayContain(byte b) {
    return MAY_CONTAIN[b & 0xFF];
  }

  /** Finds the first card number; its place is then {@link #start()} and {@link #end()}. */
  boolean find(byte[] text, int from, int to) {
    int probe = from + FEWEST - 1;
    while (probe < to) {
      if (!mayContain(text[probe])) {
        probe += FEWEST;
        continue;
      }
      int low = probe;
      while (low > from && mayContain(text[low - 1])) {
        low--;
      }
      int high = probe + 1;
      while (high < to && mayContain(text[high])) {
        high++;
      }
      if (high - low >= FEWEST && findWithin(text, low, high)) {
        return true;
      }
      probe = high + FEWEST;
    }
    return false;
  }

  /** Where the number found begins. */
  int start() {
    return start;
  }

  /** Where the number found ends, exclusive. */
  int end() {
    return end;
  }

  private boolean findWithin(byte[] text, int low, int high) {
    forgetDigits();
    boolean inGroup = false;
    int at = low;
    while (at < high) {
      int width = text[at] == '%' && at + 2 < high ? 3 : 1;
      int value = width == 1 ? text[at] : PercentCode.decode(text[at + 1], text[at + 2]);
      if (value >= '0' && value <= '9') {
        if (!inGroup) {
          groupStart[groups++] = digits;
          inGroup = true;
        }
        addDigit(value - '0', at, at + width);
      } else if (value == ' ' || value == '-' || value == '+') {
        inGroup = false;
      } else {
        if (findAmongDigits()) {
          return true;
        }
        forgetDigits();
        inGroup = false;
        width = 1;
      }
      at += width;
    }
    return findAmongDigits();
  }

  private void forgetDigits() {
    groups = 0;
    digits = 0;
  }

  private void addDigit(int value, int from, int to) {
    int doubled = value < 5 ? value * 2 : value * 2 - 9;
    boolean even = (digits & 1) == 0;
    digitStart[digits] = from;
    digitEnd[digits] = to;
    sumWithEvenDoubled[digits + 1] = sumWithEvenDoubled[digits] + (even ? doubled : value);
    sumWithOddDoubled[digits + 1] = sumWithOddDoubled[digits] + (even ? value : doubled);
    digits++;
  }

  private boolean findAmongDigits() {
    groupStart[groups] = digits;
    for (int group = 0; group < groups; group++) {
      int last = longestFrom(group);
      if (last >= 0) {
        start = digitStart[groupStart[group]];
        end = digitEnd[last - 1];
        return true;
      }
    }
    return false;
  }

  /** The end of the longest card number that begins with this group, or -1. */
  private int longestFrom(int group) {
    int first = groupStart[group];
    int found = -1;
    for (int next = group + 1; next <= groups && groupStart[next] - first <= MOST; next++) {
      int last = groupStart[next];
      if (last - first >= FEWEST && luhn(first, last)) {
        found = last;
      }
    }
    return found;
  }

  /** Each second digit counts doubled, beginning with the last but one. */
  private boolean luhn(int first, int last) {
    int[] sums = (last & 1) == 0 ? sumWithEvenDoubled : sumWithOddDoubled;
    return (sums[last] - sums[first]) % 10 == 0;
  }

  private static boolean[] table(String characters) {
    boolean[] table = new boolean[256];
    for (int i = 0; i < characters.length(); i++) {
      table[characters.charAt(i)] = true;
    }
    return table;
  }
}
