package io.weir.proxy.http2;

import io.netty.channel.ChannelInboundHandlerAdapter;
import io.weir.proxy.ClientConnection;

/** An HTTP/2 connection from a client. */
public final class Http2ClientSide extends ChannelInboundHandlerAdapter {
  /** A handler for one connection. */
  public Http2ClientSide(ClientConnection connection) {}
}
