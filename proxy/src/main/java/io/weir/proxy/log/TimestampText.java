package io.weir.proxy.log;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * Times as RFC 3339 text in UTC with milliseconds. Most entries fall into the second of the one
 * before, so that its text is kept; the calendar is asked once a day.
 *
 * <p>Confined to one thread.
 */
final class TimestampText {
  private static final long SECONDS_A_DAY = 86_400;

  private static final int TIME = "2026-01-01T".length();

  private final JsonBuffer text = new JsonBuffer(32);
  private final byte[] upToDot = new byte["2026-01-01T00:00:00.".length()];
  private long day = Long.MIN_VALUE;
  private long second = Long.MIN_VALUE;

  /**
   * Appends a time.
   *
   * @param epochMicros microseconds since 1970; what lies outside the years 1970–9999 is clamped
   */
  void append(JsonBuffer out, long epochMicros) {
    long micros = Math.clamp(epochMicros, 0, 253_402_300_799_999_999L);
    long newSecond = micros / 1_000_000;
    if (newSecond != second) {
      second = newSecond;
      renderSecond();
    }
    out.raw(upToDot);
    out.padded((int) (micros / 1000 % 1000), 3);
    out.put('Z');
  }

  private void renderSecond() {
    if (second / SECONDS_A_DAY != day) {
      day = second / SECONDS_A_DAY;
      renderDay();
    }
    int ofDay = (int) (second % SECONDS_A_DAY);
    text.position = TIME;
    text.padded(ofDay / 3600, 2);
    text.put(':');
    text.padded(ofDay / 60 % 60, 2);
    text.put(':');
    text.padded(ofDay % 60, 2);
    text.put('.');
    System.arraycopy(text.bytes, 0, upToDot, 0, upToDot.length);
  }

  private void renderDay() {
    LocalDate date = LocalDate.ofInstant(Instant.ofEpochSecond(second), ZoneOffset.UTC);
    text.position = 0;
    text.padded(date.getYear(), 4);
    text.put('-');
    text.padded(date.getMonthValue(), 2);
    text.put('-');
    text.padded(date.getDayOfMonth(), 2);
    text.put('T');
  }
}
