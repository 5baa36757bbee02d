package io.weir.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HstsTest {
  @Test
  void writesTheFieldsValue() {
    assertThat(Hsts.defaults().value()).isEqualTo("max-age=31536000; includeSubDomains; preload");
    assertThat(new Hsts(Duration.ZERO, false, false).value()).isEqualTo("max-age=0");
  }

  @Test
  void refusesWhatBrowsersIgnore() {
    assertThatThrownBy(() -> new Hsts(Duration.ofSeconds(-1), false, false))
        .hasMessageContaining("hsts.max_age: -1");
    assertThatThrownBy(() -> new Hsts(Duration.ofDays(365), false, true))
        .hasMessageContaining("hsts.preload: true (expected: ");
    assertThatThrownBy(() -> new Hsts(Duration.ofDays(364), true, true))
        .hasMessageContaining("hsts.preload: true (expected: ");
  }
}
