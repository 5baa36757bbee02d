package io.weir.proxy.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.weir.proxy.http.Ascii;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameReaderTest {
  private static final String SETTINGS = "000000 04 00 00000000";

  private final FrameLog log = new FrameLog();
  private final FrameReader reader = new FrameReader(log, false, 1024);

  private List<String> read(String... frames) {
    for (String frame : frames) {
      reader.read(Unpooled.wrappedBuffer(Hpack.hex(frame)));
    }
    return log.events;
  }

  @Test
  void readsEveryFrameOfTheWriterInOneOctetSegments() {
    ByteBuf out = everyFrame();
    while (out.isReadable()) {
      reader.read(out.readSlice(1));
    }
    String events = String.join("\n", log.events);
    assertThat(events.replaceAll("(?<=data 1 .) \\+0 end=false\ndata 1 (?=[a-z])", ""))
        .isEqualTo(String.join("\n", EVERY_EVENT));
  }

  @Test
  void readsEveryFrameOfTheWriterAtOnce() {
    reader.read(everyFrame());
    assertThat(log.events).containsExactly(EVERY_EVENT);
  }

  private static final String[] EVERY_EVENT = {
    "setting 4=100",
    "setting 3=-1",
    "settings",
    "settings ack",
    "headers 1 abcdef end=false",
    "data 1 hello +0 end=false",
    "data 1  +0 end=true",
    "ping 42 ack=false",
    "ping -1 ack=true",
    "reset 3 8",
    "window 0 2147483647",
    "window 5 1",
    "goaway 7 11",
  };

  private static ByteBuf everyFrame() {
    ByteBuf out = Unpooled.buffer();
    FrameWriter.settings(
        out, Frame.INITIAL_WINDOW_SIZE, 100, Frame.MAX_CONCURRENT_STREAMS, 0xffff_ffff);
    FrameWriter.settingsAck(out);
    FrameWriter.headers(out, 1, Ascii.bytes("xabcdefx"), 1, 6, false);
    FrameWriter.data(out, 1, 5, false);
    out.writeBytes(Ascii.bytes("hello"));
    FrameWriter.data(out, 1, 0, true);
    FrameWriter.ping(out, false, 42);
    FrameWriter.ping(out, true, -1);
    FrameWriter.rstStream(out, 3, ErrorCode.CANCEL);
    FrameWriter.windowUpdate(out, 0, Integer.MAX_VALUE);
    FrameWriter.windowUpdate(out, 5, 1);
    FrameWriter.goAway(out, 7, ErrorCode.ENHANCE_YOUR_CALM, "calm");
    return out;
  }

  @Test
  void wantsTheClientsPreface() {
    FrameReader ofClient = new FrameReader(log, true, 1024);
    ofClient.read(Unpooled.wrappedBuffer(Ascii.bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")));
    ofClient.read(Unpooled.wrappedBuffer(Hpack.hex(SETTINGS)));
    assertThat(log.events).containsExactly("settings");
  }

  @Test
  void refusesAnotherPreface() {
    FrameReader ofClient = new FrameReader(log, true, 1024);
    ofClient.read(Unpooled.wrappedBuffer(Ascii.bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
    assertThat(log.events).containsExactly("violated 0 PREFACE_INVALID");
  }

  @Test
  void cutsALongBlockIntoContinuationsAndJoinsIt() {
    FrameReader wide = new FrameReader(log, false, 100_000);
    ByteBuf out = Unpooled.buffer();
    out.writeBytes(Hpack.hex(SETTINGS));
    FrameWriter.headers(out, 9, Ascii.bytes("x".repeat(40_000)), 0, 40_000, true);
    wide.read(out);
    assertThat(log.events)
        .containsExactly("settings", "headers 9 " + "x".repeat(40_000) + " end=true");
  }

  @Test
  void stripsPaddingAndPriority() {
    read(
        SETTINGS,
        "00000a 01 2c 00000001 02 0000000100 6162 0000",
        "000006 00 09 00000001 03 6162 000000",
        "000002 00 09 00000003 01",
        "00");
    assertThat(log.events)
        .containsExactly(
            "settings", "headers 1 ab end=false", "data 1 ab +4 end=true", "data 3  +2 end=true");
  }

  @Test
  void deliversContentAsItArrives() {
    read(SETTINGS, "000006 00 09 00000001 02 61", "62", "63 00", "00");
    assertThat(log.events)
        .containsExactly(
            "settings", "data 1 a +3 end=false", "data 1 b +0 end=false", "data 1 c +0 end=true");
  }

  @Test
  void ignoresUnknownFramesAndFlagsAndTheReservedBit() {
    read(SETTINGS, "000003 fa ff 80000005 010203", "000002 00 f0 80000001 6162");
    assertThat(log.events).containsExactly("settings", "data 1 ab +0 end=false");
  }

  @ParameterizedTest
  @CsvSource({
    "004001 00 00 00000001, FRAME_TOO_LARGE",
    "000000 00 00 00000000, STREAM_ID_MISSING",
    "000000 00 08 00000001, FRAME_LENGTH_INVALID",
    "000002 00 08 00000001 02 00, PADDING_INVALID",
    "000000 01 04 00000000, STREAM_ID_MISSING",
    "000004 01 24 00000001 00000000, FRAME_LENGTH_INVALID",
    "000002 01 0c 00000001 02 00, PADDING_INVALID",
    "000006 01 2c 00000001 01 0000000000, PADDING_INVALID",
    "000005 02 00 00000000 0000000000, STREAM_ID_MISSING",
    "000004 02 00 00000001 00000000, PRIORITY_LENGTH_INVALID",
    "000004 03 00 00000000 00000000, STREAM_ID_MISSING",
    "000003 03 00 00000001 000000, FRAME_LENGTH_INVALID",
    "000000 04 00 00000001, STREAM_ID_FORBIDDEN",
    "000005 04 00 00000000 0000000000, FRAME_LENGTH_INVALID",
    "000006 04 01 00000000 000000000000, FRAME_LENGTH_INVALID",
    "000186 04 00 00000000, SETTINGS_FLOOD",
    "000006 04 00 00000000 0002 00000002, SETTING_INVALID",
    "000006 04 00 00000000 0008 00000002, SETTING_INVALID",
    "000006 04 00 00000000 0004 80000000, INITIAL_WINDOW_INVALID",
    "000006 04 00 00000000 0005 00003fff, SETTING_INVALID",
    "000006 04 00 00000000 0005 01000000, SETTING_INVALID",
    "000004 05 04 00000001 00000002, PUSH_FORBIDDEN",
    "000008 06 00 00000001 0000000000000000, STREAM_ID_FORBIDDEN",
    "000007 06 00 00000000 00000000000000, FRAME_LENGTH_INVALID",
    "000008 07 00 00000001 0000000000000000, STREAM_ID_FORBIDDEN",
    "000007 07 00 00000000 00000000000000, FRAME_LENGTH_INVALID",
    "000003 08 00 00000001 000000, FRAME_LENGTH_INVALID",
    "000004 08 00 00000001 00000000, WINDOW_INCREMENT_ZERO",
    "000004 08 00 00000000 80000000, CONNECTION_INCREMENT_ZERO",
    "000000 09 04 00000001, CONTINUATION_UNEXPECTED",
    "000001 01 00 00000001 61 000000 09 04 00000003, CONTINUATION_EXPECTED",
    "000001 01 00 00000001 61 000000 00 01 00000001, CONTINUATION_EXPECTED",
    "000505 01 04 00000001, FIELD_BLOCK_TOO_LARGE",
    "000001 01 00 00000001 61 000400 09 04 00000001, FIELD_BLOCK_TOO_LARGE"
  })
  void refuses(String frames, Violation violation) {
    read(SETTINGS, frames);
    assertThat(log.violation).isEqualTo(violation);
    int before = log.events.size();
    read("000008 06 00 00000000 0000000000000000");
    assertThat(log.events).hasSize(violation.isOfConnection() ? before : before + 1);
  }

  @Test
  void refusesAFirstFrameThatIsNotSettings() {
    read("000008 06 00 00000000 0000000000000000");
    assertThat(log.violation).isEqualTo(Violation.FIRST_FRAME_NOT_SETTINGS);
  }

  @Test
  void refusesABlockInTooManyFrames() {
    read(SETTINGS, "000000 01 00 00000001");
    for (int i = 0; i < 17; i++) {
      assertThat(log.violation).isNull();
      read("000000 09 00 00000001");
    }
    assertThat(log.violation).isEqualTo(Violation.CONTINUATION_FLOOD);
  }

  @Test
  void readsNothingAfterItWasStopped() {
    read(SETTINGS);
    reader.stop();
    assertThat(read(SETTINGS)).containsExactly("settings");
  }
}
