package io.weir.proxy.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HpackEncoderTest {
  private static final List<String> HEAD =
      List.of(
          ":status: 200",
          "content-type: text/plain",
          "date: Mon, 21 Oct 2013 20:13:21 GMT",
          "x-other: v");

  private final HpackEncoder encoder = new HpackEncoder();
  private final Hpack.Reader reader = new Hpack.Reader();
  private final DefaultHttp2HeadersDecoder netty = new DefaultHttp2HeadersDecoder(false);

  @Test
  void writesARepeatedHeadInOneOctetAField() {
    assertThat(reader.read(Hpack.encode(encoder, HEAD))).isEqualTo(HEAD);
    assertThat(reader.read(Hpack.encode(encoder, HEAD))).isEqualTo(HEAD);
    byte[] third = Hpack.encode(encoder, HEAD);
    assertThat(reader.read(third)).isEqualTo(HEAD);
    assertThat(third).hasSize(HEAD.size());
  }

  @Test
  void keepsValuesThatNeverRepeatOutOfTheTable() throws Exception {
    for (int i = 0; i < 100; i++) {
      List<String> head = List.of(":status: 200", "x-request-id: " + i);
      byte[] block = Hpack.encode(encoder, head);
      assertThat(reader.read(block)).isEqualTo(head);
      assertThat(block[1] & 0xf0).isZero();
      Hpack.decodeByNetty(netty, block);
    }
  }

  @Test
  void neverIndexesCredentials() {
    List<String> head = List.of(":status: 200", "set-cookie: a=b");
    for (int i = 0; i < 3; i++) {
      assertThat(reader.read(Hpack.encode(encoder, head))).isEqualTo(head);
      assertThat(reader.neverIndexed).isTrue();
    }
  }

  @Test
  void passesOnThatAFieldIsNeverIndexed() {
    byte[] field = Ascii.bytes("x-pin1234");
    for (int i = 0; i < 3; i++) {
      encoder.begin(true);
      encoder.field(FieldName.OTHER, field, 0, 5, field, 5, 9);
      assertThat(reader.read(java.util.Arrays.copyOf(encoder.block(), encoder.length())))
          .containsExactly("x-pin: 1234");
      assertThat(reader.neverIndexed).isTrue();
    }
  }

  @Test
  void writesNamesInLowerCase() {
    byte[] field = Ascii.bytes("X-Frame: 1");
    encoder.begin(false);
    encoder.field(FieldName.OTHER, field, 0, 7, field, 9, 10);
    assertThat(reader.read(java.util.Arrays.copyOf(encoder.block(), encoder.length())))
        .containsExactly("x-frame: 1");
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 103, 200, 204, 206, 301, 304, 400, 404, 429, 500, 503, 599})
  void writesStatus(int status) {
    encoder.begin(false);
    encoder.status(status);
    assertThat(reader.read(java.util.Arrays.copyOf(encoder.block(), encoder.length())))
        .containsExactly(":status: " + status);
  }

  @Test
  void writesRequestsThatNettyReads() throws Exception {
    List<String> request =
        List.of(
            ":method: PUT",
            ":scheme: https",
            ":path: /a?b",
            ":authority: example.com",
            ":protocol: websocket",
            "user-agent: test");
    for (int i = 0; i < 3; i++) {
      byte[] block = Hpack.encode(encoder, request);
      assertThat(reader.read(block)).isEqualTo(request);
      assertThat(Hpack.decodeByNetty(netty, block)).isEqualTo(request);
    }
  }

  @Test
  void writesAThousandHeadsThatBothReadersRead() throws Exception {
    Random random = new Random(11);
    for (int i = 0; i < 1000; i++) {
      List<String> head = new ArrayList<>(List.of(":status: " + (200 + random.nextInt(5))));
      for (int n = random.nextInt(10); n > 0; n--) {
        head.add("x-" + random.nextInt(90) + ": " + "v".repeat(random.nextInt(300)));
        head.add("content-type: t" + random.nextInt(3));
      }
      if (random.nextInt(50) == 0) {
        int size = random.nextInt(4097);
        encoder.setPeerTableSize(0);
        encoder.setPeerTableSize(size);
      }
      byte[] block = Hpack.encode(encoder, head);
      assertThat(reader.read(block)).isEqualTo(head);
      assertThat(reader.violation).isNull();
      assertThat(Hpack.decodeByNetty(netty, block)).containsExactlyInAnyOrderElementsOf(head);
    }
  }

  @Test
  void obeysAPeerWithoutTable() throws Exception {
    encoder.setPeerTableSize(0);
    for (int i = 0; i < 5; i++) {
      byte[] block = Hpack.encode(encoder, HEAD);
      assertThat(reader.read(block)).isEqualTo(HEAD);
      assertThat(block.length).isGreaterThan(50);
    }
  }

  @Test
  void codesEveryOctetAsHuffmanAndBack() {
    byte[] plain = new byte[256 * 3];
    for (int i = 0; i < plain.length; i++) {
      plain[i] = (byte) (i * 7);
    }
    byte[] coded = new byte[plain.length * 4];
    for (int from = 0; from < plain.length; from += 5) {
      int length = plain.length - from;
      int end = Huffman.encode(plain, from, length, coded, 0);
      assertThat(end).isEqualTo(Huffman.encodedLength(plain, from, length));
      byte[] back = new byte[Huffman.maxDecoded(end)];
      assertThat(Huffman.decode(coded, 0, end, back, 0)).isEqualTo(length);
      assertThat(back).startsWith(java.util.Arrays.copyOfRange(plain, from, plain.length));
    }
  }
}
