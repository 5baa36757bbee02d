package io.weir.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

class ClientHelloFuzzer {
  /** Whatever arrives, in whatever segments: a hello, a refusal, or a wait; and always the same. */
  @FuzzTest(maxDuration = "10s")
  void outcomeDoesNotDependOnSegments(FuzzedDataProvider data) {
    int segment = data.consumeInt(1, 50);
    byte[] wire = data.consumeRemainingAsBytes();
    String whole = outcome(wire, Math.max(1, wire.length));
    assertThat(outcome(wire, segment)).isEqualTo(whole);
  }

  /** A well-formed hello with a few bytes changed never reads outside its array. */
  @FuzzTest(maxDuration = "10s")
  void changedHellosAreReadOrRefused(FuzzedDataProvider data) {
    byte[] message = Hellos.hello("www.example.com", data.consumeInt(0, 40));
    while (data.remainingBytes() > 2) {
      message[data.consumeInt(0, message.length - 1)] = data.consumeByte();
    }
    ClientHello hello = ClientHello.parse(message, message.length);
    if (hello != null) {
      assertThat(hello.serverNameOffset() + hello.serverNameLength()).isLessThan(message.length);
      assertThat(hello.serverName()).hasSize(hello.serverNameLength());
      assertThat(hello.alpn().isEmpty()).isNotEqualTo(hello.hasAlpn());
      for (String protocol : hello.alpn()) {
        assertThat(hello.offers(protocol.getBytes(StandardCharsets.ISO_8859_1))).isTrue();
      }
      assertThat(hello.versions()).isNotNull();
      assertThat(Fingerprint.of(hello).ja3()).hasSize(32);
      assertThat(Fingerprint.of(hello).ja4()).hasSize(36);
    }
  }

  private static String outcome(byte[] wire, int segment) {
    ClientHelloReader reader = new ClientHelloReader();
    ByteBuf in = Unpooled.buffer();
    for (int at = 0; at < wire.length && !reader.complete(); at += segment) {
      in.writeBytes(wire, at, Math.min(segment, wire.length - at));
      TlsRefusal refusal = reader.read(in);
      if (refusal != null) {
        return refusal.reason();
      }
    }
    ClientHello hello = reader.complete() ? reader.hello() : null;
    return reader.complete() + (hello == null ? "" : hello.length() + ":" + hello.alpn());
  }
}
