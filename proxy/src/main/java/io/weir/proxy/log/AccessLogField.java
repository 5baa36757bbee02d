package io.weir.proxy.log;

/** The texts of an access log entry, and how many bytes of each are kept. */
public enum AccessLogField {
  /** The identifier that the visitor sees on an error page and the backend in a header. */
  REQUEST_ID(128),
  /** The method as received. */
  METHOD(32),
  /** The host asked for, with its port if one was given. */
  HOST(264),
  /** The path, without the query. */
  PATH(2048),
  /** The query, without its question mark. */
  QUERY(2048),
  /** The TLS version between client and Weir, absent without TLS. */
  TLS_PROTOCOL(16),
  /** The TLS cipher suite between client and Weir, absent without TLS. */
  TLS_CIPHER(64),
  /** The JA3 fingerprint of the client hello, absent without TLS. */
  JA3(32),
  /** The JA4 fingerprint of the client hello, absent without TLS. */
  JA4(40),
  /** The User-Agent value; of these bytes at most 256 characters are written. */
  USER_AGENT(1024),
  /** The Referer value. */
  REFERER(2048),
  /** The X-Forwarded-For value as the client sent it, whether believed or not. */
  FORWARDED_FOR(512),
  /** The name of the pool that served the request. */
  POOL(128),
  /** The address and port of the backend that served the request. */
  BACKEND(128),
  /** The name of the listener that accepted the connection. */
  LISTENER(128),
  /** The name of the route that matched. */
  ROUTE(128),
  /** The stable name of the reason that ended the request. */
  REASON(64),
  /** The ids of the rules that matched, with blanks between. */
  WAF_RULES(1024),
  /** The message of the rule that weighs most. */
  WAF_MESSAGE(256),
  /** What it looked at, such as {@code ARGS:q}. */
  WAF_VARIABLE(256),
  /** What of it matched, masked. */
  WAF_VALUE(256),
  /** What was done to the value before. */
  WAF_TRANSFORMATIONS(256),
  /** The element of {@code waf.exclusions} that would let just this pass. */
  WAF_EXCLUSION(1024);

  private static final AccessLogField[] ALL = values();

  /** The most bytes kept. */
  final int cap;

  AccessLogField(int cap) {
    this.cap = cap;
  }

  static int count() {
    return ALL.length;
  }

  /** The bytes of a record in which every text is as long as it may be. */
  static int sumOfCaps() {
    int sum = 0;
    for (AccessLogField field : ALL) {
      sum += field.cap;
    }
    return sum;
  }
}
