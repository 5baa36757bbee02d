package io.weir.control;

import io.weir.config.AccessLog;
import io.weir.config.ClientLimits;
import io.weir.config.Config;
import io.weir.config.ConfigReader;
import io.weir.config.ConfigResult;
import io.weir.config.ForwardedHeaders;
import io.weir.config.Limits;
import io.weir.config.ListenAddress;
import io.weir.config.Listener;
import io.weir.config.SecurityHeaders;
import io.weir.config.SlowlorisProtection;
import io.weir.config.Tls;
import io.weir.control.Live.LiveClients;
import io.weir.control.Live.LivePool;
import io.weir.control.Live.LiveTls;
import io.weir.control.packet.PacketSnapshot;
import io.weir.net.IpPrefix;
import io.weir.net.IpPrefixSet;
import io.weir.policy.ClientTable;
import io.weir.policy.RateLimit;
import io.weir.proxy.ForwardedMode;
import io.weir.proxy.ListenerSettings;
import io.weir.proxy.ListenerSettings.ClientLimit;
import io.weir.proxy.ListenerSettings.ClientTimeouts;
import io.weir.proxy.ListenerSettings.ConnectionLimits;
import io.weir.proxy.ProxySnapshot;
import io.weir.proxy.SecurityFields;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http.Tolerance;
import io.weir.proxy.http.Tolerances;
import io.weir.proxy.identity.Trust;
import io.weir.proxy.identity.Trust.ForwardedTrust;
import io.weir.proxy.identity.Trust.ProxyProtocolMode;
import io.weir.proxy.identity.Trust.ProxyProtocolRule;
import io.weir.proxy.log.AccessLogSettings;
import io.weir.proxy.route.RouteTable;
import io.weir.proxy.upstream.Pool;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compiles a configuration to what the data plane serves. Nothing that runs is changed: what lives
 * longer than a generation is taken from the running one, and what has to change about it is only
 * prepared. Everything that can be refused is refused here, with all problems and their places.
 */
final class SnapshotCompiler {
  /** Octets of the digest that people see. */
  private static final int DIGEST_OCTETS = 6;

  /** Octets that most entries of the access log need in the queue. */
  private static final int LOG_ENTRY = 400;

  /** How long a connection that is passed through may be silent: what routes say by default. */
  private static final Duration SILENT_TUNNEL = Duration.ofHours(1);

  private final Live running;
  private final long number;

  /** Event loops that run; 0 before there are any. */
  private final int loops;

  private final SourceFiles files;
  private final HostNames names;
  private final Map<String, LiveTls> tls = new HashMap<>();
  private final Map<String, LiveClients> clients = new HashMap<>();

  /** Compiles the first generation. */
  SnapshotCompiler(SourceFiles files, HostNames names) {
    this(Live.none(), 1, 0, files, names);
  }

  /** Compiles the generation after this one. */
  SnapshotCompiler(Generation running, int loops, SourceFiles files, HostNames names) {
    this(running.live(), running.snapshot().generation() + 1, loops, files, names);
  }

  private SnapshotCompiler(
      Live running, long number, int loops, SourceFiles files, HostNames names) {
    this.running = running;
    this.number = number;
    this.loops = loops;
    this.files = files;
    this.names = names;
  }

  /** Reads and compiles a file. */
  Compilation compile(Path file) {
    String digest = digest(file);
    return switch (ConfigReader.load(file)) {
      case ConfigResult.Refused refused -> new Compilation.Refused(refused.problems());
      case ConfigResult.Accepted accepted -> compile(accepted, digest);
    };
  }

  private Compilation compile(ConfigResult.Accepted accepted, String digest) {
    Config config = accepted.config();
    int workers =
        config.workers() > 0 ? config.workers() : Runtime.getRuntime().availableProcessors();
    int pooled = loops > 0 ? loops : workers;
    Complaints complaints = new Complaints(accepted.places());
    Map<String, LivePool> pools =
        new PoolCompiler(config, complaints, files, names, running, pooled).compile();
    WafCompiler waf = new WafCompiler(complaints, files, running, pooled);
    List<ListenerSettings> listeners = listeners(config, complaints, pools, waf);
    String instance = config.instance().orElseGet(SnapshotCompiler::hostName);
    TransparentCheck.check(config, pools, complaints);
    AccessLogSettings log =
        complaints.attempt("access_log", () -> accessLog(config, instance, pooled));
    PacketSnapshot packets = new PacketCompiler(config, complaints, files, pools).compile();
    Live live = new Live(running.stickyKey(), pools, tls, clients, waf.rules());
    if (!complaints.none()) {
      live.abandon(running);
      return new Compilation.Refused(complaints.list());
    }
    ProxySnapshot snapshot =
        new ProxySnapshot(number, digest, instance, byName(listeners), live(pools));
    return new Compilation.Accepted(new Generation(config, live, snapshot, packets, workers, log));
  }

  private static Map<String, ListenerSettings> byName(List<ListenerSettings> listeners) {
    Map<String, ListenerSettings> byName = new LinkedHashMap<>();
    listeners.forEach(listener -> byName.put(listener.name(), listener));
    return byName;
  }

  private static Map<String, Pool> live(Map<String, LivePool> pools) {
    Map<String, Pool> live = new LinkedHashMap<>();
    pools.forEach((name, pool) -> live.put(name, pool.pool()));
    return live;
  }

  /** Entries are of very different lengths; most need no more than {@link #LOG_ENTRY} octets. */
  private @Nullable AccessLogSettings accessLog(Config config, String instance, int loops) {
    if (config.accessLog().isEmpty()) {
      return null;
    }
    AccessLog log = config.accessLog().get();
    long ring = Long.highestOneBit((long) log.queueSize() * LOG_ENTRY / loops * 2 - 1);
    AccessLogSettings.Target target =
        log.toStdout()
            ? new AccessLogSettings.StandardOutput()
            : new AccessLogSettings.RotatedFile(
                files.folder().resolve(log.path()), log.rotateSize().bytes(), log.keepFiles());
    return new AccessLogSettings(
        instance, loops, Math.clamp(ring, AccessLogSettings.MIN_RING_BYTES, 1 << 30), target);
  }

  private static String hostName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException unknown) {
      return "weir";
    }
  }

  private static String digest(Path file) {
    try {
      byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(sha256, 0, DIGEST_OCTETS);
    } catch (IOException unreadable) {
      return ""; // the reader will say so
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("SHA-256 is part of every JDK", impossible);
    }
  }

  // ------------------------------------------------------------------ listeners

  private List<ListenerSettings> listeners(
      Config config, Complaints complaints, Map<String, LivePool> pools, WafCompiler waf) {
    TlsCompiler tlsCompiler = new TlsCompiler(config, complaints, files, running);
    RouteCompiler routes = new RouteCompiler(config, complaints, pools, waf);
    List<ListenerSettings> listeners = new ArrayList<>();
    for (int i = 0; i < config.listeners().size(); i++) {
      Listener listener = config.listeners().get(i);
      String path = "listeners[" + i + "]";
      RouteTable table =
          listener.protocol() == Listener.Protocol.TLS_PASSTHROUGH
              ? RouteTable.EMPTY
              : routes.compile(listener, path);
      if (listener.protocol() != Listener.Protocol.HTTP) {
        LiveTls live = tlsCompiler.compile(listener, path);
        if (live != null) {
          tls.put(listener.name(), live);
        }
      }
      listeners.add(settings(listener, table));
    }
    return listeners;
  }

  private ListenerSettings settings(Listener listener, RouteTable routes) {
    LiveTls live = tls.get(listener.name());
    return new ListenerSettings(
        listener.name().intern(),
        listener.addresses().stream().map(SnapshotCompiler::socket).toList(),
        live == null ? null : live.server(),
        listener.http2(),
        routes,
        tolerances(listener.tolerate()),
        limits(listener.limits()),
        trust(listener),
        mode(listener.forwardedHeaders().trustedMode()),
        mode(listener.forwardedHeaders().mode()),
        forwarded(listener.forwardedHeaders()),
        timeouts(listener.slowlorisProtection()),
        connections(listener),
        listener.clientLimits().map(limit -> clients(listener.name(), limit)).orElse(null),
        securityFields(listener));
  }

  static InetSocketAddress socket(ListenAddress address) {
    return new InetSocketAddress(address.address().toInetAddress(), address.port());
  }

  private static Tolerances tolerances(List<io.weir.config.Tolerance> granted) {
    return Tolerances.of(
        granted.stream()
            .map(tolerance -> Tolerance.valueOf(tolerance.name()))
            .collect(Collectors.toSet()));
  }

  static HeadLimits limits(Limits limits) {
    return new HeadLimits(
        (int) limits.requestLineBytes().bytes(),
        (int) limits.headerBytes().bytes(),
        limits.headers());
  }

  private static Set<FieldName> forwarded(ForwardedHeaders headers) {
    return headers.headers().stream()
        .map(field -> FieldName.valueOf(field.name()))
        .collect(Collectors.toSet());
  }

  private static Trust trust(Listener listener) {
    return new Trust(
        IpPrefixSet.of(listener.trustedProxies()),
        ForwardedTrust.valueOf(listener.forwardedHeaders().trustedField().name()),
        listener.proxyProtocol().stream()
            .map(rule ->
                new ProxyProtocolRule(
                    IpPrefixSet.of(rule.networks()), ProxyProtocolMode.valueOf(rule.mode().name())))
            .toList(),
        listener.transparent());
  }

  private static ForwardedMode mode(ForwardedHeaders.Mode mode) {
    return ForwardedMode.valueOf(mode.name());
  }

  /**
   * A proxy that is trusted brings many clients, and the machine itself is no stranger: neither is
   * limited, nor are the networks that the operator exempts.
   */
  private static ConnectionLimits connections(Listener listener) {
    List<IpPrefix> exempt = new ArrayList<>(listener.trustedProxies());
    exempt.add(IpPrefix.parse("127.0.0.0/8"));
    exempt.add(IpPrefix.parse("::1/128"));
    SlowlorisProtection limits = listener.slowlorisProtection();
    exempt.addAll(limits.exemptNetworks());
    return new ConnectionLimits(
        limits.maxConnectionsPerIp(),
        limits.maxNewConnectionsPerIp(),
        limits.ipv6Prefix(),
        limits.maxSlownessScore(),
        limits.block().toNanos(),
        IpPrefixSet.of(exempt));
  }

  private static ClientTimeouts timeouts(SlowlorisProtection slowloris) {
    return new ClientTimeouts(
        slowloris.headerTimeout().toNanos(),
        slowloris.bodyTimeout().toNanos(),
        slowloris.idleTimeout().toNanos(),
        SILENT_TUNNEL.toNanos(),
        slowloris.minDataRate());
  }

  /** A table of another shape starts empty; any other change of the limit keeps what is counted. */
  private ClientLimit clients(String listener, ClientLimits limit) {
    LiveClients before = running.clients().get(listener);
    LiveClients live =
        before != null
                && before.size() == limit.tableSize()
                && before.ipv6Prefix() == limit.ipv6Prefix()
            ? before
            : new LiveClients(
                new ClientTable(
                    limit.tableSize(),
                    limit.ipv6Prefix(),
                    new SecureRandom().nextLong(),
                    System.nanoTime()),
                limit.tableSize(),
                limit.ipv6Prefix());
    clients.put(listener, live);
    return new ClientLimit(
        live.table(),
        new RateLimit(TimeUnit.SECONDS.toNanos(1) / limit.requestsPerSecond(), limit.burst()));
  }

  // ------------------------------------------------------------------ security fields

  private static SecurityFields securityFields(Listener listener) {
    List<SecurityFields.Field> fields = new ArrayList<>();
    if (listener.protocol() == Listener.Protocol.HTTPS && listener.tls().hsts().enabled()) {
      add(fields, FieldName.STRICT_TRANSPORT_SECURITY, Optional.of(hsts(listener.tls().hsts())));
    }
    if (listener.securityHeaders().isPresent()) {
      SecurityHeaders headers = listener.securityHeaders().get();
      add(fields, FieldName.X_FRAME_OPTIONS, headers.xFrameOptions());
      add(fields, FieldName.X_CONTENT_TYPE_OPTIONS, headers.xContentTypeOptions());
      add(fields, FieldName.CONTENT_SECURITY_POLICY, headers.contentSecurityPolicy());
    }
    boolean keepServer =
        !listener.securityHeaders().map(SecurityHeaders::removeServer).orElse(true);
    return new SecurityFields(fields, keepServer);
  }

  private static void add(
      List<SecurityFields.Field> fields, FieldName name, Optional<String> value) {
    value.ifPresent(text -> fields.add(new SecurityFields.Field(name, Ascii.bytes(text))));
  }

  /** RFC 6797 section 6.1. */
  private static String hsts(Tls.Hsts hsts) {
    return "max-age="
        + hsts.maxAge().toSeconds()
        + (hsts.includeSubdomains() ? "; includeSubDomains" : "")
        + (hsts.preload() ? "; preload" : "");
  }
}
