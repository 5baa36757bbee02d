package io.weir.proxy.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FingerprintTest {
  private static final int RECORD_HEADER = 5;

  static List<List<String>> published() throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    FingerprintTest.class.getResourceAsStream("fingerprints.txt")),
                US_ASCII))) {
      return lines
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> Arrays.asList(line.split(" \\| ")))
          .toList();
    }
  }

  private static Fingerprint of(byte[] message) {
    return Fingerprint.of(Objects.requireNonNull(ClientHello.parse(message, message.length)));
  }

  private static String ja4(byte[]... extensions) {
    return new String(of(Hellos.message(extensions)).ja4(), US_ASCII);
  }

  @ParameterizedTest
  @MethodSource("published")
  void isThePublishedOne(List<String> row) {
    byte[] record = HexFormat.of().parseHex(row.get(3));
    Fingerprint fingerprint = of(Arrays.copyOfRange(record, RECORD_HEADER, record.length));
    if (!row.get(1).equals("-")) {
      assertThat(new String(fingerprint.ja3(), US_ASCII)).isEqualTo(row.get(1));
    }
    if (!row.get(2).equals("-")) {
      assertThat(new String(fingerprint.ja4(), US_ASCII)).isEqualTo(row.get(2));
    }
  }

  @Test
  void tellsAHelloWithoutServerNameAndProtocols() {
    assertThat(ja4()).startsWith("t12i020000_").endsWith("_000000000000");
  }

  @Test
  void doesNotDependOnWhatTheClientAsksForNorOnTheOrderOfExtensions() {
    byte[] groups = Hellos.extension(10, new byte[] {0, 2, 0, 29});
    byte[] tickets = Hellos.extension(35, new byte[0]);
    assertThat(ja4(Hellos.serverName("a.example.com"), groups, tickets, Hellos.alpn("h2")))
        .isEqualTo(ja4(tickets, groups, Hellos.alpn("h2"), Hellos.serverName("b.example.com")));
  }

  @Test
  void readsListsThatAreCutShort() {
    assertThat(ja4(Hellos.extension(10, new byte[0]), Hellos.extension(11, new byte[0])))
        .startsWith("t12i020200_");
    assertThat(ja4(Hellos.extension(13, new byte[] {0, 9, 4})).length()).isEqualTo(36);
  }
}
