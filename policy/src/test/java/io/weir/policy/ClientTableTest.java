package io.weir.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.weir.net.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClientTableTest {

  private static final IpAddress CLIENT = IpAddress.parse("192.0.2.1");
  private static final long ORIGIN = Long.MAX_VALUE - 1000; // nanoTime may overflow; so may this

  /** Ten a microsecond, three at once. */
  private static final RateLimit LIMIT = new RateLimit(100, 3);

  private static ClientTable table(int clients) {
    return new ClientTable(clients, ClientTable.DEFAULT_IPV6_PREFIX, 42, ORIGIN);
  }

  private static long acquire(ClientTable table, IpAddress client, long now) {
    return table.tryAcquire(client, LIMIT, ORIGIN + now);
  }

  @Test
  void letsTheBurstPassThenTheRate() {
    ClientTable table = table(100);
    assertThat(acquire(table, CLIENT, 0)).isZero();
    assertThat(acquire(table, CLIENT, 0)).isZero();
    assertThat(acquire(table, CLIENT, 0)).isZero();
    assertThat(acquire(table, CLIENT, 0)).isEqualTo(100);
    assertThat(acquire(table, CLIENT, 60)).isEqualTo(40);
    assertThat(acquire(table, CLIENT, 99)).isEqualTo(1);
    assertThat(acquire(table, CLIENT, 100)).isZero();
    assertThat(acquire(table, CLIENT, 100)).isEqualTo(100);
  }

  @Test
  void fillsTheBucketNoFurtherThanTheBurst() {
    ClientTable table = table(100);
    acquire(table, CLIENT, 0);
    for (int i = 0; i < 3; i++) {
      assertThat(acquire(table, CLIENT, 1_000_000)).isZero();
    }
    assertThat(acquire(table, CLIENT, 1_000_000)).isEqualTo(100);
  }

  @Test
  void aRefusedRequestTakesNoToken() {
    ClientTable table = table(100);
    for (int i = 0; i < 50; i++) {
      acquire(table, CLIENT, 0);
    }
    assertThat(acquire(table, CLIENT, 100)).isZero();
  }

  @Test
  void countsAdmittedAndRefusedRequests() {
    ClientTable table = table(100);
    assertThat(table.requests(CLIENT)).isZero();
    for (int i = 0; i < 5; i++) {
      acquire(table, CLIENT, 0);
    }
    assertThat(table.requests(CLIENT)).isEqualTo(5);
    assertThat(table.requests(IpAddress.parse("192.0.2.2"))).isZero();
    assertThat(table.sharedRequests()).isZero();
  }

  @Test
  void aNewLimitAppliesToOldDebt() {
    ClientTable table = table(100);
    for (int i = 0; i < 3; i++) {
      acquire(table, CLIENT, 0);
    }
    assertThat(table.tryAcquire(CLIENT, new RateLimit(100, 1), ORIGIN)).isEqualTo(300);
    assertThat(table.tryAcquire(CLIENT, new RateLimit(100, 4), ORIGIN)).isZero();
  }

  @Test
  void tellsIpv4ClientsApartByAddressAndIpv6ByPrefix() {
    ClientTable table = table(1000);
    IpAddress first = IpAddress.parse("2001:db8:0:1::1");
    IpAddress sameNetwork = IpAddress.parse("2001:db8:0:1:ffff:ffff:ffff:ffff");
    IpAddress nextNetwork = IpAddress.parse("2001:db8:0:2::1");
    for (int i = 0; i < 3; i++) {
      acquire(table, first, 0);
      acquire(table, CLIENT, 0);
    }
    assertThat(acquire(table, sameNetwork, 0)).isPositive();
    assertThat(acquire(table, nextNetwork, 0)).isZero();
    assertThat(acquire(table, IpAddress.parse("::ffff:192.0.2.1"), 0)).isPositive();
    assertThat(acquire(table, IpAddress.parse("192.0.2.2"), 0)).isZero();
  }

  @Test
  void theIpv6PrefixCanBeChosen() {
    ClientTable table = new ClientTable(1000, 128, 42, ORIGIN);
    for (int i = 0; i < 3; i++) {
      acquire(table, IpAddress.parse("2001:db8::1"), 0);
    }
    assertThat(acquire(table, IpAddress.parse("2001:db8::1"), 0)).isPositive();
    assertThat(acquire(table, IpAddress.parse("2001:db8::2"), 0)).isZero();
  }

  @Test
  void aFloodOfNewClientsWashesAwayNoDebt() {
    ClientTable table = table(70);
    List<IpAddress> debtors =
        IntStream.range(0, 20).mapToObj(i -> IpAddress.ofIpv4(0xcb007100 + i)).toList();
    for (IpAddress debtor : debtors) {
      for (int i = 0; i < 3; i++) {
        acquire(table, debtor, 0);
      }
    }
    for (int i = 0; i < 100_000; i++) {
      acquire(table, IpAddress.ofIpv6(0x20010db8_00000000L + i, 0), i % 100);
    }
    for (IpAddress debtor : debtors) {
      assertThat(acquire(table, debtor, 99)).isEqualTo(1);
    }
    assertThat(table.sharedRequests()).isPositive();
  }

  @Test
  void whoHasNoDebtMakesRoom() {
    ClientTable table = table(7); // one row
    for (int i = 0; i < 1000; i++) {
      acquire(
          table, IpAddress.ofIpv4(i), i * 15L); // one is in debt for 100, so at most 7 at a time
    }
    assertThat(table.sharedRequests()).isZero();
  }

  @Test
  void newcomersToAFullRowShareOneBucket() {
    ClientTable table = table(7);
    for (int i = 0; i < 7; i++) {
      assertThat(acquire(table, IpAddress.ofIpv4(i), 0)).isZero();
    }
    assertThat(acquire(table, IpAddress.ofIpv4(100), 0)).isZero();
    assertThat(acquire(table, IpAddress.ofIpv4(101), 0)).isZero();
    assertThat(acquire(table, IpAddress.ofIpv4(102), 0)).isZero();
    assertThat(acquire(table, IpAddress.ofIpv4(103), 0)).isEqualTo(100);
    assertThat(acquire(table, IpAddress.ofIpv4(3), 0)).isZero(); // who has a cell is not affected
    assertThat(table.sharedRequests()).isEqualTo(4);

    assertThat(acquire(table, IpAddress.ofIpv4(103), 101)).isZero(); // cells are free again
    assertThat(table.sharedRequests()).isEqualTo(4);
  }

  @Test
  void fewNewcomersShareWhileThreeQuartersOfTheTableAreWithoutDebt() {
    ClientTable table = table(70_000);
    for (int i = 0; i < 17_500; i++) {
      acquire(table, IpAddress.ofIpv4(i), 0);
    }
    long before = table.sharedRequests();
    for (int i = 0; i < 1000; i++) {
      acquire(table, IpAddress.ofIpv6(i + 1L, 0), 0);
    }
    assertThat(table.sharedRequests() - before).isLessThan(10);
  }

  @Test
  void agreesWithABucketForEveryoneWhileThereIsRoom() {
    Random random = new Random(20260104);
    ClientTable table = table(5000);
    Map<IpAddress, Long> debts = new HashMap<>(); // the time at which each has paid for everything
    long now = 0;
    for (int i = 0; i < 200_000; i++) {
      now += random.nextInt(20);
      IpAddress client = IpAddress.ofIpv4(random.nextInt(1 + random.nextInt(3000)));
      long paid = Math.max(debts.getOrDefault(client, 0L), now) + LIMIT.intervalNanos();
      long wait = Math.max(paid - now - LIMIT.intervalNanos() * LIMIT.burst(), 0);
      if (wait == 0) {
        debts.put(client, paid);
      }
      assertThat(acquire(table, client, now)).isEqualTo(wait);
    }
    assertThat(table.sharedRequests()).isZero();
  }

  @Test
  void aNewcomerThatAnotherLoopHasSettledKeepsItsCell() {
    ClientTable table = table(100);
    for (int i = 0; i < 3; i++) {
      acquire(table, CLIENT, 0);
    }
    assertThat(table.chargeNewcomer(CLIENT.hash(42), LIMIT, 1)).isEqualTo(100);
    assertThat(table.requests(CLIENT)).isEqualTo(4);
  }

  @Test
  void holdsTheLimitAcrossThreads() throws Exception {
    RateLimit limit = new RateLimit(1000, 500);
    for (int round = 0; round < 20; round++) {
      ClientTable table = table(700);
      AtomicLong admitted = new AtomicLong();
      inThreads(
          4,
          thread -> {
            for (int i = 0; i < 10_000; i++) {
              IpAddress client = IpAddress.ofIpv4(i % 10);
              if (table.tryAcquire(client, limit, ORIGIN) == 0) {
                admitted.incrementAndGet();
              }
            }
          });
      assertThat(admitted).hasValue(10 * 500);
      long counted =
          IntStream.range(0, 10).mapToLong(i -> table.requests(IpAddress.ofIpv4(i))).sum();
      assertThat(counted).isEqualTo(40_000);
    }
  }

  /**
   * In a single row, two threads bring in the same newcomer at once, again and again, while each
   * also brings strangers that take every cell without debt. However that is interleaved, the
   * newcomer gets its burst, no more and no less: neither two cells nor a cell that it loses.
   */
  @Test
  @SuppressWarnings("ThreadPriorityCheck") // yield only saves time where there is one processor
  void givesANewcomerOneCellWhileCellsChangeHands() throws Exception {
    ClientTable table = table(7);
    int episodes = 10_000;
    AtomicIntegerArray admitted = new AtomicIntegerArray(episodes);
    AtomicInteger arrived = new AtomicInteger();
    RateLimit strangersLimit = new RateLimit(1, 1);
    RateLimit newcomersLimit = new RateLimit(1000, 3);
    inThreads(
        2,
        thread -> {
          for (int episode = 0; episode < episodes; episode++) {
            long start = ORIGIN + 4000L * episode;
            IpAddress newcomer = IpAddress.ofIpv4(episode);
            arrived.incrementAndGet();
            // Spins, because a barrier that wakes threads would wake them apart.
            for (int spins = 0; arrived.get() < 2 * (episode + 1); spins++) {
              if (spins > 10_000) {
                Thread.yield();
              }
            }
            for (int i = 0; i < 4; i++) {
              if (table.tryAcquire(newcomer, newcomersLimit, start + 100) == 0) {
                admitted.incrementAndGet(episode);
              }
              IpAddress stranger = IpAddress.ofIpv6((long) thread << 32 | (4 * episode + i), 0);
              table.tryAcquire(stranger, strangersLimit, start + i);
            }
          }
        });
    assertThat(IntStream.range(0, episodes).map(admitted::get)).allMatch(count -> count == 3);
  }

  private interface Work {
    void run(int thread) throws Exception;
  }

  private static void inThreads(int threads, Work work)
      throws InterruptedException, ExecutionException {
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int thread = i;
        running.add(
            executor.submit(() -> {
              work.run(thread);
              return null;
            }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
  }

  @Test
  void refusesSizesOutOfRange() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> table(0))
        .withMessage("clients: 0 (expected: 1 to 100000000)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> table(100_000_001))
        .withMessage("clients: 100000001 (expected: 1 to 100000000)");
    for (int bits : new int[] {0, 129}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new ClientTable(10, bits, 0, 0))
          .withMessage("IPv6 prefix: " + bits + " (expected: 1 to 128)");
    }
  }
}
