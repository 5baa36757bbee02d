package io.weir.proxy;

import io.netty.channel.EventLoop;
import io.weir.net.ForwardedChain;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http1.HeadWriter;
import io.weir.proxy.inspect.FindingCounters;
import io.weir.proxy.log.AccessLogEntry;
import io.weir.proxy.log.AccessLogRing;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.ConnectionPool;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What one event loop owns. Nobody else touches it. */
public final class Loop {
  /** Length of a request id in hexadecimal digits. */
  public static final int ID_LENGTH = 32;

  /** Exchanges kept for reuse; more exist while more requests are in progress. */
  private static final int SPARE_EXCHANGES = 1024;

  private static final byte[] HEX = Ascii.bytes("0123456789abcdef");

  public final int index;
  public final EventLoop executor;
  public final Proxy proxy;
  public final TimerWheel timers;
  public final ForwardedChain forwarded = new ForwardedChain();
  public final HeadWriter heads = new HeadWriter();
  public final RequestCounters counters = new RequestCounters();
  public final FindingCounters findings = new FindingCounters();
  public final AccessLogEntry logEntry = new AccessLogEntry();

  /** Room to put one field value together. */
  public final byte[] scratch = new byte[16 * 1024];

  private final ArrayDeque<Exchange> spare = new ArrayDeque<>();
  private final Map<Backend, ConnectionPool> connections = new IdentityHashMap<>();
  private final Set<ClientConnection> clients = Collections.newSetFromMap(new IdentityHashMap<>());
  private @Nullable AccessLogRing log;
  private long held;

  /** Whether a turn of the timers is due before the next tick, for those that are left. */
  private boolean timersLeft;

  private long now;
  private long random;
  private final long idHigh;
  private long idLow;
  private long dateSecond = -1;
  private byte[] date = new byte[0];

  Loop(int index, EventLoop executor, Proxy proxy) {
    this.index = index;
    this.executor = executor;
    this.proxy = proxy;
    timers = new TimerWheel(clock());
    SecureRandom seed = new SecureRandom();
    random = seed.nextLong() | 1;
    idHigh = seed.nextLong();
    idLow = seed.nextLong();
  }

  /** An exchange that begins now. */
  public Exchange exchange(ClientSide side, ClientConnection connection, long now) {
    Exchange exchange = spare.pollLast();
    if (exchange == null) {
      exchange = new Exchange(this);
    }
    exchange.begin(side, connection, now);
    return exchange;
  }

  /** A copy of a request that goes to this backend, begun and on its way. */
  Exchange mirror(ClientSide side, Exchange original, Backend backend) {
    Exchange copy = exchange(side, original.connection(), clock());
    copy.copyOf(original, backend);
    return copy;
  }

  void spare(Exchange exchange) {
    if (spare.size() < SPARE_EXCHANGES) {
      spare.addLast(exchange);
    }
  }

  /** This loop's connections to a backend. */
  public ConnectionPool connections(Backend backend) {
    ConnectionPool pool = connections.get(backend);
    if (pool == null) {
      pool = new ConnectionPool(this, backend);
      connections.put(backend, pool);
    }
    return pool;
  }

  /**
   * Counts octets that this loop holds back for inspection; a negative number gives some back.
   *
   * @return false, with nothing counted, where that would be too many
   */
  boolean reserve(long octets) {
    if (octets > 0 && held + octets > proxy.mostHeld()) {
      return false;
    }
    held += octets;
    return true;
  }

  /** Octets that are held back. */
  long held() {
    return held;
  }

  /** All connection pools of this loop. */
  public Collection<ConnectionPool> connections() {
    return connections.values();
  }

  void opened(ClientConnection connection) {
    clients.add(connection);
  }

  void closed(ClientConnection connection) {
    clients.remove(connection);
    if (connection.disclosed) {
      connections.values().forEach(pool -> pool.clientGone(connection));
    }
  }

  int clientConnections() {
    return clients.size();
  }

  /** Tells every connection that the proxy is about to end. */
  void tell(DrainEvent event) {
    for (ClientConnection connection : clients.toArray(ClientConnection[]::new)) {
      connection.channel.pipeline().fireUserEventTriggered(event);
    }
  }

  /** Looks at the clock: {@link System#nanoTime()}. */
  public long clock() {
    now = System.nanoTime();
    return now;
  }

  /** The clock as last looked at, at most a tick ago: near enough for what the timers watch. */
  public long recently() {
    return now;
  }

  /** Called each tick: deadlines, and connections that have been idle for too long. */
  void tick() {
    long tick = clock();
    if (!timersLeft) {
      expireTimers(tick);
    }
    connections.values().removeIf(pool -> pool.expire(tick));
  }

  private void expireTimers(long now) {
    timersLeft = timers.advance(now);
    if (timersLeft) {
      // Later, and not as a task, which would come before the sockets' turn.
      executor.schedule(() -> expireTimers(clock()), 1, TimeUnit.MILLISECONDS);
    }
  }

  /** Random bits, fast and not for secrets (Marsaglia's xorshift64). */
  public int nextRandom() {
    long x = random;
    x ^= x << 13;
    x ^= x >>> 7;
    x ^= x << 17;
    random = x;
    return (int) (x >>> 32);
  }

  /** Writes a request id: unique, and without a meaning for whoever sees it. */
  void nextRequestId(byte[] id) {
    idLow += 0x9E3779B97F4A7C15L;
    long mixed = idLow;
    mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
    hex(idHigh, id, 0);
    hex(mixed ^ mixed >>> 31, id, 16);
  }

  private static void hex(long bits, byte[] dst, int at) {
    for (int i = 0; i < 16; i++) {
      dst[at + i] = HEX[(int) (bits >>> (60 - 4 * i)) & 15];
    }
  }

  /** The value of a Date field for now (RFC 9110 §6.6.1); not to be changed. */
  public byte[] date() {
    long second = System.currentTimeMillis() / 1000;
    if (second != dateSecond) {
      dateSecond = second;
      date =
          DateTimeFormatter.RFC_1123_DATE_TIME
              .format(Instant.ofEpochSecond(second).atOffset(ZoneOffset.UTC))
              .getBytes(StandardCharsets.US_ASCII);
    }
    return date;
  }

  /** Where this loop's log entries go, or null. */
  public @Nullable AccessLogRing log() {
    return log;
  }

  void setLog(@Nullable AccessLogRing ring) {
    log = ring;
  }
}
