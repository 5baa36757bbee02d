package io.weir.proxy.log;

import static io.weir.proxy.log.RecordLayout.INT;
import static io.weir.proxy.log.RecordLayout.LONG;
import static io.weir.proxy.log.RecordLayout.SHORT;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.weir.net.Provenance;
import java.util.Arrays;

/**
 * Turns a record into one line of JSON, leaving out what must not be stored: values of secret query
 * parameters and card numbers become {@code [REDACTED]}, the user agent is cut to 256 characters.
 *
 * <p>The fields and their order are the same in each line. Allocates nothing; confined to one
 * thread.
 */
final class LineRenderer {
  private static final int USER_AGENT_CHARACTERS = 256;
  private static final byte[] NULL = bytes("null");
  private static final byte[] REDACTED = bytes("[REDACTED]");

  private static final byte[] TIMESTAMP = bytes("{\"timestamp\":\"");
  private static final byte[] REQUEST_ID = bytes("\",\"request_id\":");
  private static final byte[] CLIENT_IP = bytes(",\"client_ip\":\"");
  private static final byte[] CLIENT_PORT = bytes("\",\"client_port\":");
  private static final byte[] SERVER_IP = bytes(",\"server_ip\":\"");
  private static final byte[] SERVER_PORT = bytes("\",\"server_port\":");
  private static final byte[] METHOD = bytes(",\"method\":");
  private static final byte[] HOST = bytes(",\"host\":");
  private static final byte[] PATH = bytes(",\"path\":");
  private static final byte[] QUERY = bytes(",\"query\":");
  private static final byte[] PROTOCOL = bytes(",\"protocol\":");
  private static final byte[] STATUS = bytes(",\"status_code\":");
  private static final byte[] REQUEST_BYTES = bytes(",\"request_size_bytes\":");
  private static final byte[] RESPONSE_BYTES = bytes(",\"response_size_bytes\":");
  private static final byte[] REQUEST_TIME = bytes(",\"request_time_ms\":");
  private static final byte[] UPSTREAM_TIME = bytes(",\"upstream_time_ms\":");
  private static final byte[] TLS_PROTOCOL = bytes(",\"ssl_protocol\":");
  private static final byte[] TLS_CIPHER = bytes(",\"ssl_cipher\":");
  private static final byte[] USER_AGENT = bytes(",\"user_agent\":");
  private static final byte[] REFERER = bytes(",\"referer\":");
  private static final byte[] FORWARDED_FOR = bytes(",\"x_forwarded_for\":");
  private static final byte[] POOL = bytes(",\"pool_id\":");
  private static final byte[] BACKEND = bytes(",\"backend_server\":");
  private static final byte[] RATE_LIMITED = bytes(",\"rate_limited\":");
  private static final byte[] WAF_ACTION = bytes(",\"waf_action\":");
  private static final byte[] WAF_RULES = bytes(",\"waf_rules_matched\":[");
  // What no stage decides yet; each becomes a field of the record with the stage that does.
  private static final byte[] GEOGRAPHY =
      bytes("],\"geo_country\":null,\"geo_city\":null,\"asn\":null,\"connection_reused\":");
  private static final byte[] COMPRESSION = bytes(",\"compression\":\"none\",\"listener\":");
  private static final byte[] ROUTE = bytes(",\"route\":");
  private static final byte[] REASON = bytes(",\"reason\":");
  private static final byte[] CLIENT_PROVENANCE = bytes(",\"client_provenance\":");
  private static final byte[][] PROVENANCES =
      Arrays.stream(Provenance.values())
          .map(provenance -> bytes('"' + provenance.text() + '"'))
          .toArray(byte[][]::new);
  private static final byte[] RETRIES = bytes(",\"retries\":");
  private static final byte[] JA3 = bytes(",\"ja3\":");
  private static final byte[] JA4 = bytes(",\"ja4\":");
  private static final byte[] WAF_SCORE = bytes(",\"waf_score\":");
  private static final byte[] WAF_MESSAGE = bytes(",\"waf_message\":");
  private static final byte[] WAF_VARIABLE = bytes(",\"waf_variable\":");
  private static final byte[] WAF_VALUE = bytes(",\"waf_value\":");
  private static final byte[] WAF_TRANSFORMATIONS = bytes(",\"waf_transformations\":");
  private static final byte[] WAF_EXCLUSION = bytes(",\"waf_exclusion\":");
  private static final byte[] END = bytes("}\n");

  private static final int MAX_KEYS_AND_NUMBERS = 2048;

  private final TimestampText timestamp = new TimestampText();
  private final CardNumbers cards = new CardNumbers();
  private final SecretValues secrets = new SecretValues();
  private final int[] starts = new int[AccessLogField.count()];
  private final int[] ends = new int[AccessLogField.count()];
  private final byte[] instanceMember;
  private final JsonBuffer out;
  private byte[] source = {};

  /**
   * A renderer that appends to a buffer.
   *
   * @param instance the name of this Weir in each line
   */
  LineRenderer(String instance, JsonBuffer out) {
    this.out = out;
    instanceMember = instanceMember(instance);
  }

  /** More bytes than any line has, for an instance name of at most 64 bytes. */
  static int maxLine() {
    return AccessLogField.sumOfCaps() * JsonBuffer.MAX_ESCAPE + MAX_KEYS_AND_NUMBERS;
  }

  /** Appends the line of the record that begins at a place. */
  void render(byte[] records, int at) {
    source = records;
    locateTexts(at);
    who(at);
    what(at);
    how();
    whereTo(at);
  }

  private void who(int at) {
    out.raw(TIMESTAMP);
    timestamp.append(out, (long) LONG.get(source, at + RecordLayout.START_MICROS));
    out.raw(REQUEST_ID);
    plain(AccessLogField.REQUEST_ID);
    out.raw(CLIENT_IP);
    address(at + RecordLayout.CLIENT_HIGH, at + RecordLayout.CLIENT_LOW);
    out.raw(CLIENT_PORT);
    unsignedShort(at + RecordLayout.CLIENT_PORT);
    out.raw(SERVER_IP);
    address(at + RecordLayout.SERVER_HIGH, at + RecordLayout.SERVER_LOW);
    out.raw(SERVER_PORT);
    unsignedShort(at + RecordLayout.SERVER_PORT);
  }

  private void what(int at) {
    out.raw(METHOD);
    plain(AccessLogField.METHOD);
    out.raw(HOST);
    plain(AccessLogField.HOST);
    out.raw(PATH);
    url(AccessLogField.PATH);
    out.raw(QUERY);
    url(AccessLogField.QUERY);
    out.raw(PROTOCOL);
    out.raw(AccessLogProtocol.quoted(source[at + RecordLayout.PROTOCOL]));
    out.raw(STATUS);
    unsignedShort(at + RecordLayout.STATUS);
    out.raw(REQUEST_BYTES);
    out.number((long) LONG.get(source, at + RecordLayout.REQUEST_BYTES));
    out.raw(RESPONSE_BYTES);
    out.number((long) LONG.get(source, at + RecordLayout.RESPONSE_BYTES));
    out.raw(REQUEST_TIME);
    out.millis((long) LONG.get(source, at + RecordLayout.REQUEST_MICROS));
    out.raw(UPSTREAM_TIME);
    upstreamTime((long) LONG.get(source, at + RecordLayout.UPSTREAM_MICROS));
  }

  private void how() {
    out.raw(TLS_PROTOCOL);
    plain(AccessLogField.TLS_PROTOCOL);
    out.raw(TLS_CIPHER);
    plain(AccessLogField.TLS_CIPHER);
    out.raw(USER_AGENT);
    userAgent();
    out.raw(REFERER);
    url(AccessLogField.REFERER);
    out.raw(FORWARDED_FOR);
    header(AccessLogField.FORWARDED_FOR);
  }

  private void whereTo(int at) {
    out.raw(instanceMember);
    out.raw(POOL);
    plain(AccessLogField.POOL);
    out.raw(BACKEND);
    plain(AccessLogField.BACKEND);
    int flags = source[at + RecordLayout.FLAGS];
    out.raw(RATE_LIMITED);
    out.bool((flags & RecordLayout.FLAG_RATE_LIMITED) != 0);
    out.raw(WAF_ACTION);
    out.raw(WafAction.quoted(source[at + RecordLayout.WAF_ACTION]));
    out.raw(WAF_RULES);
    words(AccessLogField.WAF_RULES);
    out.raw(GEOGRAPHY);
    out.bool((flags & RecordLayout.FLAG_REUSED) != 0);
    out.raw(COMPRESSION);
    plain(AccessLogField.LISTENER);
    out.raw(ROUTE);
    plain(AccessLogField.ROUTE);
    out.raw(REASON);
    plain(AccessLogField.REASON);
    out.raw(CLIENT_PROVENANCE);
    out.raw(PROVENANCES[source[at + RecordLayout.PROVENANCE]]);
    out.raw(RETRIES);
    unsignedShort(at + RecordLayout.RETRIES);
    out.raw(JA3);
    plain(AccessLogField.JA3);
    out.raw(JA4);
    plain(AccessLogField.JA4);
    out.raw(WAF_SCORE);
    out.number((long) LONG.get(source, at + RecordLayout.WAF_SCORE));
    out.raw(WAF_MESSAGE);
    plain(AccessLogField.WAF_MESSAGE);
    out.raw(WAF_VARIABLE);
    plain(AccessLogField.WAF_VARIABLE);
    out.raw(WAF_VALUE);
    header(AccessLogField.WAF_VALUE);
    out.raw(WAF_TRANSFORMATIONS);
    plain(AccessLogField.WAF_TRANSFORMATIONS);
    out.raw(WAF_EXCLUSION);
    plain(AccessLogField.WAF_EXCLUSION);
    out.raw(END);
  }

  /** Sets start and end of each text; an absent one starts at -1. */
  private void locateTexts(int at) {
    int present = (int) INT.get(source, at + RecordLayout.PRESENT);
    for (int i = 0; i < starts.length; i++) {
      starts[i] = -1;
    }
    int next = at + RecordLayout.TEXTS;
    for (int left = Integer.bitCount(present); left > 0; left--) {
      int field = source[next];
      int start = next + RecordLayout.TEXT_HEAD;
      next = start + (short) SHORT.get(source, next + 1);
      starts[field] = start;
      ends[field] = next;
    }
  }

  private void address(int highAt, int lowAt) {
    out.address((long) LONG.get(source, highAt), (long) LONG.get(source, lowAt));
  }

  private void unsignedShort(int at) {
    out.number((short) SHORT.get(source, at) & 0xFFFF);
  }

  private void upstreamTime(long micros) {
    if (micros < 0) {
      out.raw(NULL);
    } else {
      out.millis(micros);
    }
  }

  /** A text in which nothing needs hiding. */
  private void plain(AccessLogField field) {
    if (opened(field)) {
      out.text(source, start(field), end(field));
      out.put('"');
    }
  }

  private void url(AccessLogField field) {
    if (opened(field)) {
      urlText(start(field), end(field));
      out.put('"');
    }
  }

  private void header(AccessLogField field) {
    if (opened(field)) {
      withoutCards(start(field), end(field));
      out.put('"');
    }
  }

  private void userAgent() {
    if (opened(AccessLogField.USER_AGENT)) {
      int from = start(AccessLogField.USER_AGENT);
      withoutCards(from, userAgentEnd(from, end(AccessLogField.USER_AGENT)));
      out.put('"');
    }
  }

  private int userAgentEnd(int from, int to) {
    if (to - from <= USER_AGENT_CHARACTERS) {
      return to;
    }
    int end = Utf8.endOfCharacters(source, from, to, USER_AGENT_CHARACTERS);
    return end == to ? to : from + Cut.keep(source, from, end - from);
  }

  private void urlText(int from, int to) {
    int at = from;
    while (secrets.find(source, at, to)) {
      withoutCards(at, secrets.start());
      out.raw(REDACTED);
      at = secrets.end();
    }
    withoutCards(at, to);
  }

  private void withoutCards(int from, int to) {
    int at = from;
    while (cards.find(source, at, to)) {
      out.text(source, at, cards.start());
      out.raw(REDACTED);
      at = cards.end();
    }
    out.text(source, at, to);
  }

  /** Words that are separated by blanks, as elements of an array. */
  private void words(AccessLogField field) {
    int end = end(field);
    for (int at = start(field); at >= 0 && at < end; at++) {
      int from = at;
      while (at < end && source[at] != ' ') {
        at++;
      }
      if (from > start(field)) {
        out.put(',');
      }
      out.put('"');
      out.text(source, from, at);
      out.put('"');
    }
  }

  /** Writes the opening quote of a text that is present, else null. */
  private boolean opened(AccessLogField field) {
    boolean present = start(field) >= 0;
    if (present) {
      out.put('"');
    } else {
      out.raw(NULL);
    }
    return present;
  }

  private int start(AccessLogField field) {
    return starts[field.ordinal()];
  }

  private int end(AccessLogField field) {
    return ends[field.ordinal()];
  }

  private static byte[] instanceMember(String instance) {
    byte[] name = instance.getBytes(UTF_8);
    JsonBuffer member = new JsonBuffer(name.length * JsonBuffer.MAX_ESCAPE + 32);
    member.raw(bytes(",\"lb_instance\":\""));
    member.text(name, 0, name.length);
    member.put('"');
    return Arrays.copyOf(member.bytes, member.position);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
