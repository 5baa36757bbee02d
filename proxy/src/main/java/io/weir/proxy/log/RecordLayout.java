package io.weir.proxy.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bytes of a record, as {@link AccessLogEntry} writes and {@link LineRenderer} reads them:
 * numbers at fixed places, then texts, each as one byte of field number, two bytes of length and
 * its bytes. Little endian, sizes rounded up to eight, never stored beyond the process.
 */
final class RecordLayout {
  static final VarHandle LONG = view(long[].class);
  static final VarHandle INT = view(int[].class);
  static final VarHandle SHORT = view(short[].class);

  /** int: bytes of the whole record; negative in a ring: that many bytes are to be skipped. */
  static final int SIZE = 0;

  /** int: where the texts end, counted from the start of the record. */
  static final int TEXT_END = 4;

  /** int: one bit for each text present, by ordinal. */
  static final int PRESENT = 8;

  static final int STATUS = 12;
  static final int RETRIES = 14;
  static final int CLIENT_PORT = 16;
  static final int SERVER_PORT = 18;
  static final int PROTOCOL = 20;
  static final int FLAGS = 21;
  static final int PROVENANCE = 22;
  static final int WAF_ACTION = 23;
  static final int START_MICROS = 24;
  static final int CLIENT_HIGH = 32;
  static final int CLIENT_LOW = 40;
  static final int SERVER_HIGH = 48;
  static final int SERVER_LOW = 56;
  static final int REQUEST_BYTES = 64;
  static final int RESPONSE_BYTES = 72;
  static final int REQUEST_MICROS = 80;
  static final int UPSTREAM_MICROS = 88;
  static final int WAF_SCORE = 96;
  static final int TEXTS = 104;

  /** Bytes before each text. */
  static final int TEXT_HEAD = 3;

  static final int FLAG_REUSED = 1;
  static final int FLAG_RATE_LIMITED = 2;

  /** No record is longer, because each text comes once and is cut at its cap. */
  static final int MAX_RECORD =
      aligned(TEXTS + AccessLogField.sumOfCaps() + AccessLogField.count() * TEXT_HEAD);

  private RecordLayout() {}

  static int aligned(int size) {
    return (size + 7) & -8;
  }

  private static VarHandle view(Class<?> type) {
    return MethodHandles.byteArrayViewVarHandle(type, ByteOrder.LITTLE_ENDIAN);
  }
}
