package io.weir.proxy.tls;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The textual encoding of certificates and keys (RFC 7468): labelled blocks of base64, with any
 * text around them. Old headers inside a block ({@code Proc-Type}) are not read; such a block
 * fails.
 */
final class Pem {
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";

  private Pem() {}

  /** One block; never compared. */
  @SuppressWarnings("ArrayRecordComponent")
  record Block(String label, byte[] der) {}

  /**
   * All blocks of a text in order, or null if one has no end or is not base64. Text without a block
   * gives an empty list.
   */
  static @Nullable List<Block> parse(String text) {
    List<Block> blocks = new ArrayList<>();
    int at = 0;
    while ((at = text.indexOf(BEGIN, at)) >= 0) {
      int labelAt = at + BEGIN.length();
      int labelEnd = text.indexOf(DASHES, labelAt);
      if (labelEnd < 0 || text.substring(labelAt, labelEnd).indexOf('\n') >= 0) {
        return null;
      }
      String label = text.substring(labelAt, labelEnd);
      String end = END + label + DASHES;
      int bodyAt = labelEnd + DASHES.length();
      int bodyEnd = text.indexOf(end, bodyAt);
      if (bodyEnd < 0) {
        return null;
      }
      byte[] der = decode(text.substring(bodyAt, bodyEnd));
      if (der == null) {
        return null;
      }
      blocks.add(new Block(label, der));
      at = bodyEnd + end.length();
    }
    return blocks;
  }

  private static byte @Nullable [] decode(String body) {
    try {
      return Base64.getDecoder().decode(body.replaceAll("\\s", ""));
    } catch (IllegalArgumentException notBase64) {
      return null;
    }
  }
}
