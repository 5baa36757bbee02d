package io.weir.proxy.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.Socket;
import io.weir.proxy.Transport;
import io.weir.proxy.http.Head;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How both sides write: output is gathered until it is flushed, small pieces in one buffer, large
 * ones by reference. A base class and not a part, so that an idle connection is one object less.
 */
abstract class Http1Output extends ChannelInboundHandlerAdapter implements ChunkedWriter.Out {
  /** Content up to this size is copied behind the head, so that both leave in one piece. */
  private static final int COPIED = 4096;

  @SuppressWarnings("NullAway.Init") // set when the handler is added, before anything else
  ChannelHandlerContext ctx;

  /** Output that has not been given to the channel, so that more may be put behind it. */
  private @Nullable ByteBuf gathered;

  /** The socket itself, where nothing stands between it and us; null under TLS. */
  private @Nullable Socket socket;

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    if (context.channel() instanceof EpollSocketChannel channel
        && context.pipeline().first() == this) {
      socket = (Socket) channel.fd();
    }
  }

  /** Octets of content to leave room for behind a head. */
  static int roomFor(Head head, boolean end) {
    return end ? 0 : Math.clamp(head.contentLength, 512, COPIED);
  }

  @Override
  public void gather(ByteBuf data) {
    ByteBuf before = gathered;
    if (!data.isReadable()) {
      data.release();
    } else if (before == null) {
      gathered = data;
    } else if (data.readableBytes() <= before.writableBytes()) {
      before.writeBytes(data);
      data.release();
    } else {
      ctx.write(before, ctx.voidPromise());
      gathered = data;
    }
  }

  /** Gathers content, in chunks or as it is. */
  void gather(ByteBuf data, boolean chunked, boolean end) {
    if (chunked) {
      ChunkedWriter.write(this, ctx.alloc(), data, end);
    } else {
      gather(data);
    }
  }

  /** Ends the content; the trailers are dropped, as HTTP/1 peers get none. */
  public void sendTrailers(Head trailers) {
    sendBody(Unpooled.EMPTY_BUFFER, true);
  }

  /** See {@link io.weir.proxy.ClientSide} and {@link io.weir.proxy.UpstreamSide}. */
  public abstract void sendBody(ByteBuf data, boolean end);

  /** Gives what is gathered to the channel. */
  public void flush() {
    ByteBuf data = gathered;
    if (data != null) {
      gathered = null;
      if (!sendAtOnce(data)) {
        ctx.writeAndFlush(data, ctx.voidPromise());
      }
    }
  }

  /**
   * Nearly every message fits the socket's buffer: it goes there without the channel's queue and
   * promises, which would cost a twentieth of a request. False where some or all of it is left.
   */
  private boolean sendAtOnce(ByteBuf data) {
    Socket to = socket;
    if (to == null || !isAllSent() || !data.hasMemoryAddress()) {
      return false;
    }
    try {
      data.skipBytes(to.sendAddress(data.memoryAddress(), data.readerIndex(), data.writerIndex()));
    } catch (IOException broken) {
      return false; // the channel will find the same, and tell whom it concerns
    }
    if (data.isReadable()) {
      return false;
    }
    data.release();
    return true;
  }

  /** Whether the socket has taken all there was; never, where something stands between. */
  boolean isAllSent() {
    ChannelOutboundBuffer queue = ctx.channel().unsafe().outboundBuffer();
    return socket != null && queue != null && queue.totalPendingWriteBytes() == 0;
  }

  /** Whether the peer keeps up. */
  public boolean isWritable() {
    return ctx.channel().isWritable();
  }

  /** Closes, whatever still waits to be sent. */
  void closeSocket() {
    Socket direct = socket;
    if (direct != null) {
      // Netty asks for options of an open socket and takes it out of epoll, which closing does too.
      try {
        direct.close();
      } catch (IOException broken) {
        // it is closed all the same
      }
    }
    ctx.close();
  }

  /** Closes with a reset. */
  void reset() {
    Transport.resetOnClose(ctx.channel());
    closeSocket();
  }

  /** Lets go of what will not be sent any more. */
  void releaseGathered() {
    if (gathered != null) {
      gathered.release();
      gathered = null;
    }
  }
}
