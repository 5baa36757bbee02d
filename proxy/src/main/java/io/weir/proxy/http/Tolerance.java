package io.weir.proxy.http;

/**
 * Every deviation from the strict grammar that is let pass, with the clause that it stretches.
 * Whatever is not listed here is refused.
 *
 * <p>Those of requests can be chosen for each listener ({@code tolerate}); the parsers note which
 * ones a request needs ({@link Head#note}), and FRAME refuses it where the listener does not grant
 * them all. None of them lets two readers disagree about where a message ends. Those of responses
 * are always granted: refusing them would break servers that harm nobody.
 */
public enum Tolerance {
  /** One empty line before a request line, which old clients send behind the content of a POST. */
  EMPTY_LINE("RFC 9112 section 2.2", true),

  /**
   * The characters <code>{ } | \ ^ `</code> in a query as they are; browsers do not encode them
   * there (WHATWG URL, query percent-encode set).
   */
  UNENCODED_QUERY("RFC 3986 section 3.4", true),

  /**
   * The characters {@code " < >} and octets beyond ASCII in a target as they are, in a path also
   * <code>{ } | ^ `</code>. Nobody sends them but attackers and scripts, for whom the web
   * application firewall may have better words.
   */
  UNENCODED_TARGET("RFC 3986 section 2", false),

  /**
   * Parameters in path segments ("/a;x=1/b"): routes and rules see the path without them, the
   * backend gets them. Refused, none reaches a backend.
   */
  PATH_PARAMETERS("RFC 3986 section 3.3", true),

  /**
   * Empty path segments ("//") stay as they came; without this they are merged before anything is
   * decided.
   */
  EMPTY_SEGMENTS("RFC 3986 section 3.3", false),

  /** %2F and %5C in a path, which stay encoded; still refused next to a dot segment. */
  ENCODED_SLASHES("RFC 3986 section 2.2", false),

  /** A status line that ends with the status, without the space before the absent phrase. */
  MISSING_REASON_PHRASE("RFC 9112 section 4"),

  /** {@code Content-Length: 0} in a 1xx or 204 response; any other length is refused. */
  LENGTH_OF_NOTHING("RFC 9110 section 8.6");

  private final String clause;
  private final boolean ofRequests;
  private final boolean granted;

  Tolerance(String clause, boolean granted) {
    this.clause = clause;
    this.ofRequests = true;
    this.granted = granted;
  }

  Tolerance(String clause) {
    this.clause = clause;
    this.ofRequests = false;
    this.granted = true;
  }

  /** The clause that forbids it, or that a recipient need not follow. */
  public String clause() {
    return clause;
  }

  /** Whether it is one of requests, which listeners choose; the others are granted always. */
  public boolean isOfRequests() {
    return ofRequests;
  }

  /** Whether it is granted where nothing else is said. */
  public boolean isGrantedByDefault() {
    return granted;
  }

  /** Its bit in {@link Head#deviations}. */
  int bit() {
    return 1 << ordinal();
  }
}
