package io.weir.proxy.tls;

import static io.weir.proxy.tls.Hellos.alpn;
import static io.weir.proxy.tls.Hellos.bytes;
import static io.weir.proxy.tls.Hellos.concat;
import static io.weir.proxy.tls.Hellos.extension;
import static io.weir.proxy.tls.Hellos.hello;
import static io.weir.proxy.tls.Hellos.message;
import static io.weir.proxy.tls.Hellos.records;
import static io.weir.proxy.tls.Hellos.serverName;
import static io.weir.proxy.tls.Hellos.u16;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientHelloTest {
  private static final byte[] HELLO = hello("Www.Example.com", 1300);

  /** Feeds the wire in segments, as reads would bring it. */
  private static @Nullable TlsRefusal feed(ClientHelloReader reader, byte[] wire, int segment) {
    ByteBuf in = Unpooled.buffer();
    in.writeZero(3).readerIndex(3);
    for (int at = 0; at < wire.length; at += segment) {
      in.writeBytes(wire, at, Math.min(segment, wire.length - at));
      TlsRefusal refusal = reader.read(in);
      if (refusal != null) {
        return refusal;
      }
      assertThat(reader.complete()).isEqualTo(at + segment >= wire.length && reader.complete());
    }
    return null;
  }

  private static @Nullable TlsRefusal refusal(byte[] wire) {
    return feed(new ClientHelloReader(), wire, Integer.MAX_VALUE / 2);
  }

  private static @Nullable ClientHello parse(byte[] message) {
    return ClientHello.parse(message, message.length);
  }

  private static void assertMalformed(byte[]... extensions) {
    byte[] message = message(extensions);
    assertThat(parse(message)).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 7, 100, 1 << 14})
  void readsTheSameHelloHoweverRecordsAndSegmentsAreCut(int size) {
    for (int segment : new int[] {1, 4, 5, 6, 1000, 1 << 17}) {
      ClientHelloReader reader = new ClientHelloReader();
      assertThat(feed(reader, records(HELLO, size), segment)).isNull();
      assertThat(reader.complete()).isTrue();
      ClientHello hello = requireNonNull(reader.hello());
      assertThat(hello.serverName())
          .asString(StandardCharsets.US_ASCII)
          .isEqualTo("www.example.com");
      assertThat(hello.alpn()).containsExactly("h2", "http/1.1");
      assertThat(hello.versions()).containsExactly(0x0304, 0x0303);
      assertThat(Arrays.copyOf(hello.bytes(), hello.length())).isEqualTo(HELLO);
    }
  }

  @Test
  void saysWhichProtocolsAreOffered() {
    ClientHello hello = requireNonNull(parse(HELLO));
    assertThat(hello.hasAlpn()).isTrue();
    assertThat(hello.offers("h2".getBytes(StandardCharsets.US_ASCII))).isTrue();
    assertThat(hello.offers("http/1.1".getBytes(StandardCharsets.US_ASCII))).isTrue();
    assertThat(hello.offers("http/1.0".getBytes(StandardCharsets.US_ASCII))).isFalse();
    assertThat(hello.offers("h".getBytes(StandardCharsets.US_ASCII))).isFalse();
  }

  @Test
  void readsAHelloWithoutExtensions() {
    byte[] message = message();
    byte[] bare = Arrays.copyOf(message, message.length - 2);
    bare[3] = (byte) (bare.length - 4);
    ClientHello hello = requireNonNull(parse(bare));
    assertThat(hello.serverNameLength()).isZero();
    assertThat(hello.hasAlpn()).isFalse();
    assertThat(hello.versions()).containsExactly(0x0303);
  }

  @Test
  void readsHellosUpToTheLimitAndRefusesLongerOnes() {
    byte[] large = hello("a.example.com", 60_000);
    ClientHelloReader reader = new ClientHelloReader();
    assertThat(feed(reader, records(large, 1 << 14), 1400)).isNull();
    assertThat(reader.hello()).isNotNull();
    byte[] tooLarge = concat(bytes(1, 1, 0, 0), new byte[100]);
    assertThat(refusal(records(tooLarge, 1 << 14))).isEqualTo(TlsRefusal.HELLO_TOO_LARGE);
    byte[] many = records(hello("a.example.com", 20_000), 1);
    assertThat(refusal(many)).isNull();
    assertThat(feed(new ClientHelloReader(), many, 100)).isEqualTo(TlsRefusal.HELLO_TOO_LARGE);
  }

  @Test
  void waitsForTheRestOfATruncatedHello() {
    byte[] wire = records(HELLO, 200);
    for (int length = 0; length < wire.length; length += 13) {
      ClientHelloReader reader = new ClientHelloReader();
      assertThat(feed(reader, Arrays.copyOf(wire, length), 50)).isNull();
      assertThat(reader.complete()).isFalse();
    }
  }

  @Test
  void refusesWhatIsNotTls() {
    assertThat(refusal("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(TlsRefusal.NOT_TLS);
    assertThat(refusal(bytes('G'))).isEqualTo(TlsRefusal.NOT_TLS);
    assertThat(refusal(bytes(0x80, 0x2e, 1, 0, 2, 0, 0x15))).isEqualTo(TlsRefusal.NOT_TLS);
    assertThat(refusal(bytes(21, 3, 1, 0, 2, 1, 0))).isEqualTo(TlsRefusal.NOT_TLS);
  }

  @Test
  void refusesRecordsThatCannotCarryAHello() {
    assertThat(refusal(bytes(22, 2, 1, 0, 4))).isEqualTo(TlsRefusal.UNREADABLE_HELLO);
    assertThat(refusal(bytes(22, 3, 1, 0, 0))).isEqualTo(TlsRefusal.UNREADABLE_HELLO);
    assertThat(refusal(bytes(22, 3, 1, 0x40, 1))).isEqualTo(TlsRefusal.UNREADABLE_HELLO);
    assertThat(refusal(records(bytes(2, 0, 0, 0), 100))).isEqualTo(TlsRefusal.UNREADABLE_HELLO);
    byte[] interleaved = concat(bytes(22, 3, 1, 0, 1, 1), bytes(23, 3, 3, 0, 1, 0));
    assertThat(refusal(interleaved)).isEqualTo(TlsRefusal.UNREADABLE_HELLO);
  }

  @Test
  void refusesARecordThatReachesPastTheHello() {
    byte[] more = concat(HELLO, bytes(20, 0, 0, 0));
    assertThat(refusal(records(more, 1 << 14))).isEqualTo(TlsRefusal.UNREADABLE_HELLO);
    assertThat(feed(new ClientHelloReader(), records(more, 1 << 14), 1))
        .isEqualTo(TlsRefusal.UNREADABLE_HELLO);
  }

  @Test
  void refusesEveryTruncationOfTheMessage() {
    for (int length = 0; length < HELLO.length; length++) {
      byte[] cut = Arrays.copyOf(HELLO, length);
      assertThat(parse(cut)).isNull();
      if (length >= 4) {
        cut[1] = (byte) (length - 4 >> 16);
        cut[2] = (byte) (length - 4 >> 8);
        cut[3] = (byte) (length - 4);
        // Without the extensions' length it is a whole TLS 1.2 hello.
        assertThat(parse(cut) == null || length == 4 + 2 + 32 + 33 + 6 + 2).isTrue();
      }
    }
  }

  @Test
  void refusesWrongLengthsInsideTheServerName() {
    byte[] good = concat(u16(6), bytes(0), u16(3), bytes('a', '.', 'b'));
    assertThat(parse(message(extension(0, good)))).isNotNull();
    for (int at : new int[] {1, 4}) {
      for (int change : new int[] {-1, 1, 100}) {
        byte[] bad = good.clone();
        bad[at] += (byte) change;
        assertMalformed(extension(0, bad));
      }
    }
    assertMalformed(extension(0, new byte[0]));
    assertMalformed(extension(0, concat(u16(3), bytes(0), u16(0))));
  }

  @Test
  void refusesServerNamesThatAreNotOneHostName() {
    assertMalformed(serverName("a.example.com"), serverName("b.example.com"));
    assertMalformed(serverName("b\u00fccher.example.com"));
    assertMalformed(serverName("a\0.example.com"));
    assertMalformed(serverName("a b"));
    assertMalformed(serverName("a".repeat(256)));
    byte[] one = concat(bytes(0), u16(1), bytes('a'));
    assertMalformed(extension(0, concat(u16(8), one, one)));
    assertMalformed(extension(0, concat(u16(4), bytes(1), u16(1), bytes('a'))));
  }

  @Test
  void refusesWrongLengthsInsideAlpnAndVersions() {
    assertMalformed(extension(16, new byte[0]));
    assertMalformed(extension(16, u16(0)));
    assertMalformed(extension(16, concat(u16(1), bytes(0))));
    assertMalformed(extension(16, concat(u16(3), bytes(3, 'h', '2'))));
    assertMalformed(extension(16, concat(u16(4), bytes(2, 'h', '2'))));
    assertMalformed(extension(16, concat(u16(3), bytes(2, 'h', '2', 0))));
    assertMalformed(alpn("h2"), alpn("h2"));
    assertMalformed(extension(43, bytes(0)));
    assertMalformed(extension(43, bytes(3, 3, 4, 3)));
    assertMalformed(extension(43, bytes(4, 3, 4)));
    assertMalformed(extension(43, bytes(2, 3, 4, 3, 3)));
  }

  @Test
  void refusesWrongLengthsInTheFixedPart() {
    int sessionId = 4 + 2 + 32;
    for (int at : new int[] {3, sessionId, sessionId + 34, sessionId + 39, sessionId + 42}) {
      for (int change : new int[] {-1, 1, 2}) {
        byte[] bad = HELLO.clone();
        bad[at] += (byte) change;
        assertThat(parse(bad)).as("byte %s changed by %s", at, change).isNull();
      }
    }
  }
}
