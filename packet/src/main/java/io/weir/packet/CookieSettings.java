package io.weir.packet;

/**
 * What a SYN-ACK made in the plane says, so that the stack, which never saw the SYN, agrees with
 * it.
 *
 * @param mssIpv4 largest segment we take over IPv4
 * @param mssIpv6 largest segment we take over IPv6
 * @param windowScale the shift that the stack will apply to windows it announces, 0 to 14
 * @param timestamps whether the stack takes timestamps as they are ({@code tcp_timestamps=2}); if
 *     not, cookies carry the segment size only
 */
record CookieSettings(int mssIpv4, int mssIpv6, int windowScale, boolean timestamps) {

  static final CookieSettings ETHERNET = new CookieSettings(1460, 1440, 7, true);
}
