package io.weir.control.health;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.weir.config.IntRange;
import io.weir.config.Pool.HealthCheck;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http1.ChunkedReader;
import io.weir.proxy.http1.HeadParser;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Asks by an HTTP/1.1 request on a connection of its own, and looks at the status and, where
 * configured, for a text in the content. The answer is read by the same strict reader as answers to
 * clients: a backend whose answers would be refused is not well.
 */
final class HttpProbe implements Probe {
  /** How much of the content is searched. */
  static final int MAX_CONTENT = 64 * 1024;

  private static final int MAX_INTERIM = 8;

  private final byte[] request;
  private final List<IntRange> statuses;
  private final Optional<String> text;

  HttpProbe(HealthCheck check, String host) {
    this.statuses = check.status();
    this.text = check.body();
    String lines =
        check.method().name()
            + ' '
            + check.path()
            + " HTTP/1.1\r\nHost: "
            + host
            + "\r\nUser-Agent: weir-health\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    this.request = lines.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String ask(CheckConnection connection) throws IOException {
    connection.write(request);
    Head head = new Head();
    readHead(connection, head);
    for (int i = 0; i < MAX_INTERIM && head.status < 200 && head.status != 101; i++) {
      Head next = new Head();
      next.append(head.bytes, head.scanned, head.length - head.scanned);
      head = next;
      readHead(connection, head);
    }
    int status = head.status;
    if (statuses.stream().noneMatch(range -> range.contains(status))) {
      String expected = statuses.stream().map(IntRange::toString).collect(Collectors.joining(", "));
      throw new IOException("status " + status + " (expected: " + expected + ")");
    }
    if (text.isPresent()) {
      search(connection, head, text.get());
    }
    return "status " + status;
  }

  private static void readHead(CheckConnection connection, Head head) throws IOException {
    while (true) {
      if (HeadParser.response(head, HeadLimits.RESPONSE) != null) {
        throw new IOException("the answer is not valid HTTP/1.1");
      }
      if (head.complete) {
        return;
      }
      byte[] more = connection.read();
      if (more == null) {
        throw new EOFException("closed before the head of its answer was whole");
      }
      head.append(more, 0, more.length);
    }
  }

  private static void search(CheckConnection connection, Head head, String text)
      throws IOException {
    String wanted = octets(text);
    Content content = new Content(head);
    content.take(Unpooled.wrappedBuffer(head.bytes, head.scanned, head.length - head.scanned));
    while (content.octets.indexOf(wanted) < 0) {
      byte[] more = content.isWhole() ? null : connection.read();
      if (more == null) {
        throw new IOException("the content has no \"" + text + "\"");
      }
      content.take(Unpooled.wrappedBuffer(more));
    }
  }

  /** One character for each octet, so that a text is found whatever the content's charset. */
  private static String octets(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /** The content of an answer as it arrives, without its framing. */
  private static final class Content {
    private final StringBuilder octets = new StringBuilder();
    private final boolean chunked;
    private final long length;
    private final ChunkedReader chunks = new ChunkedReader();

    Content(Head head) {
      chunks.reset(new Head());
      chunked = head.chunked;
      length = head.contentLength < 0 ? MAX_CONTENT : Math.min(head.contentLength, MAX_CONTENT);
    }

    boolean isWhole() {
      return octets.length() >= length || chunks.isDone();
    }

    void take(ByteBuf in) throws IOException {
      if (!chunked) {
        append(in, in.readableBytes());
        return;
      }
      int data = chunks.next(in);
      while (data > 0) {
        append(in, data);
        data = chunks.next(in);
      }
      if (data < 0) {
        throw new IOException("the answer is not valid HTTP/1.1");
      }
    }

    private void append(ByteBuf in, int count) {
      CharSequence data = in.readCharSequence(count, StandardCharsets.ISO_8859_1);
      octets.append(data, 0, (int) Math.min(count, length - octets.length()));
    }
  }
}
