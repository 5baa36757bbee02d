/**
 * TLS towards clients and towards backends, on BoringSSL.
 *
 * <p>Start at {@link io.weir.proxy.tls.TlsServer}: it holds what one listener presents and hands
 * out a channel handler for each accepted connection. The handler reads the client hello ({@link
 * io.weir.proxy.tls.ClientHello}), asks the {@link io.weir.proxy.tls.SniTable} for the row of that
 * server name, and then either terminates with the row's {@link
 * io.weir.proxy.tls.CertificateEntry}, hands the untouched bytes on (pass-through), or refuses with
 * a {@link io.weir.proxy.tls.TlsRefusal}. The owner of the connection hears of it through {@link
 * io.weir.proxy.tls.TlsEvents}.
 *
 * <p>{@link io.weir.proxy.tls.UpstreamTls} is the other side: connections to backends.
 *
 * <p>Sessions are resumed by ticket only ({@link io.weir.proxy.tls.TicketKeys}): nothing is stored
 * for a client, and instances that share a secret resume each other's sessions. Everything of a
 * handshake runs on the connection's event loop. Handing the private key operation to another
 * thread would shorten the pause for others on the loop (about 0.1 ms with an ECDSA key, 1 ms with
 * RSA-2048), but costs two thread switches for each handshake and is bounded by the same cores.
 */
@NullMarked
package io.weir.proxy.tls;

import org.jspecify.annotations.NullMarked;
