package io.weir.proxy.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.HeadLimits;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HpackDecoderTest {
  private final Hpack.Reader reader = new Hpack.Reader();

  private static final String[] FIRST_REQUEST = {
    ":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"
  };
  private static final String[] SECOND_REQUEST = {
    ":method: GET",
    ":scheme: http",
    ":path: /",
    ":authority: www.example.com",
    "cache-control: no-cache"
  };
  private static final String[] THIRD_REQUEST = {
    ":method: GET",
    ":scheme: https",
    ":path: /index.html",
    ":authority: www.example.com",
    "custom-key: custom-value"
  };

  @Test
  void readsTheRepresentationsOfAppendixC2() {
    assertThat(reader.read(Hpack.hex("400a637573746f6d2d6b65790d637573746f6d2d686561646572")))
        .containsExactly("custom-key: custom-header");
    assertThat(reader.read(Hpack.hex("be"))).containsExactly("custom-key: custom-header");
    assertThat(reader.read(Hpack.hex("040c2f73616d706c652f70617468")))
        .containsExactly(":path: /sample/path");
    assertThat(reader.neverIndexed).isFalse();
    assertThat(reader.read(Hpack.hex("100870617373776f726406736563726574")))
        .containsExactly("password: secret");
    assertThat(reader.neverIndexed).isTrue();
    assertThat(reader.read(Hpack.hex("82"))).containsExactly(":method: GET");
    assertThat(reader.violation).isNull();
  }

  @Test
  void readsTheRequestsOfAppendixC3() {
    assertThat(reader.read(Hpack.hex("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d")))
        .containsExactly(FIRST_REQUEST);
    assertThat(reader.read(Hpack.hex("8286 84be 5808 6e6f 2d63 6163 6865")))
        .containsExactly(SECOND_REQUEST);
    assertThat(
            reader.read(
                Hpack.hex(
                    "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65")))
        .containsExactly(THIRD_REQUEST);
  }

  @Test
  void readsTheHuffmanRequestsOfAppendixC4() {
    assertThat(reader.read(Hpack.hex("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff")))
        .containsExactly(FIRST_REQUEST);
    assertThat(reader.read(Hpack.hex("8286 84be 5886 a8eb 1064 9cbf")))
        .containsExactly(SECOND_REQUEST);
    assertThat(
            reader.read(Hpack.hex("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf")))
        .containsExactly(THIRD_REQUEST);
  }

  // The table of 256 octets of appendix C.5 and C.6 is set by a size update in front: 3fe1 01.
  @Test
  void readsTheResponsesOfAppendixC5AndEvicts() {
    assertResponses(
        "3fe1 01 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133"
            + "2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70"
            + "6c65 2e63 6f6d",
        "4803 3330 37c1 c0bf",
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d"
            + "54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049"
            + "5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e"
            + "3d31");
  }

  @Test
  void readsTheHuffmanResponsesOfAppendixC6AndEvicts() {
    assertResponses(
        "3fe1 01 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6"
            + "2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab"
            + "77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f"
            + "9587 3160 65c0 03ed 4ee5 b106 3d50 07");
  }

  private void assertResponses(String first, String second, String third) {
    assertThat(reader.read(Hpack.hex(first)))
        .containsExactly(
            ":status: 302",
            "cache-control: private",
            "date: Mon, 21 Oct 2013 20:13:21 GMT",
            "location: https://www.example.com");
    assertThat(reader.read(Hpack.hex(second)))
        .containsExactly(
            ":status: 307",
            "cache-control: private",
            "date: Mon, 21 Oct 2013 20:13:21 GMT",
            "location: https://www.example.com");
    assertThat(reader.read(Hpack.hex(third)))
        .containsExactly(
            ":status: 200",
            "cache-control: private",
            "date: Mon, 21 Oct 2013 20:13:22 GMT",
            "location: https://www.example.com",
            "content-encoding: gzip",
            "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1");
    assertThat(reader.violation).isNull();
  }

  @Test
  void agreesWithNettyOnTheStaticTable() throws Exception {
    DefaultHttp2HeadersDecoder netty = new DefaultHttp2HeadersDecoder(false);
    for (int index = 1; index <= StaticTable.SIZE; index++) {
      byte[] block = {(byte) (0x80 | index)};
      assertThat(reader.read(block)).isEqualTo(Hpack.decodeByNetty(netty, block));
    }
  }

  @Test
  void readsEveryOctetThatNettyEncodesWithHuffman() throws Exception {
    DefaultHttp2HeadersEncoder netty =
        new DefaultHttp2HeadersEncoder(Http2HeadersEncoder.NEVER_SENSITIVE, false, 16, 0);
    for (int c = 0; c < 256; c++) {
      if (Ascii.isValue((byte) c)) {
        String value = "a" + (char) c + (char) c + "b" + (char) c + "z";
        byte[] block =
            Hpack.encodeByNetty(netty, new DefaultHttp2Headers(false).add("x-octet", value));
        assertThat(reader.read(block)).containsExactly("x-octet: " + value);
      }
    }
  }

  @Test
  void followsNettysTableThroughAThousandBlocks() throws Exception {
    DefaultHttp2HeadersEncoder netty = new DefaultHttp2HeadersEncoder();
    Random random = new Random(7);
    for (int i = 0; i < 1000; i++) {
      DefaultHttp2Headers headers = new DefaultHttp2Headers();
      headers.path("/" + random.nextInt(50)).method("GET");
      for (int n = random.nextInt(8); n > 0; n--) {
        headers.add("x-" + random.nextInt(20), "v".repeat(random.nextInt(200)));
      }
      headers.add("user-agent", "agent " + random.nextInt(3));
      List<String> expected =
          headers.names().stream()
              .flatMap(name -> headers.getAll(name).stream().map(v -> name + ": " + v))
              .toList();
      assertThat(reader.read(Hpack.encodeByNetty(netty, headers)))
          .containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void laysFieldsOutAsHttp1Lines() {
    reader.read(Hpack.hex("400a637573746f6d2d6b65790d637573746f6d2d68656164657290"));
    assertThat(Ascii.text(reader.head.bytes, 0, reader.head.length))
        .isEqualTo("custom-key: custom-header\r\naccept-encoding: gzip, deflate\r\n");
  }

  @Test
  void tellsKnownNamesByTheirTag() {
    reader.head.clear();
    byte[] block = Hpack.hex("0f0d 0131 0005 782d 7265 7100 82");
    reader.decoder.decode(
        block,
        0,
        block.length,
        reader.head,
        Hpack.WIDE,
        (tag, nameStart, nameEnd, valueStart, valueEnd, never) -> {
          switch (nameEnd - nameStart) {
            case 14 -> assertThat(FieldName.at(tag)).isEqualTo(FieldName.CONTENT_LENGTH);
            case 5 -> assertThat(FieldName.at(tag)).isEqualTo(FieldName.OTHER);
            default -> assertThat(tag).isEqualTo(StaticTable.METHOD);
          }
        });
  }

  @ParameterizedTest
  @CsvSource({
    "80, HPACK_INDEX_INVALID",
    "be, HPACK_INDEX_INVALID",
    "7e 01 61, HPACK_INDEX_INVALID",
    "ff 80 80 80 80 80 01, HPACK_INTEGER_INVALID",
    "ff, HPACK_INTEGER_INVALID",
    "ff 80, HPACK_INTEGER_INVALID",
    "ff ff ff ff 7f, HPACK_INDEX_INVALID",
    "40, HPACK_STRING_TRUNCATED",
    "40 02 61, HPACK_STRING_TRUNCATED",
    "40 01 61, HPACK_STRING_TRUNCATED",
    "40 01 61 05 61, HPACK_STRING_TRUNCATED",
    "40 01 61 7f ff ff ff 7f, HPACK_STRING_TRUNCATED",
    "04 84 ff ff ff ff, HPACK_HUFFMAN_INVALID",
    "04 82 1f ff, HPACK_HUFFMAN_INVALID",
    "04 81 00, HPACK_HUFFMAN_INVALID",
    "04 81 1e, HPACK_HUFFMAN_INVALID",
    "3f e2 1f, HPACK_SIZE_UPDATE_INVALID",
    "82 20, HPACK_SIZE_UPDATE_INVALID",
    "3f ff ff ff ff ff, HPACK_INTEGER_INVALID",
    "00 01 41 00, FIELD_NAME_INVALID",
    "00 00 00, FIELD_NAME_INVALID",
    "00 02 3a 61 00, FIELD_NAME_INVALID",
    "00 01 20 00, FIELD_NAME_INVALID",
    "00 02 61 3a 00, FIELD_NAME_INVALID",
    "00 01 61 01 0a, FIELD_VALUE_INVALID",
    "00 01 61 01 0d, FIELD_VALUE_INVALID",
    "00 01 61 01 00, FIELD_VALUE_INVALID",
    "00 01 61 02 20 61, FIELD_VALUE_INVALID",
    "00 01 61 02 61 09, FIELD_VALUE_INVALID"
  })
  void refuses(String block, Violation violation) {
    reader.read(Hpack.hex(block));
    assertThat(reader.violation).isEqualTo(violation);
  }

  @Test
  void refusesAMalformedFieldAgainWhenItIsIndexed() {
    reader.read(Hpack.hex("40 01 61 01 0a"));
    reader.read(Hpack.hex("be"));
    assertThat(reader.violation).isEqualTo(Violation.FIELD_VALUE_INVALID);
    assertThat(reader.read(Hpack.hex("7e 01 62"))).containsExactly("a: b");
    assertThat(reader.violation).isNull();
  }

  @Test
  void keepsTheTableBehindAMalformedField() {
    reader.read(Hpack.hex("00 01 41 00 40 01 61 01 62"));
    assertThat(reader.violation).isEqualTo(Violation.FIELD_NAME_INVALID);
    assertThat(reader.read(Hpack.hex("be"))).containsExactly("a: b");
    assertThat(reader.violation).isNull();
  }

  @Test
  void refusesAHeadWithTooManyFields() {
    assertThat(reader.read(Hpack.hex("82 82 82"), new HeadLimits(100, 1000, 2))).hasSize(2);
    assertThat(reader.violation).isEqualTo(Violation.HEAD_TOO_LARGE);
  }

  @Test
  void stopsAnIndexBombAtTheLimitButKeepsTheTable() {
    ByteArrayOutputStream insert = new ByteArrayOutputStream();
    insert.writeBytes(Hpack.hex("40 01 61 7f b1 1e"));
    insert.writeBytes(Ascii.bytes("v".repeat(4016)));
    reader.read(insert.toByteArray());
    assertThat(reader.violation).isNull();
    byte[] large = new byte[15];
    java.util.Arrays.fill(large, (byte) 0xbe);
    reader.read(large, HeadLimits.DEFAULT);
    assertThat(reader.violation).isEqualTo(Violation.HEAD_TOO_LARGE);
    assertThat(reader.head.length).isLessThanOrEqualTo(HeadLimits.DEFAULT.headBytes());
    assertThat(reader.head.bytes.length).isLessThan(64 * 1024);
    assertThat(reader.read(Hpack.hex("be"))).hasSize(1);
    byte[] bomb = new byte[16_000];
    java.util.Arrays.fill(bomb, (byte) 0xbe);
    reader.read(bomb, HeadLimits.DEFAULT);
    assertThat(reader.violation).isEqualTo(Violation.HPACK_BOMB);
    assertThat(reader.head.bytes.length).isLessThan(64 * 1024);
  }

  @Test
  void emptiesTheTableForAFieldLargerThanIt() {
    reader.read(Hpack.hex("40 01 61 01 62"));
    reader.read(Hpack.hex("21 40 01 61 01 62"));
    reader.read(Hpack.hex("be"));
    assertThat(reader.violation).isEqualTo(Violation.HPACK_INDEX_INVALID);
  }
}
