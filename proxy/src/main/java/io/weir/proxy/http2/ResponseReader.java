package io.weir.proxy.http2;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.stage.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Makes a response head of decoded fields (RFC 9113 §8.3.2). What a backend may not say in HTTP/2
 * is refused rather than dropped: it would mean something once it is written as HTTP/1.1.
 *
 * <p>Confined to one event loop; used again for each head.
 */
final class ResponseReader implements HpackSink {
  private Head head = HpackDecoder.NO_HEAD;
  private boolean fieldsBegan;
  private boolean malformed;

  /**
   * Decodes a response head.
   *
   * @return what was wrong with it or broke the connection, or null
   */
  @Nullable Violation read(HpackDecoder decoder, byte[] block, int offset, int length, Head into) {
    head = into;
    fieldsBegan = malformed = false;
    return decoder.decode(block, offset, length, into, HeadLimits.RESPONSE, this);
  }

  /** Why the response is not acceptable, given what the decoder found wrong; or null. */
  @Nullable Reason refused(@Nullable Violation found) {
    if (found == Violation.HEAD_TOO_LARGE) {
      return Reason.UPSTREAM_HEADER_TOO_LARGE;
    }
    // 101 is a thing of HTTP/1.1 (RFC 9113 §8.6).
    boolean refused = found != null || malformed || head.status == 0 || head.status == 101;
    return refused ? Reason.UPSTREAM_MALFORMED : null;
  }

  @Override
  public void field(
      int tag, int nameStart, int nameEnd, int valueStart, int valueEnd, boolean neverIndexed) {
    if ((tag & StaticTable.PSEUDO) != 0) {
      status(tag, valueStart, valueEnd);
      return;
    }
    fieldsBegan = true;
    head.neverIndexed |= neverIndexed;
    FieldName name = FieldName.at(tag);
    head.add(name, nameStart, nameEnd, valueStart, valueEnd);
    switch (name) {
      case CONTENT_LENGTH -> contentLength(valueStart, valueEnd);
      case CONNECTION, PROXY_CONNECTION, KEEP_ALIVE, TRANSFER_ENCODING, UPGRADE -> malformed = true;
      default -> {}
    }
  }

  private void status(int tag, int start, int end) {
    long status = end - start == 3 ? Ascii.parseDecimal(head.bytes, start, end) : -1;
    malformed |= tag != StaticTable.STATUS || fieldsBegan || head.status != 0;
    malformed |= status < 100 || status > 599;
    head.status = (int) status;
  }

  private void contentLength(int start, int end) {
    malformed |= head.contentLength >= 0;
    head.contentLength = Ascii.parseDecimal(head.bytes, start, end);
    malformed |= head.contentLength < 0;
  }
}
