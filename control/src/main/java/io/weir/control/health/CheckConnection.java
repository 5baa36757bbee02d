package io.weir.control.health;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import io.weir.proxy.tls.UpstreamTls;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A connection for one question to a backend. It blocks, on a virtual thread; one deadline covers
 * everything from connecting to the last octet, so that a backend that dribbles gains no time.
 *
 * <p>TLS is that of the requests to this backend, not another one that could judge differently: the
 * same handler works in a channel that is only memory, and this class carries the octets.
 *
 * <p>Interrupting the thread ends whatever blocks and closes the socket.
 */
final class CheckConnection implements Closeable {
  private final Socket socket = new Socket();
  private final long deadline;
  private final Duration timeout;
  private final byte[] buffer = new byte[16 * 1024];
  private @Nullable EmbeddedChannel tls;

  private CheckConnection(Duration timeout) {
    this.timeout = timeout;
    this.deadline = System.nanoTime() + timeout.toNanos();
  }

  /**
   * Connects, and shakes hands where {@code tls} is given.
   *
   * @param preamble octets that the connection begins with, before TLS
   * @throws IOException if that fails or takes too long; nothing is left open then
   */
  static CheckConnection open(
      InetSocketAddress address, byte[] preamble, @Nullable UpstreamTls tls, Duration timeout)
      throws IOException {
    CheckConnection connection = new CheckConnection(timeout);
    try {
      connection.socket.setTcpNoDelay(true);
      connection.socket.connect(address, connection.millisLeft());
      connection.socket.getOutputStream().write(preamble);
      if (tls != null) {
        connection.handshake(tls.newHandler(UnpooledByteBufAllocator.DEFAULT, address));
      }
      return connection;
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private void handshake(SslHandler handler) throws IOException {
    EmbeddedChannel channel = new EmbeddedChannel(handler);
    tls = channel;
    flush(channel);
    while (!handler.handshakeFuture().isDone()) {
      if (!receive(channel)) {
        throw new EOFException("closed during the TLS handshake");
      }
    }
    Throwable cause = handler.handshakeFuture().cause();
    if (cause != null) {
      throw new IOException("TLS handshake failed: " + cause.getMessage(), cause);
    }
  }

  /** Writes all of it. */
  void write(byte[] bytes) throws IOException {
    EmbeddedChannel channel = tls;
    if (channel == null) {
      socket.getOutputStream().write(bytes);
    } else {
      channel.writeOutbound(Unpooled.wrappedBuffer(bytes));
      flush(channel);
    }
  }

  /** Reads what there is, waiting for at least one octet; null at the end. */
  byte @Nullable [] read() throws IOException {
    EmbeddedChannel channel = tls;
    if (channel == null) {
      int read = readSocket();
      return read < 0 ? null : Arrays.copyOf(buffer, read);
    }
    ByteBuf plain = channel.readInbound();
    while (plain == null && receive(channel)) {
      plain = channel.readInbound();
    }
    return plain == null ? null : take(plain);
  }

  private static byte[] take(ByteBuf octets) {
    try {
      return ByteBufUtil.getBytes(octets);
    } finally {
      octets.release();
    }
  }

  /** Carries octets from the socket to the TLS handler; false at the end. */
  private boolean receive(EmbeddedChannel channel) throws IOException {
    int read = readSocket();
    if (read < 0) {
      return false;
    }
    try {
      channel.writeInbound(Unpooled.copiedBuffer(buffer, 0, read));
    } catch (RuntimeException e) {
      throw new IOException("TLS failed: " + e.getMessage(), e);
    } finally {
      flush(channel); // an alert too
    }
    return true;
  }

  private void flush(EmbeddedChannel channel) throws IOException {
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      socket.getOutputStream().write(take(out));
    }
  }

  private int readSocket() throws IOException {
    socket.setSoTimeout(millisLeft());
    return socket.getInputStream().read(buffer);
  }

  private int millisLeft() throws SocketTimeoutException {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException("no answer within " + timeout.toMillis() + " ms");
    }
    return (int) Math.min(left, Integer.MAX_VALUE);
  }

  @Override
  public void close() throws IOException {
    try {
      EmbeddedChannel channel = tls;
      if (channel != null) {
        tls = null;
        channel.finishAndReleaseAll();
      }
    } finally {
      socket.close();
    }
  }
}
