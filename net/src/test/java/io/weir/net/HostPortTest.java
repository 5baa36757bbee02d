package io.weir.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1:80, 192.0.2.1, 80, 192.0.2.1:80",
    "[2001:DB8::1]:443, 2001:db8::1, 443, [2001:db8::1]:443",
    "[::ffff:192.0.2.1]:443, 192.0.2.1, 443, 192.0.2.1:443",
    "App.example.com:8080, app.example.com, 8080, app.example.com:8080",
    "my_service:0, my_service, 0, my_service:0",
    "a:65535, a, 65535, a:65535",
  })
  void readsHostAndPort(String text, String host, int port, String canonical) {
    HostPort parsed = HostPort.parse(text);
    assertThat(parsed).isEqualTo(new HostPort(host, port)).hasToString(canonical);
    assertThat(HostPort.parse(canonical)).isEqualTo(parsed);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, 192.0.2.1:80",
    "[::1], [::1]:80",
    "example.com, example.com:80",
    "example.com:81, example.com:81"
  })
  void addsTheDefaultPort(String text, String expected) {
    assertThat(HostPort.parse(text, 80)).hasToString(expected);
  }

  @Test
  void tellsAddressesFromNames() {
    assertThat(HostPort.parse("[2001:db8::1]:1").address()).hasToString("2001:db8::1");
    assertThat(HostPort.parse("example.com:1").address()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        ":80",
        "example.com",
        "example.com:",
        "example.com:65536",
        "example.com:000080",
        "example.com:-1",
        "example.com:+1",
        "example.com:8o",
        "example.com:80:80",
        "::1:80",
        "2001:db8::1",
        "[::1]",
        "[::1",
        "[::1]80",
        "[::1]:",
        "[192.0.2.1]:80",
        "[example.com]:80",
        "[]:80",
        "[fe80::1%eth0]:80",
        "127.1:80",
        "192.0.2.256:80",
        "0x7f000001:80",
        "1.2.3.0x4:80",
        "-a:80",
        "a-:80",
        "a..b:80",
        ".a:80",
        "a.:80",
        "a b:80",
        "a/b:80",
        "user@a:80",
        "\u212a:80",
        "a\u0000:80",
        "example.com:\u0668"
      })
  void refusesAnythingElse(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostPort.parse(text))
        .withMessageContaining("(expected: ");
  }

  @Test
  void refusesOverlongNamesAndLabels() {
    String label = "a".repeat(63);
    assertThat(new HostPort(label + "." + label, 1).host()).hasSize(127);
    assertThatIllegalArgumentException().isThrownBy(() -> new HostPort(label + "a", 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HostPort((label + ".").repeat(3) + "a".repeat(62), 1));
  }
}
