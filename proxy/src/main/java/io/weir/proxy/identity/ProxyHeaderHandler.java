package io.weir.proxy.identity;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.weir.net.ClientIdentity;
import io.weir.net.Provenance;
import io.weir.net.ProxyHeader;
import io.weir.proxy.ClientConnection;
import io.weir.proxy.DrainEvent;
import io.weir.proxy.TimerWheel;
import io.weir.proxy.identity.Trust.ProxyProtocolMode;
import io.weir.proxy.stage.Reason;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * READ_PROXY_HEADER: the first handler of a connection where the listener has rules for the PROXY
 * protocol. It reads the header, says who the client is, and makes way for the handler of what
 * follows: TLS, HTTP, or a connection that is passed through.
 *
 * <p>What a header says counts only from a source that a rule names. The header has to be there in
 * the time that a request's head has; what is no header, or none that may be there, ends the
 * connection with a reason that is logged and counted. Extensions are checked and dropped: nothing
 * of them reaches a backend.
 *
 * <p>Confined to its event loop.
 */
public final class ProxyHeaderHandler extends ChannelInboundHandlerAdapter
    implements TimerWheel.Owner {
  private final ClientConnection connection;
  private final ProxyProtocolMode mode;
  private final TimerWheel.Timer timer = new TimerWheel.Timer(this);
  private byte[] octets = new byte[128];
  private int length;
  private boolean over;

  /** A handler for one connection. */
  public ProxyHeaderHandler(ClientConnection connection, ProxyProtocolMode mode) {
    this.connection = connection;
    this.mode = mode;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    long atMost = connection.listener.settings().timeouts().header();
    connection.loop.timers.arm(timer, System.nanoTime() + atMost);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    connection.loop.timers.remove(timer);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (over) {
      in.release();
      return;
    }
    take(in);
    ProxyHeader header = ProxyHeader.read(octets, length);
    Reason refusal = judge(header);
    if (refusal != null) {
      in.release();
      refuse(refusal);
    } else if (header instanceof ProxyHeader.Incomplete) {
      in.release(); // as long as a header may be there, all octets fit
    } else {
      proceed(context, header, in);
    }
  }

  /** As many octets as a header may have; the rest stays where it is. */
  private void take(ByteBuf in) {
    int take = Math.min(in.readableBytes(), ProxyHeader.MAX_LENGTH - length);
    if (length + take > octets.length) {
      octets = Arrays.copyOf(octets, Math.max(2 * octets.length, length + take));
    }
    in.readBytes(octets, length, take);
    length += take;
  }

  private @Nullable Reason judge(ProxyHeader header) {
    return switch (header) {
      case ProxyHeader.Incomplete _ -> null;
      case ProxyHeader.Absent _ ->
          mode == ProxyProtocolMode.REQUIRED ? Reason.IDENTIFY_PROXY_HEADER_MISSING : null;
      case ProxyHeader.Malformed _ ->
          mode == ProxyProtocolMode.REFUSED
              ? Reason.IDENTIFY_UNTRUSTED_PROXY_HEADER
              : Reason.IDENTIFY_PROXY_HEADER_MALFORMED;
      case ProxyHeader.Proxied _, ProxyHeader.Unnamed _ ->
          mode == ProxyProtocolMode.REFUSED ? Reason.IDENTIFY_UNTRUSTED_PROXY_HEADER : null;
    };
  }

  private void proceed(ChannelHandlerContext context, ProxyHeader header, ByteBuf rest) {
    int used = 0;
    if (header instanceof ProxyHeader.Proxied it) {
      used = it.length();
      connection.announced(
          new ClientIdentity(it.source(), it.sourcePort(), Provenance.PROXY_PROTOCOL),
          it.destination(),
          it.destinationPort());
    } else if (header instanceof ProxyHeader.Unnamed it) {
      used = it.length();
    }
    Reason refused =
        mode == ProxyProtocolMode.REFUSED ? null : connection.listener.admit(connection);
    if (refused != null) {
      rest.release();
      refuse(refused);
      return;
    }
    over = true;
    ChannelPipeline pipeline = context.pipeline();
    pipeline.remove(this);
    pipeline.addLast(connection.listener.firstHandler(connection));
    if (used < length) {
      pipeline.fireChannelRead(Unpooled.wrappedBuffer(octets, used, length - used));
    }
    if (rest.isReadable()) {
      pipeline.fireChannelRead(rest);
    } else {
      rest.release();
    }
    pipeline.fireChannelReadComplete();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof DrainEvent) {
      over = true;
      context.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    ended();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    connection.loop.proxy.connectionFailed(cause);
    ended();
  }

  /**
   * The peer sends nothing more. One that has sent nothing only looked whether somebody is here.
   */
  private void ended() {
    if (length > 0) {
      refuse(Reason.FRAME_CLIENT_GONE);
    } else if (!over) {
      over = true;
      connection.channel.close();
    }
  }

  @Override
  public void expired(TimerWheel.Timer of, long now) {
    refuse(Reason.IDENTIFY_PROXY_HEADER_TOO_SLOW);
  }

  private void refuse(Reason why) {
    if (!over) {
      over = true;
      connection.end(why);
    }
  }
}
