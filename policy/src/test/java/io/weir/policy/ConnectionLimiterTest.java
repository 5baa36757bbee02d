package io.weir.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.net.IpAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ConnectionLimiterTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final IpAddress CLIENT = IpAddress.parse("192.0.2.1");

  private final ConnectionLimiter limiter = new ConnectionLimiter(42, 0);

  @Test
  void refusesMoreThanTheMostAtOnce() {
    assertThat(limiter.tryOpen(CLIENT, 2, 0, 0)).isTrue();
    assertThat(limiter.tryOpen(CLIENT, 2, 0, 0)).isTrue();
    assertThat(limiter.tryOpen(CLIENT, 2, 0, 0)).isFalse();
    assertThat(limiter.open(CLIENT)).isEqualTo(2);
    limiter.closed(CLIENT);
    assertThat(limiter.tryOpen(CLIENT, 2, 0, 0)).isTrue();
  }

  @Test
  void refusesTooManyNewOnesInASecond() {
    for (int i = 0; i < 20; i++) {
      assertThat(limiter.tryOpen(CLIENT, 0, 20, 0)).isTrue();
      limiter.closed(CLIENT);
    }
    assertThat(limiter.tryOpen(CLIENT, 0, 20, 0)).isFalse();
    assertThat(limiter.tryOpen(CLIENT, 0, 20, SECOND)).isTrue();
  }

  @Test
  void forgetsClientsWithoutConnections() {
    assertThat(limiter.tryOpen(CLIENT, 1, 0, 0)).isTrue();
    limiter.closed(CLIENT);
    assertThat(limiter.open(CLIENT)).isZero();
  }
}
