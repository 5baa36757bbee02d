package io.weir.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

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
}
