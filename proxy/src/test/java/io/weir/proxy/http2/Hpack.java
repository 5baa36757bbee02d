package io.weir.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Field lists as text, through our codec and through Netty's, the second reader. */
final class Hpack {
  static final HeadLimits WIDE = new HeadLimits(1 << 16, 1 << 20, 10_000);

  private Hpack() {}

  static byte[] hex(String hex) {
    return ByteBufUtil.decodeHexDump(hex.replaceAll("\\s", ""));
  }

  /** One decoder with all that its blocks said. */
  static final class Reader {
    final HpackDecoder decoder = new HpackDecoder();
    final Head head = new Head();
    @Nullable Violation violation;
    boolean neverIndexed;

    List<String> read(byte[] block) {
      return read(block, WIDE);
    }

    List<String> read(byte[] block, HeadLimits limits) {
      List<String> fields = new ArrayList<>();
      head.clear();
      neverIndexed = false;
      violation =
          decoder.decode(
              block,
              0,
              block.length,
              head,
              limits,
              (tag, nameStart, nameEnd, valueStart, valueEnd, never) -> {
                neverIndexed |= never;
                fields.add(
                    Ascii.text(head.bytes, nameStart, nameEnd)
                        + ": "
                        + Ascii.text(head.bytes, valueStart, valueEnd));
              });
      return fields;
    }
  }

  /** One encoder of ours fed with "name: value" lines; pseudo-headers first. */
  static byte[] encode(HpackEncoder encoder, List<String> fields) {
    encoder.begin(false);
    for (String field : fields) {
      int colon = field.indexOf(": ", 1);
      byte[] bytes = Ascii.bytes(field);
      if (field.startsWith(":status")) {
        encoder.status(Integer.parseInt(field.substring(colon + 2)));
      } else if (field.startsWith(":")) {
        encoder.pseudo(StaticTable.tag(bytes, 0, colon), bytes, colon + 2, bytes.length);
      } else {
        encoder.field(
            io.weir.proxy.http.FieldName.of(bytes, 0, colon),
            bytes,
            0,
            colon,
            bytes,
            colon + 2,
            bytes.length);
      }
    }
    return java.util.Arrays.copyOf(encoder.block(), encoder.length());
  }

  static List<String> decodeByNetty(DefaultHttp2HeadersDecoder decoder, byte[] block)
      throws Http2Exception {
    List<String> fields = new ArrayList<>();
    Http2Headers headers = decoder.decodeHeaders(1, Unpooled.wrappedBuffer(block));
    headers.forEach(e -> fields.add(e.getKey() + ": " + e.getValue()));
    return fields;
  }

  static byte[] encodeByNetty(DefaultHttp2HeadersEncoder encoder, Http2Headers headers)
      throws Http2Exception {
    ByteBuf out = Unpooled.buffer();
    encoder.encodeHeaders(1, headers, out);
    return ByteBufUtil.getBytes(out);
  }
}
