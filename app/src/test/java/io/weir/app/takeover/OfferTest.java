package io.weir.app.takeover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OfferTest {
  @Test
  void readsWhatItWrote() {
    Offer offer =
        new Offer(
            List.of(
                new Offer.Sockets(new InetSocketAddress("0.0.0.0", 80), 2),
                new Offer.Sockets(new InetSocketAddress("2001:db8::1", 443), 1),
                new Offer.Sockets(new InetSocketAddress("::", 0), 1024)),
            List.of(
                new Offer.Part("link eth0 NATIVE", true),
                new Offer.Part("setting net.ipv4.tcp_syncookies 1 2", false)));
    assertThat(Offer.parse(offer.text())).isEqualTo(offer);
    assertThat(offer.descriptors()).isEqualTo(1028);
  }

  @Test
  void canBeEmpty() {
    assertThat(Offer.parse(new Offer(List.of(), List.of()).text()).descriptors()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n\n",
        "weir-takeover 1\n",
        "weir-takeover 2\n\n",
        "weir-takeover 1\n192.0.2.1:80\n\n",
        "weir-takeover 1\n192.0.2.1:80 0\n\n",
        "weir-takeover 1\n192.0.2.1:80 1025\n\n",
        "weir-takeover 1\n192.0.2.1:80 -1\n\n",
        "weir-takeover 1\n192.0.2.1:80 1 1\n\n",
        "weir-takeover 1\n192.0.2.1:65536 1\n\n",
        "weir-takeover 1\nexample.com:80 1\n\n",
        "weir-takeover 1\npacket-plane 2 link eth0 NATIVE\n\n",
        "weir-takeover 1\npacket-plane 1\n\n",
        "weir-takeover 1\n\n192.0.2.1:80 1\n\n",
      })
  void refusesAnythingElse(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Offer.parse(text));
  }
}
