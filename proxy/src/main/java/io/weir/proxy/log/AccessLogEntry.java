package io.weir.proxy.log;

import static io.weir.proxy.log.RecordLayout.INT;
import static io.weir.proxy.log.RecordLayout.LONG;
import static io.weir.proxy.log.RecordLayout.SHORT;

import io.weir.net.ClientIdentity;
import io.weir.net.IpAddress;

/**
 * One access log entry while a loop fills it. A loop owns one, calls {@link #clear()}, sets what it
 * knows and hands it to {@link AccessLogRing#publish}; afterwards the entry is free for the next
 * request.
 *
 * <p>Values go straight into the bytes that the ring will copy: nothing is allocated and no array
 * of the caller's is kept. What is not set is {@code null}, {@code false} or zero in the log. Each
 * text can be set once; the first value stands. A text beyond its cap is cut, never refused.
 *
 * <p>Confined to one thread.
 */
public final class AccessLogEntry {
  final byte[] record = new byte[RecordLayout.MAX_RECORD];
  private int end;
  private int present;

  /** An entry with nothing set. */
  public AccessLogEntry() {
    clear();
  }

  /** Forgets everything set. */
  public AccessLogEntry clear() {
    for (int at = 0; at < RecordLayout.TEXTS; at += Long.BYTES) {
      LONG.set(record, at, 0L);
    }
    LONG.set(record, RecordLayout.UPSTREAM_MICROS, -1L);
    record[RecordLayout.PROTOCOL] = (byte) AccessLogProtocol.UNKNOWN.ordinal();
    end = RecordLayout.TEXTS;
    present = 0;
    return this;
  }

  /** When the request began, in microseconds since 1970-01-01T00:00:00Z. */
  public AccessLogEntry start(long epochMicros) {
    LONG.set(record, RecordLayout.START_MICROS, epochMicros);
    return this;
  }

  /** Who asked, and how that was established. */
  public AccessLogEntry client(ClientIdentity client) {
    LONG.set(record, RecordLayout.CLIENT_HIGH, client.address().high());
    LONG.set(record, RecordLayout.CLIENT_LOW, client.address().low());
    SHORT.set(record, RecordLayout.CLIENT_PORT, (short) client.port());
    record[RecordLayout.PROVENANCE] = (byte) client.provenance().ordinal();
    return this;
  }

  /** The address and port that the connection reached. */
  public AccessLogEntry server(IpAddress address, int port) {
    LONG.set(record, RecordLayout.SERVER_HIGH, address.high());
    LONG.set(record, RecordLayout.SERVER_LOW, address.low());
    SHORT.set(record, RecordLayout.SERVER_PORT, (short) port);
    return this;
  }

  /** The protocol between client and Weir. */
  public AccessLogEntry protocol(AccessLogProtocol protocol) {
    record[RecordLayout.PROTOCOL] = (byte) protocol.ordinal();
    return this;
  }

  /** The status that the client was given, 0 where the connection closed without one. */
  public AccessLogEntry status(int status) {
    SHORT.set(record, RecordLayout.STATUS, (short) status);
    return this;
  }

  /** How often the request was sent to a backend again. */
  public AccessLogEntry retries(int retries) {
    SHORT.set(record, RecordLayout.RETRIES, (short) retries);
    return this;
  }

  /** Bytes of the whole request and of the whole response, heads included. */
  public AccessLogEntry sizes(long requestBytes, long responseBytes) {
    LONG.set(record, RecordLayout.REQUEST_BYTES, requestBytes);
    LONG.set(record, RecordLayout.RESPONSE_BYTES, responseBytes);
    return this;
  }

  /** Microseconds from the first byte of the request to the last of the response. */
  public AccessLogEntry requestTime(long micros) {
    LONG.set(record, RecordLayout.REQUEST_MICROS, micros);
    return this;
  }

  /** Microseconds spent with backends; unset where no backend was asked. */
  public AccessLogEntry upstreamTime(long micros) {
    LONG.set(record, RecordLayout.UPSTREAM_MICROS, micros);
    return this;
  }

  /** The request went over an upstream connection that had served another before. */
  public AccessLogEntry connectionReused() {
    record[RecordLayout.FLAGS] |= RecordLayout.FLAG_REUSED;
    return this;
  }

  /** A rate limit refused the request. */
  public AccessLogEntry rateLimited() {
    record[RecordLayout.FLAGS] |= RecordLayout.FLAG_RATE_LIMITED;
    return this;
  }

  /**
   * What the web application firewall made of the request.
   *
   * @param score what its findings add up to
   */
  public AccessLogEntry waf(WafAction action, int score) {
    record[RecordLayout.WAF_ACTION] = (byte) action.ordinal();
    LONG.set(record, RecordLayout.WAF_SCORE, score);
    return this;
  }

  /** A whole array as text: for names encoded once, such as a route's. */
  public AccessLogEntry text(AccessLogField field, byte[] bytes) {
    return text(field, bytes, 0, bytes.length);
  }

  /** Part of an array as text: any bytes, taken as UTF-8 when written. */
  public AccessLogEntry text(AccessLogField field, byte[] bytes, int offset, int length) {
    int bit = 1 << field.ordinal();
    if ((present & bit) == 0) {
      int kept = length <= field.cap ? length : Cut.keep(bytes, offset, field.cap);
      record[end] = (byte) field.ordinal();
      SHORT.set(record, end + 1, (short) kept);
      System.arraycopy(bytes, offset, record, end + RecordLayout.TEXT_HEAD, kept);
      end += RecordLayout.TEXT_HEAD + kept;
      present |= bit;
    }
    return this;
  }

  /** Completes the record and returns its size in bytes, a multiple of eight. */
  int seal() {
    int size = RecordLayout.aligned(end);
    INT.set(record, RecordLayout.SIZE, size);
    INT.set(record, RecordLayout.TEXT_END, end);
    INT.set(record, RecordLayout.PRESENT, present);
    return size;
  }
}
