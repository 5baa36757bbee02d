package io.weir.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, 0.0.0.0",
    "192.0.2.1, 192.0.2.1",
    "255.255.255.255, 255.255.255.255",
    "10.20.99.100, 10.20.99.100",
    "::, ::",
    "::1, ::1",
    "1::, 1::",
    "2001:DB8::A, 2001:db8::a",
    "2001:0db8:0000:0000:0000:0000:0000:0001, 2001:db8::1",
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1", // a single zero group is not shortened
    "2001:db8::1:1:1:1:1, 2001:db8:0:1:1:1:1:1", // but "::" may be written for it
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1", // the longest run
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1", // the first of equal runs
    "1:2:3:4:5:6:0:0, 1:2:3:4:5:6::",
    "0:0:3:4:5:6:7:8, ::3:4:5:6:7:8",
    "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
    "::2:3:4:5:6:7:8, 0:2:3:4:5:6:7:8",
    "fedc:ba98:7654:3210:fedc:ba98:7654:3210, fedc:ba98:7654:3210:fedc:ba98:7654:3210",
    "10:200:3000:4:50:600:7000:8, 10:200:3000:4:50:600:7000:8",
    "64:ff9b::192.0.2.1, 64:ff9b::c000:201",
    "1:2:3:4:5:6:192.0.2.1, 1:2:3:4:5:6:c000:201",
    "::192.0.2.1, ::c000:201", // deprecated IPv4-compatible: stays IPv6
    "::ffff:192.0.2.1, 192.0.2.1",
    "::ffff:c000:201, 192.0.2.1",
    "0:0:0:0:0:ffff:192.0.2.1, 192.0.2.1",
    "::ffff:0:192.0.2.1, ::ffff:0:c000:201", // translated (RFC 2765), not mapped
    "::fffe:192.0.2.1, ::fffe:c000:201",
  })
  void readsTextAndWritesItCanonically(String text, String canonical) {
    IpAddress address = IpAddress.parse(text);

    assertThat(address).hasToString(canonical);
    assertThat(IpAddress.parse(canonical)).isEqualTo(address).hasSameHashCodeAs(address);
    assertThat(address.isIpv4()).isEqualTo(canonical.indexOf(':') < 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "1",
        "1.2",
        "127.1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.4.",
        ".1.2.3.4",
        "1..2.3",
        "1.2.3.256",
        "1.2.3.999",
        "1.2.3.1000",
        "01.2.3.4",
        "1.2.3.04",
        "1.2.3.00",
        "0x7f.0.0.1",
        "2130706433",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.-4",
        "+1.2.3.4",
        "1,2,3,4",
        "1.2.3.4/32",
        "1.2.3.4:80",
        "1.2.3.\u0664",
        ":",
        ":::",
        "::::",
        "1:::2",
        "1::2::3",
        "::1::",
        ":1::",
        ":1",
        "1:",
        "1::2:",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8:",
        ":1:2:3:4:5:6:7:8",
        "1::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "12345::",
        "::00001",
        "::g",
        "::-1",
        "[::1]",
        "::1/128",
        "fe80::1%eth0",
        "fe80::1%1",
        "::1.2.3",
        "::1.2.3.4:5",
        "::1.2.3.4.5",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:1.2.3.4",
        "::1:2:3:4:5:6:7:1.2.3.4",
        "::ffff:01.2.3.4",
        "::a1.2.3.4",
        "::1234.2.3.4",
        "::\uff11",
        "localhost",
        "0000:0000:0000:0000:0000:ffff:192.168.100.2000",
      })
  void refusesWhatIsNotExactlyOneAddress(String text) {
    assertThat(IpAddress.parseOrNull(text)).isNull();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IpAddress.parse(text))
        .withMessage(text + " (expected: an IPv4 or IPv6 address)");
  }

  @Test
  void readsASliceAndNotItsSurroundings() {
    byte[] src = "x192.0.2.10,::12".getBytes(US_ASCII);

    assertThat(IpAddress.parseOrNull(src, 1, 9)).hasToString("192.0.2.1");
    assertThat(IpAddress.parseOrNull(src, 1, 10)).hasToString("192.0.2.10");
    assertThat(IpAddress.parseOrNull(src, 12, 3)).hasToString("::1");
    assertThat(IpAddress.parseOrNull(src, 12, 2)).hasToString("::");
    assertThat(IpAddress.parseOrNull(src, 12, 0)).isNull();
    assertThatThrownBy(() -> IpAddress.parseOrNull(src, 12, 5))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void refusesEveryTruncationOfALongAddress() {
    String text = "1111:2222:3333:4444:5555:6666:255.255.255.255";
    assertThat(IpAddress.parse(text)).isNotNull();
    for (int length = 0; length < text.length() - 2; length++) { // the last octet may shorten
      assertThat(IpAddress.parseOrNull(text.substring(0, length))).as(text, length).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.1", "2001:db8::1", "::", "::ffff:ffff:1", "ff02::fb"})
  void convertsToAndFromOctetsAndTheJdkType(String text) throws UnknownHostException {
    IpAddress address = IpAddress.parse(text);
    InetAddress jdk = InetAddress.ofLiteral(text);

    assertThat(address.toBytes()).isEqualTo(jdk.getAddress());
    assertThat(IpAddress.ofBytes(jdk.getAddress())).isEqualTo(address);
    assertThat(IpAddress.of(jdk)).isEqualTo(address);
    assertThat(address.toInetAddress()).isEqualTo(jdk);
  }

  @Test
  void makesIpv4OfMappedOctets() {
    byte[] mapped = new byte[16];
    mapped[10] = mapped[11] = (byte) 0xff;
    mapped[12] = (byte) 192;
    mapped[15] = 1;

    assertThat(IpAddress.ofBytes(mapped)).isEqualTo(IpAddress.parse("192.0.0.1"));
    assertThat(IpAddress.ofBytes(mapped).toBytes()).hasSize(4);
    assertThat(IpAddress.ofBytes(mapped, 12, 4)).isEqualTo(IpAddress.parse("192.0.0.1"));
  }

  @Test
  void refusesOtherNumbersOfOctets() {
    for (int length : new int[] {0, 1, 3, 5, 8, 15, 17}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> IpAddress.ofBytes(new byte[length]))
          .withMessage("address length: " + length + " (expected: 4 or 16)");
    }
  }

  @Test
  void dropsTheZoneOfAJdkAddress() throws UnknownHostException {
    byte[] octets = IpAddress.parse("fe80::1").toBytes();
    InetAddress zoned = java.net.Inet6Address.getByAddress(null, octets, 7);

    assertThat(IpAddress.of(zoned)).hasToString("fe80::1");
  }

  @Test
  void writesIntoABufferAndSaysWhereItEnds() {
    byte[] dst = "--------------------".getBytes(US_ASCII);
    int end = IpAddress.parse("2001:db8::1").writeTo(dst, 2);

    assertThat(end).isEqualTo(13);
    assertThat(new String(dst, US_ASCII)).isEqualTo("--2001:db8::1-------");
    assertThat(IpAddress.ofIpv6(-1, -1).writeTo(new byte[39], 0))
        .isEqualTo(IpAddress.MAX_TEXT_LENGTH);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.255, 32, 192.0.2.255",
    "192.0.2.255, 25, 192.0.2.128",
    "192.0.2.255, 24, 192.0.2.0",
    "192.0.2.255, 0, 0.0.0.0",
    "2001:db8:1:2:3:4:5:6, 128, 2001:db8:1:2:3:4:5:6",
    "2001:db8:1:2:3:4:5:6, 96, 2001:db8:1:2:3:4::",
    "2001:db8:1:2:3:4:5:6, 65, 2001:db8:1:2::",
    "2001:db8:1:2:3:4:5:6, 64, 2001:db8:1:2::",
    "2001:db8:1:2:3:4:5:6, 63, 2001:db8:1:2::",
    "2001:db8:1:3:3:4:5:6, 63, 2001:db8:1:2::",
    "2001:db8:1:2:3:4:5:6, 1, ::",
    "8001:db8:1:2:3:4:5:6, 1, 8000::",
    "2001:db8:1:2:3:4:5:6, 0, ::",
  })
  void masksToAPrefix(String address, int bits, String network) {
    assertThat(IpAddress.parse(address).prefix(bits)).hasToString(network);
  }

  @ParameterizedTest
  @CsvSource({"192.0.2.1, 33, 32", "192.0.2.1, -1, 32", "::1, 129, 128", "::1, -1, 128"})
  void refusesPrefixLengthsBeyondTheFamily(String address, int bits, int width) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IpAddress.parse(address).prefix(bits))
        .withMessage("prefix length: " + bits + " (expected: 0 to " + width + ")");
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, true, false",
    "127.255.255.255, true, false",
    "126.255.255.255, false, false",
    "128.0.0.0, false, false",
    "::1, true, false",
    "::2, false, false",
    "::, false, false",
    "0.0.0.1, false, false",
    "::ffff:127.0.0.1, true, false",
    "10.0.0.0, false, true",
    "11.0.0.0, false, false",
    "172.15.255.255, false, false",
    "172.16.0.0, false, true",
    "172.31.255.255, false, true",
    "172.32.0.0, false, false",
    "192.168.0.0, false, true",
    "192.169.0.0, false, false",
    "fbff::, false, false",
    "fc00::, false, true",
    "fdff::1, false, true",
    "fe00::, false, false",
  })
  void knowsLoopbackAndPrivateNetworks(String text, boolean loopback, boolean isPrivate) {
    IpAddress address = IpAddress.parse(text);
    assertThat(address.isLoopback()).isEqualTo(loopback);
    assertThat(address.isPrivate()).isEqualTo(isPrivate);
  }

  @Test
  void ordersByNumberIpv4First() {
    List<IpAddress> ordered =
        List.of(
                "0.0.0.0",
                "1.2.3.4",
                "127.255.255.255",
                "200.0.0.0",
                "::",
                "::1",
                "::fffe:0:0",
                "::1:0:0:0",
                "7fff::",
                "8000::",
                "8000::7000:0:0:0",
                "8000::8000:0:0:0")
            .stream()
            .map(IpAddress::parse)
            .toList();
    for (int i = 0; i < ordered.size(); i++) {
      for (int j = 0; j < ordered.size(); j++) {
        assertThat(Integer.signum(ordered.get(i).compareTo(ordered.get(j))))
            .isEqualTo(Integer.compare(i, j));
      }
    }
  }

  @Test
  void hashesNeighboursApartAndDifferentlyPerSeed() {
    Set<Integer> buckets = new HashSet<>();
    for (int i = 0; i < 4096; i++) {
      buckets.add(IpAddress.ofIpv4(0xc0000000 + i).hashCode() & 0xfff);
      buckets.add(IpAddress.ofIpv6(0x2001_0db8_0000_0000L + i, 0).hashCode() & 0xfff);
    }
    // 8192 balls thrown at random into 4096 bins leave about e^-2 of them empty.
    assertThat(buckets).hasSizeBetween(3450, 3630);
    IpAddress address = IpAddress.parse("192.0.2.1");
    assertThat(address.hash(1)).isNotEqualTo(address.hash(2));
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.255, 32",
    "192.0.2.255, 24",
    "192.0.2.255, 0",
    "2001:db8:1:2:3:4:5:6, 128",
    "2001:db8:1:2:3:4:5:6, 64",
    "2001:db8:1:2:3:4:5:6, 48",
    "2001:db8:1:2:3:4:5:6, 0",
  })
  void hashesAPrefixWithoutMakingIt(String text, int bits) {
    IpAddress address = IpAddress.parse(text);
    assertThat(address.prefixHash(bits, 99)).isEqualTo(address.prefix(bits).hash(99));
    assertThatIllegalArgumentException().isThrownBy(() -> address.prefixHash(129, 99));
  }
}
