package io.weir.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.proxy.upstream.PoolSettings.Balancing;
import io.weir.proxy.upstream.StickyCookie.SameSite;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SelectAllocationTest {
  private static final int REQUESTS = 20_000;

  /** Octets allocated by this thread; by reflection, as the module does not read jdk.management. */
  private static long allocated() throws ReflectiveOperationException {
    Object bean =
        Class.forName("java.lang.management.ManagementFactory")
            .getMethod("getThreadMXBean")
            .invoke(null);
    return (long)
        Class.forName("com.sun.management.ThreadMXBean")
            .getMethod("getCurrentThreadAllocatedBytes")
            .invoke(bean);
  }

  @ParameterizedTest
  @EnumSource
  void allocatesNothingForARequest(Algorithm algorithm) throws Exception {
    StickyCookie cookie =
        new StickyCookie(
            "W",
            new SecretKeySpec("k".getBytes(StandardCharsets.US_ASCII), "x"),
            "/",
            0,
            SameSite.LAX);
    PoolFixture pools = new PoolFixture(algorithm);
    pools.with(
        new Balancing(
            algorithm,
            HashSource.cookie("user"),
            cookie,
            TimeUnit.HOURS.toNanos(1),
            0,
            0,
            true,
            ""));
    pools.add("a", 1).add("b", 2).add("c", 3).reload().down("a").up("a");
    pools.request(PoolFixture.head("", "cookie", "W=0123456789abcdef; user=42"));
    pools.tried.add(pools.backend("c"));
    requests(pools);
    long before = allocated();
    requests(pools);
    // Less than an octet each: what is left is the test's own and the run-time's.
    assertThat(allocated() - before).isLessThan(REQUESTS);
  }

  private static void requests(PoolFixture pools) {
    for (int i = 0; i < REQUESTS; i++) {
      Backend backend = pools.selectOne();
      backend.began(0);
      backend.answered(0, i, pools.now + i);
      backend.ended(0, Outcome.SUCCESS, pools.now + i);
    }
  }
}
