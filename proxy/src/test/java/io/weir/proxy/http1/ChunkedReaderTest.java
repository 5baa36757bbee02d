package io.weir.proxy.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkedReaderTest {
  /**
   * The content, fed in pieces of {@code step} octets; null where it was refused or is not whole.
   */
  static @Nullable String read(byte[] input, int step) {
    ChunkedReader reader = new ChunkedReader();
    reader.reset(new Head());
    StringBuilder content = new StringBuilder();
    for (int at = 0; at < input.length && !reader.isDone(); at += step) {
      ByteBuf in = Unpooled.wrappedBuffer(input, at, Math.min(step, input.length - at));
      int data = reader.next(in);
      for (; data > 0; data = reader.next(in)) {
        byte[] piece = new byte[data];
        in.readBytes(piece);
        content.append(Ascii.text(piece, 0, data));
      }
      if (data < 0) {
        return null;
      }
    }
    return reader.isDone() ? content.toString() : null;
  }

  private static @Nullable String read(String text) {
    byte[] input = Ascii.bytes(text);
    String whole = read(input, input.length);
    assertThat(read(input, 1)).as("octet by octet").isEqualTo(whole);
    return whole;
  }

  @Test
  void readsChunks() {
    assertThat(read("5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n")).isEqualTo("hello0123456789");
    assertThat(read("0\r\n\r\n")).isEmpty();
  }

  @Test
  void readsOverExtensionsAndTrailers() {
    assertThat(read("5;a=b\r\nhello\r\n0;c\r\nX-Sum: 1\r\nY: 2\r\n\r\n")).isEqualTo("hello");
    assertThat(read("5;a=\"b;\\\"c\";d;e=f\r\nhello\r\n0\r\n\r\n")).isEqualTo("hello");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n",
        "g\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r\r\n0\r\n\r\n",
        "5;\r\nhello\r\n0\r\n\r\n",
        "5;;a\r\nhello\r\n0\r\n\r\n",
        "5;a=\r\nhello\r\n0\r\n\r\n",
        "5;a=\"b\r\nhello\r\n0\r\n\r\n",
        "5;a=\"b\\\r\nhello\r\n0\r\n\r\n",
        "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n",
        "5;a =b\r\nhello\r\n0\r\n\r\n",
        "5; a\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;a\0\r\nhello\r\n0\r\n\r\n",
        "10000000000000000\r\n",
        "0\r\nContent-Length: 5\r\n\r\n",
        "0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "0\r\nHost: a\r\n\r\n",
        "0\r\nX : y\r\n\r\n",
        "0\r\n x\r\n\r\n"
      })
  void refusesFramingOutsideTheGrammar(String text) {
    assertThat(read(text)).isNull();
  }

  @Test
  void limitsExtensions() {
    assertThat(read("1;" + "x".repeat(5000) + "\r\na\r\n0\r\n\r\n")).isNull();
    assertThat(read(("1;" + "x".repeat(100) + "\r\na\r\n").repeat(60) + "0\r\n\r\n")).isNull();
  }

  @Test
  void limitsTrailers() {
    assertThat(read("0\r\n" + "X: y\r\n".repeat(2000) + "\r\n")).isNull();
  }

  @Test
  void leavesWhatStandsBehindTheEnd() {
    ChunkedReader reader = new ChunkedReader();
    reader.reset(new Head());
    ByteBuf in = Unpooled.wrappedBuffer(Ascii.bytes("0\r\n\r\nGET / HTTP/1.1"));
    assertThat(reader.next(in)).isZero();
    assertThat(reader.isDone()).isTrue();
    assertThat(in.readableBytes()).isEqualTo(14);
  }
}
