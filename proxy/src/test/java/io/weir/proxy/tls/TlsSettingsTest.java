package io.weir.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class TlsSettingsTest {
  private static final TlsSettings DEFAULTS = TlsSettings.defaults();

  private static TlsSettings suites(TlsVersion min, TlsVersion max, String... suites) {
    return new TlsSettings(
        min,
        max,
        List.of(suites),
        DEFAULTS.groups(),
        true,
        3600,
        List.of(),
        Duration.ofSeconds(1),
        1);
  }

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("(expected: ");
  }

  @Test
  void keepsSuitesByTheirIanaNames() {
    TlsSettings mixed =
        suites(
            TlsVersion.TLS_1_2,
            TlsVersion.TLS_1_2,
            "ECDHE-RSA-CHACHA20-POLY1305",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    assertThat(mixed.cipherSuites())
        .containsExactly(
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  }

  @Test
  void refusesSuitesWithoutForwardSecrecyOrAuthenticatedEncryption() {
    for (String suite : List.of("AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "nonsense", "")) {
      assertRefused(
          () -> suites(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2, suite), "cipher_suites: " + suite);
    }
  }

  @Test
  void refusesSuitesThatLeaveAVersionWithoutAny() {
    assertRefused(() -> suites(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2), "cipher_suites");
    assertRefused(
        () -> suites(TlsVersion.TLS_1_2, TlsVersion.TLS_1_3, "ECDHE-RSA-AES128-GCM-SHA256"),
        "cipher_suites");
    assertRefused(
        () -> suites(TlsVersion.TLS_1_3, TlsVersion.TLS_1_3, "TLS_AES_128_GCM_SHA256"),
        "while max_version is TLSv1.3");
  }

  @Test
  void refusesValuesOutOfRange() {
    assertRefused(
        () -> DEFAULTS.withVersions(TlsVersion.TLS_1_3, TlsVersion.TLS_1_2),
        "min_version: TLSv1.3");
    assertRefused(() -> DEFAULTS.withSessions(true, 1), "session_timeout: 1");
    assertRefused(() -> DEFAULTS.withSessions(true, 604_801), "session_timeout: 604801");
    assertRefused(() -> DEFAULTS.withHandshakeTimeout(Duration.ZERO), "handshake_timeout");
    assertRefused(() -> TicketKeys.shared(new byte[31]), "session_ticket_secret: 31 bytes");
  }

  @Test
  void rotatesTicketKeysByHalfTheTimeoutAndTwiceADayAtLeast() {
    assertThat(TicketKeys.epochSeconds(3600)).isEqualTo(1800);
    assertThat(TicketKeys.epochSeconds(2)).isEqualTo(1);
    assertThat(TicketKeys.epochSeconds(604_800)).isEqualTo(12 * 3600);
  }

  @Test
  void derivesTheSameTicketKeysFromTheSameSecret() {
    byte[] secret = new byte[32];
    byte[] key = TicketKeys.shared(secret).at("p", 7)[0].aesKey();
    assertThat(TicketKeys.shared(secret).at("p", 7)[0].aesKey()).isEqualTo(key);
    assertThat(TicketKeys.shared(secret).at("p", 8)[1].aesKey()).isEqualTo(key);
    assertThat(TicketKeys.shared(secret).at("p", 6)[2].aesKey()).isEqualTo(key);
    assertThat(TicketKeys.shared(secret).at("q", 7)[0].aesKey()).isNotEqualTo(key);
    assertThat(TicketKeys.random().at("p", 7)[0].aesKey()).isNotEqualTo(key);
  }
}
