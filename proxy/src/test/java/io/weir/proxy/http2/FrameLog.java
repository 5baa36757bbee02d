package io.weir.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.weir.proxy.http.Ascii;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes down what a {@link FrameReader} delivers. */
final class FrameLog implements FrameSink {
  final List<String> events = new ArrayList<>();
  @Nullable Violation violation;
  long announced;

  @Override
  public void frame(int type, int flags, int streamId, int length) {
    announced += length;
  }

  @Override
  public void data(int streamId, ByteBuf in, int length, int overhead, boolean endStream) {
    String text = in.toString(in.readerIndex(), length, StandardCharsets.ISO_8859_1);
    events.add("data " + streamId + " " + text + " +" + overhead + " end=" + endStream);
  }

  @Override
  public void headers(int streamId, byte[] block, int offset, int length, boolean endStream) {
    String text = Ascii.text(block, offset, offset + length);
    events.add("headers " + streamId + " " + text + " end=" + endStream);
  }

  @Override
  public void rstStream(int streamId, int errorCode) {
    events.add("reset " + streamId + " " + errorCode);
  }

  @Override
  public void setting(int id, int value) {
    events.add("setting " + id + "=" + value);
  }

  @Override
  public void settingsEnd() {
    events.add("settings");
  }

  @Override
  public void settingsAck() {
    events.add("settings ack");
  }

  @Override
  public void ping(boolean ack, long opaque) {
    events.add("ping " + opaque + " ack=" + ack);
  }

  @Override
  public void goAway(int lastStreamId, int errorCode) {
    events.add("goaway " + lastStreamId + " " + errorCode);
  }

  @Override
  public void windowUpdate(int streamId, int increment) {
    events.add("window " + streamId + " " + increment);
  }

  @Override
  public void violated(int streamId, Violation violation) {
    this.violation = violation;
    events.add("violated " + streamId + " " + violation);
  }
}
