package io.weir.proxy;

import io.netty.channel.ChannelInboundHandlerAdapter;
import io.weir.proxy.tls.SniRow;

/** Hands a TLS connection to a pool without decrypting it. */
final class PassThrough extends ChannelInboundHandlerAdapter {
  PassThrough(ClientConnection connection, SniRow row) {}
}
