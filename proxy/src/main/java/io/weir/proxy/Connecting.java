package io.weir.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ConnectTimeoutException;
import io.weir.proxy.stage.Reason;
import org.jspecify.annotations.Nullable;

/** A connection to a backend that is being made for one exchange. Confined to its event loop. */
public final class Connecting implements ChannelFutureListener {
  private final Channel channel;
  private final UpstreamSide side;
  private @Nullable Exchange exchange;

  /** An attempt for this exchange. */
  public Connecting(Exchange exchange, Channel channel, UpstreamSide side) {
    this.exchange = exchange;
    this.channel = channel;
    this.side = side;
  }

  /** The exchange does not want it any more. */
  void giveUp() {
    exchange = null;
    channel.close();
  }

  @Override
  public void operationComplete(ChannelFuture future) {
    Exchange waiting = exchange;
    exchange = null;
    if (waiting == null) {
      channel.close();
    } else if (future.isSuccess()) {
      waiting.connected(side);
    } else {
      channel.close();
      waiting.connectFailed(
          future.cause() instanceof ConnectTimeoutException
              ? Reason.UPSTREAM_CONNECT_TIMEOUT
              : Reason.UPSTREAM_CONNECT_FAILED);
    }
  }
}
