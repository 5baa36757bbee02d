package io.weir.proxy.tls;

import java.time.Duration;

/**
 * What browsers are told about coming back over TLS only (RFC 6797).
 *
 * @param maxAge for how long they remember; zero makes them forget
 * @param includeSubdomains whether it holds for all names below
 * @param preload whether the name may be built into browsers; they ask for {@code
 *     includeSubdomains} and a year at least
 */
public record Hsts(Duration maxAge, boolean includeSubdomains, boolean preload) {
  /** The name of the response field; it is sent over TLS only (RFC 6797 section 7.2). */
  public static final String FIELD = "strict-transport-security";

  private static final Duration YEAR = Duration.ofDays(365);

  /**
   * @throws IllegalArgumentException if browsers would ignore the combination
   */
  public Hsts {
    if (maxAge.isNegative()) {
      throw new IllegalArgumentException(
          "hsts.max_age: " + maxAge.toSeconds() + " (expected: >= 0 seconds)");
    }
    if (preload && (!includeSubdomains || maxAge.compareTo(YEAR) < 0)) {
      throw new IllegalArgumentException(
          "hsts.preload: true (expected: false, or include_subdomains and max_age >= 31536000)");
    }
  }

  /** A year, subdomains included, preload allowed. */
  public static Hsts defaults() {
    return new Hsts(YEAR, true, true);
  }

  /** The value of the response field. */
  public String value() {
    return "max-age="
        + maxAge.toSeconds()
        + (includeSubdomains ? "; includeSubDomains" : "")
        + (preload ? "; preload" : "");
  }
}
