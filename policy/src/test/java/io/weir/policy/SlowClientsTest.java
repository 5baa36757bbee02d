package io.weir.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.net.IpAddress;
import io.weir.policy.SlowClients.Sign;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SlowClientsTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final IpAddress CLIENT = IpAddress.parse("192.0.2.1");
  private static final IpAddress OTHER = IpAddress.parse("2001:db8::1");

  private final SlowClients clients = new SlowClients(42, 0);

  private boolean add(Sign sign, long now) {
    return clients.add(CLIENT, sign, 9, 60 * SECOND, now);
  }

  @Test
  void blocksWhoShowsTooManySignsAtOnce() {
    assertThat(add(Sign.HEAD_LATE, 0)).isFalse();
    assertThat(add(Sign.BODY_STALLED, 0)).isFalse();
    assertThat(add(Sign.READ_STALLED, 0)).isFalse();
    assertThat(clients.isBlocked(CLIENT, 0)).isFalse();
    assertThat(add(Sign.DRIBBLE, 0)).isTrue();
    assertThat(clients.isBlocked(CLIENT, 0)).isTrue();
    assertThat(clients.isBlocked(OTHER, 0)).isFalse();
  }

  @Test
  void forgetsAPointEachSecond() {
    for (long now = 0; now < 100 * SECOND; now += 3 * SECOND) {
      assertThat(add(Sign.HEAD_LATE, now)).isFalse();
    }
  }

  @Test
  void blocksForSoLongAndNoLonger() {
    assertThat(add(Sign.FLOOD, 0)).isTrue();
    assertThat(clients.isBlocked(CLIENT, 60 * SECOND - 1)).isTrue();
    assertThat(clients.isBlocked(CLIENT, 60 * SECOND)).isFalse();
    assertThat(clients.blocked()).isZero();
  }
}
