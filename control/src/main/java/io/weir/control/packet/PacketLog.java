package io.weir.control.packet;

import io.weir.net.IpPrefix;
import io.weir.packet.Counters;
import io.weir.packet.PacketPlane;
import io.weir.packet.Reason;
import io.weir.packet.Reason.Verdict;
import io.weir.packet.Sample;
import io.weir.packet.TopSources;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the operational log says of refused packets: once a minute how many for which reason and
 * from where, a few sampled ones, a few bans, and when an attack begins and ends. However hard the
 * flood, it is two dozen lines a minute.
 */
final class PacketLog implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PacketLog.class.getName());
  private static final long SECOND_MILLIS = 1000;
  private static final int PERIOD_SECONDS = 60;
  private static final int SAMPLES_SHOWN = 10;
  private static final int SOURCES_KEPT = 1024;
  private static final int SOURCES_SHOWN = 5;

  private final PacketGuard guard;
  private @Nullable Thread thread;
  private TopSources current = new TopSources(SOURCES_KEPT);
  private List<TopSources.Source> last = List.of();
  private long @Nullable [] before;
  private long samples;
  private long bans;
  private boolean attack;

  PacketLog(PacketGuard guard) {
    this.guard = guard;
  }

  synchronized void start() {
    before = null;
    thread = Thread.ofPlatform().daemon().name("weir-packet-log").start(this::run);
  }

  private void run() {
    try {
      for (int second = 1; ; second++) {
        Thread.sleep(SECOND_MILLIS);
        boolean end = second % PERIOD_SECONDS == 0;
        guard.tendBans();
        guard.look(plane -> look(plane, end));
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void look(PacketPlane plane, boolean endOfPeriod) {
    try {
      plane.drainSamples(this::sampled);
      if (plane.isUnderAttack() != attack) {
        attack = !attack;
        LOG.log(
            Level.WARNING,
            attack ? "SYN flood: answered with cookies from here on" : "SYN flood: over");
      }
      if (endOfPeriod || before == null) {
        summarise(plane.counters());
      }
    } catch (RuntimeException failed) {
      LOG.log(Level.WARNING, "packet plane: cannot be looked at: {0}", failed.getMessage());
    }
  }

  private void sampled(Sample sample) {
    current.accept(sample);
    if (samples++ < SAMPLES_SHOWN) {
      LOG.log(Level.INFO, "sample: {0}", text(sample));
    }
  }

  /** A client is banned from here on. */
  synchronized void banned(IpPrefix client) {
    if (bans++ < SAMPLES_SHOWN) {
      LOG.log(Level.INFO, "banned as long as it is blocked: {0}", client);
    }
  }

  /** Such as {@code list.blocked 192.0.2.7 port 40000 to 198.51.100.1 port 80, protocol 6}. */
  static String text(Sample sample) {
    return "%s %s to %s, protocol %d, %d octets"
        .formatted(
            sample.reason().dotted(),
            end(sample.source().toString(), sample.sourcePort()),
            end(sample.destination().toString(), sample.destinationPort()),
            sample.protocol(),
            sample.octets());
  }

  private static String end(String address, int port) {
    return port == 0 ? address : address + " port " + port;
  }

  private void summarise(Counters counters) {
    long[] now = Arrays.stream(Reason.values()).mapToLong(counters::packets).toArray();
    long[] then = before == null ? now : before;
    before = now;
    List<Reason> refused =
        Arrays.stream(Reason.values())
            .filter(reason -> reason.verdict() == Verdict.DROP)
            .filter(reason -> now[reason.ordinal()] > then[reason.ordinal()])
            .sorted(Comparator.comparingLong((Reason r) -> then[r.ordinal()] - now[r.ordinal()]))
            .toList();
    last = current.top(SOURCES_SHOWN);
    current = new TopSources(SOURCES_KEPT);
    samples = 0;
    bans = 0;
    if (!refused.isEmpty()) {
      LOG.log(
          Level.INFO,
          "refused in {0} s: {1}{2}",
          PERIOD_SECONDS,
          refused.stream()
              .map(r -> r.dotted() + " " + (now[r.ordinal()] - then[r.ordinal()]))
              .collect(Collectors.joining(", ")),
          last.isEmpty() ? "" : "; of the sampled ones most from " + text(last));
    }
  }

  private static String text(List<TopSources.Source> sources) {
    return sources.stream()
        .map(source -> source.network() + " (" + source.samples() + ")")
        .collect(Collectors.joining(", "));
  }

  /**
   * The networks with most samples lately: of this minute, or of the last if there are none yet.
   */
  synchronized List<TopSources.Source> sources() {
    List<TopSources.Source> now = current.top(SOURCES_SHOWN);
    return now.isEmpty() ? last : now;
  }

  @Override
  public synchronized void close() {
    if (thread != null) {
      thread.interrupt();
      thread = null;
    }
  }
}
