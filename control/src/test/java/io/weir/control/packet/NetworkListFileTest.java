package io.weir.control.packet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.net.IpPrefix;
import org.junit.jupiter.api.Test;

class NetworkListFileTest {
  @Test
  void readsNetworksAddressesAndComments() {
    String text = "# ours\n192.0.2.0/24 ; SBL1\r\n\n  2001:db8::/32#x\n198.51.100.7\n2001:db8::1";
    assertThat(NetworkListFile.parse(text.getBytes(ISO_8859_1)))
        .extracting(IpPrefix::toString)
        .containsExactly("192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32", "2001:db8::1/128");
    assertThat(NetworkListFile.parse(new byte[0])).isEmpty();
  }

  @Test
  void saysWhichLineIsNoNetwork() {
    assertThatThrownBy(
            () -> NetworkListFile.parse("192.0.2.1\n\n192.0.2.1/24".getBytes(ISO_8859_1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("line 3: 192.0.2.1/24 (expected: a network such as");
    String binary = "\0\u001b[31m" + "x".repeat(1000);
    assertThatThrownBy(() -> NetworkListFile.parse(binary.getBytes(ISO_8859_1)))
        .hasMessageStartingWith("line 1: ??[31mxxx")
        .message()
        .hasSizeLessThan(200);
  }
}
