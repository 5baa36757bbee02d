package io.weir.control;

import io.weir.config.BackendTls;
import io.weir.config.CipherSuite;
import io.weir.config.Config;
import io.weir.config.IdentityHeader;
import io.weir.config.Pool.Backend;
import io.weir.config.Pool.CircuitBreaker;
import io.weir.config.Pool.Hash;
import io.weir.config.Pool.OutlierEjection;
import io.weir.config.Pool.SendProxyProtocol;
import io.weir.config.Pool.Sticky;
import io.weir.config.Pool.TcpKeepalive;
import io.weir.control.Live.LivePool;
import io.weir.control.Live.LiveUpstreamTls;
import io.weir.policy.CircuitLimits;
import io.weir.policy.OutlierLimits;
import io.weir.proxy.identity.Disclosure;
import io.weir.proxy.identity.IdentitySigner;
import io.weir.proxy.identity.ProxyHeaderFormat;
import io.weir.proxy.tls.CertificateEntry.Chain;
import io.weir.proxy.tls.CertificateLoadException;
import io.weir.proxy.tls.CertificateLoader;
import io.weir.proxy.tls.CertificateLoader.PemFiles;
import io.weir.proxy.tls.TlsVersion;
import io.weir.proxy.tls.UpstreamTls;
import io.weir.proxy.upstream.Algorithm;
import io.weir.proxy.upstream.BackendSettings;
import io.weir.proxy.upstream.HashSource;
import io.weir.proxy.upstream.Pool;
import io.weir.proxy.upstream.PoolSettings;
import io.weir.proxy.upstream.PoolSettings.Balancing;
import io.weir.proxy.upstream.PoolSettings.Connections;
import io.weir.proxy.upstream.PoolSettings.Protocol;
import io.weir.proxy.upstream.PoolSettings.Resilience;
import io.weir.proxy.upstream.StickyCookie;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compiles pools: which backends, how one is chosen, how it is reached. */
final class PoolCompiler {
  /** An ejection grows to this many times the first one's length. */
  private static final int LONGEST_EJECTION = 10;

  private final Config config;
  private final Complaints complaints;
  private final SourceFiles files;
  private final HostNames names;
  private final Live running;
  private final int loops;

  PoolCompiler(
      Config config,
      Complaints complaints,
      SourceFiles files,
      HostNames names,
      Live running,
      int loops) {
    this.config = config;
    this.complaints = complaints;
    this.files = files;
    this.names = names;
    this.running = running;
    this.loops = loops;
  }

  /** All pools that can be made, by name. */
  Map<String, LivePool> compile() {
    Map<String, LivePool> pools = new LinkedHashMap<>();
    for (int i = 0; i < config.pools().size(); i++) {
      LivePool pool = compile(config.pools().get(i), "pools[" + i + "]");
      if (pool != null) {
        pools.put(pool.pool().name(), pool);
      }
    }
    return pools;
  }

  private @Nullable LivePool compile(io.weir.config.Pool pool, String path) {
    String name = pool.name().intern();
    LivePool before = running.pools().get(name);
    List<BackendSettings> backends = backends(pool, path + ".backends");
    LiveUpstreamTls tls =
        pool.backendTls()
            .filter(BackendTls::enabled)
            .map(block -> tls(block, pool, path + ".backend_tls", before))
            .orElse(null);
    PoolSettings settings = complaints.attempt(path, () -> settings(pool, tls));
    if (settings == null) {
      if (tls != null && !tls.equals(before == null ? null : before.tls())) {
        tls.context().close();
      }
      return null;
    }
    Pool live =
        before != null
            ? before.pool()
            : new Pool(name, loops, ThreadLocalRandom.current().nextLong(), System.nanoTime());
    return new LivePool(live, settings, backends, tls, pool.healthCheck());
  }

  // ------------------------------------------------------------------ backends

  private List<BackendSettings> backends(io.weir.config.Pool pool, String path) {
    List<BackendSettings> backends = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (int i = 0; i < pool.backends().size(); i++) {
      Backend backend = pool.backends().get(i);
      String at = path + "[" + i + "].address";
      List<InetSocketAddress> found =
          complaints.attempt(at, () -> names.resolve(backend.address()));
      List<InetSocketAddress> addresses = found == null ? List.of() : found;
      for (InetSocketAddress address : addresses) {
        BackendSettings settings = backend(backend, address, addresses.size() > 1);
        if (!taken.add(settings.name())) {
          complaints.add(at, settings.name() + " is the name of another backend of this pool");
        } else {
          backends.add(settings);
        }
      }
    }
    return backends;
  }

  /**
   * One backend for each address that its name stands for; told apart by it if there are several.
   */
  private static BackendSettings backend(
      Backend backend, InetSocketAddress address, boolean oneOfSeveral) {
    String name =
        oneOfSeveral ? backend.id() + "/" + address.getAddress().getHostAddress() : backend.id();
    return new BackendSettings(
        name.intern(),
        address,
        backend.weight(),
        backend.zone().orElse(""),
        backend.priority(),
        backend.drain());
  }

  // ------------------------------------------------------------------ settings

  private PoolSettings settings(io.weir.config.Pool pool, @Nullable LiveUpstreamTls tls) {
    return new PoolSettings(
        balancing(pool),
        new Connections(
            protocol(pool),
            pool.timeouts().connect().toNanos(),
            pool.keepalive().idle().toNanos(),
            pool.keepalive().maxIdlePerWorker(),
            pool.tcpKeepalive().map(PoolCompiler::keepalive).orElse(null),
            tls == null ? null : tls.context()),
        new Resilience(
            pool.outlierEjection().map(PoolCompiler::outliers).orElse(NO_OUTLIERS),
            circuit(pool.circuitBreaker()),
            pool.retryBudget().percent() / 100.0,
            pool.retryBudget().minPerSecond()),
        disclosure(pool));
  }

  @SuppressWarnings("NullAway") // which does not see that both may be null
  private Disclosure disclosure(io.weir.config.Pool pool) {
    return new Disclosure(
        pool.sendProxyProtocol().map(PoolCompiler::header).orElse(null),
        pool.transparent(),
        pool.identityHeader().map(this::signer).orElse(null));
  }

  private static ProxyHeaderFormat header(SendProxyProtocol header) {
    return new ProxyHeaderFormat(
        header.version(),
        header.tlvs().stream()
            .map(tlv -> ProxyHeaderFormat.Extension.valueOf(tlv.name()))
            .collect(Collectors.toSet()));
  }

  private IdentitySigner signer(IdentityHeader block) {
    try {
      String key = Files.readString(files.resolve(block.key()), StandardCharsets.ISO_8859_1);
      return new IdentitySigner(block.keyId(), key.strip().getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(
          "identity_header.key: " + block.key() + " cannot be read", unreadable);
    }
  }

  private static Protocol protocol(io.weir.config.Pool pool) {
    return switch (pool.protocol()) {
      case HTTP1 -> Protocol.HTTP1;
      case HTTP2 -> Protocol.HTTP2;
    };
  }

  private static PoolSettings.TcpKeepalive keepalive(TcpKeepalive probes) {
    return new PoolSettings.TcpKeepalive(
        (int) probes.idle().toSeconds(), (int) probes.interval().toSeconds(), probes.count());
  }

  private Balancing balancing(io.weir.config.Pool pool) {
    return new Balancing(
        Algorithm.valueOf(pool.algorithm().name()),
        pool.hash().map(PoolCompiler::hashSource).orElse(HashSource.clientAddress()),
        pool.sticky().map(this::cookie).orElse(null),
        pool.slowStart().toNanos(),
        pool.panicThreshold(),
        pool.failoverThreshold(),
        pool.crossZone(),
        config.zone().orElse(""));
  }

  private static HashSource hashSource(Hash hash) {
    String name = hash.name().orElse("");
    return switch (hash.on()) {
      case CLIENT_ADDRESS -> HashSource.clientAddress();
      case HEADER -> HashSource.header(name);
      case COOKIE -> HashSource.cookie(name);
      case QUERY -> HashSource.query(name);
    };
  }

  private StickyCookie cookie(Sticky sticky) {
    return new StickyCookie(
        sticky.cookie(),
        running.stickyKey(),
        sticky.path(),
        sticky.ttl().toSeconds(),
        StickyCookie.SameSite.valueOf(sticky.sameSite().name()));
  }

  private static final OutlierLimits NO_OUTLIERS = new OutlierLimits(0, 0, 1, 1, 0);

  private static OutlierLimits outliers(OutlierEjection ejection) {
    long base = ejection.baseTime().toNanos();
    return new OutlierLimits(
        0, ejection.consecutiveFailures(), base, base * LONGEST_EJECTION, ejection.maxPercent());
  }

  private static CircuitLimits circuit(CircuitBreaker breaker) {
    return new CircuitLimits(
        orUnlimited(breaker.maxConnections()),
        orUnlimited(breaker.maxPending()),
        orUnlimited(breaker.maxRequests()));
  }

  private static int orUnlimited(int most) {
    return most == 0 ? CircuitLimits.UNLIMITED : most;
  }

  // ------------------------------------------------------------------ TLS to backends

  private @Nullable LiveUpstreamTls tls(
      BackendTls block, io.weir.config.Pool pool, String path, @Nullable LivePool before) {
    return complaints.attempt(
        path,
        () -> {
          UpstreamTls.Settings settings = tlsSettings(block, pool);
          LiveUpstreamTls old = before == null ? null : before.tls();
          boolean same = old != null && old.settings().equals(settings);
          return same ? old : new LiveUpstreamTls(new UpstreamTls(settings), settings);
        });
  }

  @SuppressWarnings("NullAway") // which does not see that the client's certificate may be null
  private UpstreamTls.Settings tlsSettings(BackendTls block, io.weir.config.Pool pool)
      throws CertificateLoadException {
    List<X509Certificate> authorities =
        block.caCertificate().isPresent()
            ? CertificateLoader.loadCertificates(files.resolve(block.caCertificate().get()))
            : List.of();
    return new UpstreamTls.Settings(
        block.verifyCertificate(),
        block.verifyCertificate(),
        authorities,
        clientCertificate(block),
        block.sniHostname().orElse(null),
        TlsVersion.valueOf(block.minVersion().name()),
        block.cipherSuites().stream().map(CipherSuite::label).toList(),
        List.of(protocol(pool) == Protocol.HTTP2 ? "h2" : "http/1.1"),
        pool.timeouts().connect());
  }

  private @Nullable Chain clientCertificate(BackendTls block) throws CertificateLoadException {
    if (block.clientCertificate().isEmpty() || block.clientKey().isEmpty()) {
      return null;
    }
    PemFiles pem =
        new PemFiles(
            files.resolve(block.clientCertificate().get()), files.resolve(block.clientKey().get()));
    return CertificateLoader.loadChain(pem, Instant.now());
  }
}
