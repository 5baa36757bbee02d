package io.weir.proxy.log;

import java.nio.charset.StandardCharsets;

/** What the web application firewall made of a request. */
public enum WafAction {
  /** It did not look, or it found nothing. */
  NONE("none"),
  /**
   * Nothing objected to its head, and its content passed uninspected, as an exclusion says; rules
   * may have matched as for {@link #NOTED}.
   */
  HEAD_ONLY("head_only"),
  /** Rules matched, but not enough to refuse the request. */
  NOTED("noted"),
  /** It would have refused the request if it did more than detect. */
  DETECTED("detected"),
  BLOCKED("blocked");

  private static final WafAction[] ALL = values();

  private final String text;
  private final byte[] quoted;

  WafAction(String text) {
    this.text = text;
    this.quoted = ('"' + text + '"').getBytes(StandardCharsets.US_ASCII);
  }

  /** The name in the log and in metrics. */
  public String text() {
    return text;
  }

  static byte[] quoted(int ordinal) {
    return ALL[ordinal].quoted;
  }
}
