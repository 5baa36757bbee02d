package io.weir.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientIdentityTest {

  @Test
  void provenanceHasStableNames() {
    assertThat(Stream.of(Provenance.values()).map(Provenance::text))
        .containsExactly("direct", "proxy-protocol", "forwarded-header", "transparent", "gateway");
  }

  @Test
  void refusesPortsOutOfRange() {
    IpAddress address = IpAddress.parse("192.0.2.1");
    assertThat(new ClientIdentity(address, 0, Provenance.GATEWAY).port()).isZero();
    assertThat(new ClientIdentity(address, 65535, Provenance.SOCKET).port()).isEqualTo(65535);
    for (int port : new int[] {-1, 65536}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new ClientIdentity(address, port, Provenance.SOCKET))
          .withMessage("port: " + port + " (expected: 0 to 65535)");
    }
  }

  @Test
  void knowsAnIpv4ClientBehindATranslator() {
    assertThat(identity("64:ff9b::203.0.113.7")).isEqualTo(identity("203.0.113.7"));
    assertThat(identity("::ffff:203.0.113.7")).isEqualTo(identity("203.0.113.7"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.1",
        "10.0.0.1",
        "127.0.0.1",
        "100.64.0.1",
        "169.254.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "224.0.0.1",
        "255.255.255.255"
      })
  void letsNobodyBecomeAnAddressOfOnesOwnByTranslation(String address) {
    IpAddress spelled = IpAddress.parse("64:ff9b::" + address);
    assertThat(new ClientIdentity(spelled, 1, Provenance.SOCKET).address()).isSameAs(spelled);
  }

  @ParameterizedTest
  @ValueSource(strings = {"100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "223.0.0.1"})
  void translatesWhatIsBesideTheNetworksOfOnesOwn(String address) {
    assertThat(identity("64:ff9b::" + address)).isEqualTo(identity(address));
    assertThat(identity("64:ff9b:1::" + address)).isNotEqualTo(identity(address));
  }

  private static ClientIdentity identity(String address) {
    return new ClientIdentity(IpAddress.parse(address), 1, Provenance.SOCKET);
  }
}
