package io.weir.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.weir.net.ProxyHeader.Defect;
import io.weir.net.ProxyHeader.Malformed;
import io.weir.net.ProxyHeader.Proxied;
import io.weir.net.ProxyHeader.Unnamed;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {
  private static final IpAddress CLIENT = IpAddress.parse("203.0.113.7");
  private static final IpAddress SERVICE = IpAddress.parse("192.0.2.1");
  private static final IpAddress CLIENT6 = IpAddress.parse("2001:db8::7");
  private static final IpAddress SERVICE6 = IpAddress.parse("2001:db8:1::1");

  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
  private static final String IPV4 = "cb007107" + "c0000201" + "1267" + "01bb";

  private static ProxyHeader read(byte[] octets) {
    return ProxyHeader.read(octets, octets.length);
  }

  private static ProxyHeader text(String text) {
    return read(text.getBytes(ISO_8859_1));
  }

  private static ProxyHeader hex(String hex) {
    return read(HexFormat.of().parseHex(hex));
  }

  // ------------------------------------------------------------------ version 1

  @Test
  void readsTheTwoFamiliesOfVersion1() {
    String ipv4 = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n";
    assertThat(text(ipv4)).isEqualTo(new Proxied(1, CLIENT, 4711, SERVICE, 443, ipv4.length()));
    String ipv6 = "PROXY TCP6 2001:db8::7 2001:DB8:1::1 0 65535\r\n";
    assertThat(text(ipv6 + "GET /"))
        .isEqualTo(new Proxied(1, CLIENT6, 0, SERVICE6, 65535, ipv6.length()));
  }

  @Test
  void readsAnIpv4MappedAddressOfVersion1AsIpv4() {
    assertThat(text("PROXY TCP6 ::ffff:203.0.113.7 ::ffff:192.0.2.1 1 2\r\n"))
        .isInstanceOfSatisfying(Proxied.class, it -> assertThat(it.source()).isEqualTo(CLIENT));
  }

  @Test
  void readsTheLongestLineAndNoLonger() {
    String longest = "PROXY UNKNOWN " + "x".repeat(107 - 16) + "\r\n";
    assertThat(longest).hasSize(ProxyHeader.MAX_LENGTH_V1);
    assertThat(text(longest)).isEqualTo(new Unnamed(1, 107));
    assertThat(text("PROXY UNKNOWN " + "x".repeat(107 - 15) + "\r\n"))
        .isEqualTo(new Malformed(Defect.LINE));
    assertThat(text("PROXY UNKNOWN " + "x".repeat(5000))).isEqualTo(new Malformed(Defect.LINE));
  }

  @Test
  void readsAnUnknownClientAsNobody() {
    assertThat(text("PROXY UNKNOWN\r\n")).isEqualTo(new Unnamed(1, 15));
    assertThat(text("PROXY UNKNOWN ffff:f... 65535 garbage\r\n")).isInstanceOf(Unnamed.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "FAMILY|",
        "FAMILY|TCP",
        "FAMILY|TCP5 203.0.113.7 192.0.2.1 1 2",
        "FAMILY|tcp4 203.0.113.7 192.0.2.1 1 2",
        "FAMILY|TCP44 203.0.113.7 192.0.2.1 1 2",
        "FAMILY|UNKNOWNX",
        "FAMILY| TCP4 203.0.113.7 192.0.2.1 1 2",
        "ADDRESS|TCP4",
        "ADDRESS|TCP4 ",
        "ADDRESS|TCP4 203.0.113.7",
        "ADDRESS|TCP4  203.0.113.7 192.0.2.1 1 2",
        "ADDRESS|TCP4 203.0.113.7  192.0.2.1 1 2",
        "ADDRESS|TCP4 203.0.113.07 192.0.2.1 1 2",
        "ADDRESS|TCP4 203.0.113.256 192.0.2.1 1 2",
        "ADDRESS|TCP4 203.0.113 192.0.2.1 1 2",
        "ADDRESS|TCP4 2001:db8::7 192.0.2.1 1 2",
        "ADDRESS|TCP4 203.0.113.7 2001:db8::7 1 2",
        "ADDRESS|TCP4 ::ffff:203.0.113.7 192.0.2.1 1 2",
        "ADDRESS|TCP4 0x1.0.0.1 192.0.2.1 1 2",
        "FAMILY|TCP4\t203.0.113.7\t192.0.2.1\t1\t2",
        "ADDRESS|TCP6 203.0.113.7 2001:db8::7 1 2",
        "ADDRESS|TCP6 2001:db8::7 192.0.2.1 1 2",
        "ADDRESS|TCP6 [2001:db8::7] 2001:db8::1 1 2",
        "ADDRESS|TCP6 2001:db8::7%eth0 2001:db8::1 1 2",
        "ADDRESS|TCP6 2001::db8::7 2001:db8::1 1 2",
        "PORT|TCP4 203.0.113.7 192.0.2.1",
        "PORT|TCP4 203.0.113.7 192.0.2.1 1",
        "PORT|TCP4 203.0.113.7 192.0.2.1 1 ",
        "PORT|TCP4 203.0.113.7 192.0.2.1 01 2",
        "PORT|TCP4 203.0.113.7 192.0.2.1 00 2",
        "PORT|TCP4 203.0.113.7 192.0.2.1 1 65536",
        "PORT|TCP4 203.0.113.7 192.0.2.1 1 123456",
        "PORT|TCP4 203.0.113.7 192.0.2.1 -1 2",
        "PORT|TCP4 203.0.113.7 192.0.2.1 +1 2",
        "PORT|TCP4 203.0.113.7 192.0.2.1 1 2 ",
        "PORT|TCP4 203.0.113.7 192.0.2.1 1 2 3",
        "PORT|TCP4 203.0.113.7 192.0.2.1 1  2",
      })
  void refusesALineOfAnyOtherForm(Defect defect, String line) {
    assertThat(text("PROXY " + (line == null ? "" : line) + "\r\n"))
        .isEqualTo(new Malformed(defect));
  }

  @Test
  void refusesALineThatEndsInAnyOtherWay() {
    for (String end : new String[] {"\n", "\r", "\r\r\n", "\r\0", "\n\r"}) {
      assertThat(text("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443" + end + "GET / HTTP/1.1\r\n"))
          .as(end)
          .isEqualTo(new Malformed(Defect.LINE));
    }
  }

  // ------------------------------------------------------------------ version 2

  @Test
  void readsTheTwoFamiliesOfVersion2() {
    assertThat(hex(SIGNATURE + "2111000c" + IPV4))
        .isEqualTo(new Proxied(2, CLIENT, 4711, SERVICE, 443, 28));
    byte[] ipv6 = ProxyHeaderWriter.version2(CLIENT6, 1, SERVICE6, 2).finish(false);
    assertThat(ipv6).hasSize(52);
    assertThat(read(ipv6)).isEqualTo(new Proxied(2, CLIENT6, 1, SERVICE6, 2, 52));
  }

  @Test
  void readsAnIpv4MappedAddressOfVersion2AsIpv4() {
    byte[] mixed = ProxyHeaderWriter.version2(CLIENT, 1, SERVICE6, 2).finish(true);
    assertThat(read(mixed)).isEqualTo(new Proxied(2, CLIENT, 1, SERVICE6, 2, 59));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "20000000", // LOCAL
        "2011000c" + IPV4, // whose addresses say nothing
        "20ff0002abcd", // nor does its family
        "20110002abcd",
        "21000000", // UNSPEC
      })
  void readsAConnectionOfTheProxyItselfAsNobodys(String header) {
    assertThat(hex(SIGNATURE + header)).isInstanceOf(Unnamed.class);
  }

  @Test
  void readsAClientOnAUnixSocketAsNobody() {
    assertThat(hex(SIGNATURE + "213100d8" + "2f".repeat(216))).isEqualTo(new Unnamed(2, 232));
  }

  @ParameterizedTest
  @CsvSource({
    "COMMAND, 2211000c",
    "COMMAND, 1111000c",
    "COMMAND, 0111000c",
    "COMMAND, 3111000c",
    "COMMAND, 2f11000c",
    "FAMILY, 2110000c", // UNSPEC protocol
    "FAMILY, 2112000c", // UDP
    "FAMILY, 2122000c",
    "FAMILY, 2132000c",
    "FAMILY, 2141000c",
    "FAMILY, 2101000c",
    "FAMILY, 21ff000c",
    "LENGTH, 2111000b",
    "LENGTH, 21110000",
    "LENGTH, 21210023",
    "LENGTH, 213100d7",
    "LENGTH, 21111001",
    "LENGTH, 2111ffff",
    "LENGTH, 2000ffff",
  })
  void refusesAFixedPartOfAnyOtherFormBeforeTheRestArrives(Defect defect, String fixed) {
    assertThat(hex(SIGNATURE + fixed)).isEqualTo(new Malformed(defect));
  }

  @Test
  void readsTheLargestHeaderAndNoLarger() {
    byte[] value = new byte[4096 - 12 - 3];
    byte[] largest =
        ProxyHeaderWriter.version2(CLIENT, 1, SERVICE, 2).authority(value).finish(false);
    assertThat(largest).hasSize(ProxyHeader.MAX_LENGTH);
    assertThat(read(largest)).isEqualTo(new Proxied(2, CLIENT, 1, SERVICE, 2, 4112));
    assertThatIllegalStateException()
        .isThrownBy(
            () -> ProxyHeaderWriter.version2(CLIENT, 1, SERVICE, 2).authority(value).finish(true));
  }

  @ParameterizedTest
  @CsvSource({
    "EXTENSION, 04",
    "EXTENSION, 0400",
    "EXTENSION, 040001",
    "EXTENSION, 04000201",
    "EXTENSION, 04000100ff",
    "EXTENSION, 04ffff",
    "CHECKSUM, 03000400000000",
    "CHECKSUM, 030000",
    "CHECKSUM, 030003000000",
    "CHECKSUM, 0300050000000000",
    "CHECKSUM, 030004ffffffff",
  })
  void refusesExtensionsThatDoNotAddUp(Defect defect, String extensions) {
    String length = HexFormat.of().toHexDigits((short) (12 + extensions.length() / 2));
    assertThat(hex(SIGNATURE + "2111" + length + IPV4 + extensions))
        .isEqualTo(new Malformed(defect));
  }

  @Test
  void refusesAnyOctetChangedUnderAChecksum() {
    byte[] header =
        ProxyHeaderWriter.version2(CLIENT, 4711, SERVICE, 443)
            .alpn("h2".getBytes(US_ASCII))
            .authority("www.example.com".getBytes(US_ASCII))
            .finish(true);
    assertThat(read(header)).isInstanceOf(Proxied.class);
    int itsType = header.length - 7; // without which there is no checksum
    for (int i = 0; i < header.length; i++) {
      for (int bit = 0; bit < 8 && i != itsType; bit++) {
        byte[] changed = header.clone();
        changed[i] ^= (byte) (1 << bit);
        assertThat(read(changed)).as("octet %d bit %d", i, bit).isNotInstanceOf(Proxied.class);
      }
    }
  }

  @Test
  void refusesASecondChecksum() {
    byte[] once = ProxyHeaderWriter.local().finish(true);
    assertThat(read(once)).isEqualTo(new Unnamed(2, 23));
    byte[] twice = Arrays.copyOf(once, 30);
    System.arraycopy(once, 16, twice, 23, 7);
    twice[15] = 14;
    assertThat(read(twice)).isEqualTo(new Malformed(Defect.CHECKSUM));
  }

  // ------------------------------------------------------------------ both

  @Test
  void waitsForTheRestOfAHeader() {
    for (byte[] header :
        new byte[][] {
          "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n".getBytes(US_ASCII),
          "PROXY UNKNOWN\r\n".getBytes(US_ASCII),
          ProxyHeaderWriter.version2(CLIENT6, 1, SERVICE6, 2).finish(true),
          ProxyHeaderWriter.local().finish(false)
        }) {
      for (int length = 0; length < header.length; length++) {
        assertThat(ProxyHeader.read(header, length)).isSameAs(ProxyHeader.INCOMPLETE);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "PROPFIND / HTTP/1.1\r\n",
        "PROXY\r\n",
        "proxy TCP4",
        " PROXY TCP4",
        "\r\nGET / HTTP/1.1",
        "\r\n\r\n\0\r\nQUIT\r",
        "\u0016\u0003\u0001",
        "\0",
      })
  void seesWhenThereIsNoHeader(String octets) {
    assertThat(text(octets)).isSameAs(ProxyHeader.ABSENT);
  }

  // ------------------------------------------------------------------ writing

  @Test
  void writesVersion1() {
    assertThat(ProxyHeaderWriter.version1(CLIENT, 4711, SERVICE, 443))
        .asString(US_ASCII)
        .isEqualTo("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n");
    assertThat(ProxyHeaderWriter.version1(CLIENT6, 4711, SERVICE, 443))
        .asString(US_ASCII)
        .isEqualTo("PROXY TCP6 2001:db8::7 ::ffff:192.0.2.1 4711 443\r\n");
    assertThat(ProxyHeaderWriter.unknown()).asString(US_ASCII).isEqualTo("PROXY UNKNOWN\r\n");
  }

  @Test
  void writesEachExtensionOfVersion2() {
    byte[] header =
        ProxyHeaderWriter.version2(CLIENT, 4711, SERVICE, 443)
            .alpn("h2".getBytes(US_ASCII))
            .authority("a.b".getBytes(US_ASCII))
            .ssl("TLSv1.3".getBytes(US_ASCII), "C".getBytes(US_ASCII))
            .uniqueId("id".getBytes(US_ASCII))
            .finish(false);
    assertThat(HexFormat.of().formatHex(header))
        .isEqualTo(
            SIGNATURE
                + "2111"
                + "0032"
                + IPV4
                + "010002"
                + "6832"
                + "020003"
                + "612e62"
                + "200013"
                + "0100000001"
                + "210007"
                + "544c5376312e33"
                + "230001"
                + "43"
                + "050002"
                + "6964");
  }

  /** RFC 3720 appendix B.4: the checksum of 32 octets of zeros is 8a9136aa. */
  @Test
  void checksumsAreCrc32c() {
    assertThat(ProxyHeaderReader.crc32c(new byte[32], 4, 32)).isEqualTo(0x8a9136aa);
  }

  @Test
  void refusesAUniqueIdThatIsTooLong() {
    ProxyHeaderWriter writer = ProxyHeaderWriter.local();
    writer.uniqueId(new byte[128]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.uniqueId(new byte[129]))
        .withMessage("unique id: 129 octets (expected: at most 128)");
  }
}
