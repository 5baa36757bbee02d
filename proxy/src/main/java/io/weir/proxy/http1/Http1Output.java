package io.weir.proxy.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.weir.proxy.http.Head;
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

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
  }

  /** Octets of content to leave room for behind a head. */
  static int roomFor(Head head, boolean end) {
    return end ? 0 : Math.clamp(head.contentLength, 512, COPIED);
  }

  @Override
  public void gather(ByteBuf data) {
    ByteBuf before = gathered;
    if (before == null) {
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
      ctx.writeAndFlush(data, ctx.voidPromise());
    }
  }

  /** Whether the peer keeps up. */
  public boolean isWritable() {
    return ctx.channel().isWritable();
  }

  /** Lets go of what will not be sent any more. */
  void releaseGathered() {
    if (gathered != null) {
      gathered.release();
      gathered = null;
    }
  }
}
