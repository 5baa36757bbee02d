package io.weir.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpPrefixTest {

  @ParameterizedTest
  @CsvSource({
    "192.0.2.0/24, 192.0.2.0/24, 192.0.2.255",
    "0.0.0.0/0, 0.0.0.0/0, 255.255.255.255",
    "192.0.2.1, 192.0.2.1/32, 192.0.2.1",
    "2001:DB8::/32, 2001:db8::/32, 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8::/65, 2001:db8::/65, 2001:db8::7fff:ffff:ffff:ffff",
    "::/0, ::/0, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "::1, ::1/128, ::1",
    "::ffff:192.0.2.0/120, 192.0.2.0/24, 192.0.2.255",
    "::ffff:0:0/96, 0.0.0.0/0, 255.255.255.255",
    "::ffff:192.0.2.1, 192.0.2.1/32, 192.0.2.1",
  })
  void readsCidrNotation(String text, String canonical, String last) {
    IpPrefix prefix = IpPrefix.parse(text);
    assertThat(prefix).hasToString(canonical).isEqualTo(IpPrefix.parse(canonical));
    assertThat(prefix.last()).hasToString(last);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1/24, 192.0.2.1/24 (expected: 192.0.2.0/24)",
    "10.1.0.0/8, 10.1.0.0/8 (expected: 10.0.0.0/8)",
    "2001:db8::1/64, 2001:db8::1/64 (expected: 2001:db8::/64)",
    "192.0.2.0/33, 192.0.2.0/33 (expected: a prefix length of 0 to 32)",
    "2001:db8::/129, 2001:db8::/129 (expected: a prefix length of 0 to 128)",
    "::ffff:192.0.2.0/24, ::ffff:192.0.2.0/24 (expected: a prefix length of 96 to 128)",
  })
  void namesWhatWouldBeRight(String text, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IpPrefix.parse(text))
        .withMessage(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/24",
        "192.0.2.0/",
        "192.0.2.0/ 24",
        "192.0.2.0/024",
        "192.0.2.0/+24",
        "192.0.2.0/-1",
        "192.0.2.0/24/24",
        "192.0.2/24",
        "192.0.2.0/255.255.255.0",
        "::/00",
        "192.0.2.0/99999999999",
        "example.com/24",
        "fe80::%eth0/64",
        "192.0.2.0/\u0662"
      })
  void refusesWhatIsNotANetwork(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IpPrefix.parse(text))
        .withMessageStartingWith(text + " (expected: ");
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.0/24, 192.0.2.0, true",
    "192.0.2.0/24, 192.0.2.255, true",
    "192.0.2.0/24, ::ffff:192.0.2.7, true",
    "192.0.2.0/24, 192.0.3.0, false",
    "192.0.2.0/24, 192.0.1.255, false",
    "192.0.2.1/32, 192.0.2.1, true",
    "192.0.2.1/32, 192.0.2.0, false",
    "0.0.0.0/0, 203.0.113.1, true",
    "0.0.0.0/0, ::1, false",
    "::/0, 203.0.113.1, false",
    "::/0, 2001:db8::1, true",
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/32, 2001:db9::, false",
    "2001:db8::/127, 2001:db8::1, true",
    "2001:db8::/127, 2001:db8::2, false",
  })
  void containsItsAddressesOnly(String prefix, String address, boolean expected) {
    assertThat(IpPrefix.parse(prefix).contains(IpAddress.parse(address))).isEqualTo(expected);
  }

  @Test
  void ordersByAddressThenWidestFirst() {
    assertThat(IpPrefix.parse("10.0.0.0/8")).isLessThan(IpPrefix.parse("10.0.0.0/9"));
    assertThat(IpPrefix.parse("10.0.0.0/9")).isLessThan(IpPrefix.parse("10.0.0.1/32"));
    assertThat(IpPrefix.parse("255.0.0.0/8")).isLessThan(IpPrefix.parse("::/0"));
  }
}
