package io.weir.proxy.http;

/**
 * Sizes beyond which a head is refused (SLOW-3).
 *
 * @param requestLineBytes longest request line without its line end, default 4 KiB; 414 beyond
 * @param headBytes largest head, start line and fields with their line ends, default 8 KiB; 431
 *     beyond
 * @param fields most fields, default 100; 431 beyond
 */
public record HeadLimits(int requestLineBytes, int headBytes, int fields) {
  public static final HeadLimits DEFAULT = new HeadLimits(4 * 1024, 8 * 1024, 100);

  /** What a backend may send: its heads are not the client's, so the limits are wider. */
  public static final HeadLimits RESPONSE = new HeadLimits(8 * 1024, 64 * 1024, 256);
}
