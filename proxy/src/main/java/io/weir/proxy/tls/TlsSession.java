package io.weir.proxy.tls;

import org.jspecify.annotations.Nullable;

/**
 * What a finished handshake agreed on.
 *
 * @param row the row that the server name chose
 * @param serverName the name the client asked for, lower-case; empty if it named none
 * @param protocol {@code TLSv1.2} or {@code TLSv1.3}; shared between sessions, not to be written to
 * @param cipher the suite's IANA name; shared likewise
 * @param alpn the application protocol agreed on; null if the client offered none
 * @param fingerprint of the client hello
 * @param resumed whether the session continues an earlier one
 */
@SuppressWarnings("ArrayRecordComponent") // Bytes, for the access log; sessions are not compared.
public record TlsSession(
    SniRow row,
    byte[] serverName,
    byte[] protocol,
    byte[] cipher,
    @Nullable String alpn,
    Fingerprint fingerprint,
    boolean resumed) {}
