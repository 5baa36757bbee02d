package io.weir.proxy.tls;

import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * What the owner of a listener hears about the TLS side of its connections. One instance serves all
 * of them; each call comes on the event loop of the channel it names. Of {@link #established} and
 * {@link #refused} a connection that is not passed through gets exactly one.
 */
public interface TlsEvents {
  /**
   * A readable hello was matched to a row. If the row {@linkplain SniRow#passesThrough() passes
   * through}, this is the place to add the handlers of the tunnel: when the call returns, the first
   * of them after the TLS handler gets everything read so far, and the TLS handler is gone.
   *
   * @param hello valid for as long as it is kept
   */
  void hello(Channel channel, SniRow row, ClientHello hello);

  /**
   * The handshake is done. This is the place to add the handlers of the application protocol: they
   * get decrypted bytes from the first one on.
   */
  void established(Channel channel, TlsSession session);

  /**
   * There will be no TLS session; the channel is closed or about to be.
   *
   * @param cause what BoringSSL or the channel said, if anything
   */
  void refused(Channel channel, TlsRefusal refusal, @Nullable Throwable cause);
}
