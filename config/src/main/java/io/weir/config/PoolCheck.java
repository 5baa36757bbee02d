package io.weir.config;

import io.weir.config.Pool.Algorithm;
import io.weir.config.Pool.Backend;
import io.weir.config.Pool.Hash;
import io.weir.config.Pool.HealthCheck;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks each pool in itself. */
final class PoolCheck {
  private final Config config;
  private final Problems problems;

  PoolCheck(Config config, Problems problems) {
    this.config = config;
    this.problems = problems;
  }

  void check() {
    checkTls("backend_tls", config.backendTls());
    for (int i = 0; i < config.pools().size(); i++) {
      check(config.pools().get(i), "pools[" + i + "]");
    }
  }

  private void check(Pool pool, String path) {
    checkBackends(pool, path + ".backends");
    checkHash(pool, path + ".hash");
    pool.healthCheck().ifPresent(health -> checkHealth(health, path + ".health_check"));
    pool.sticky().ifPresent(sticky -> checkCookie(sticky, path + ".sticky"));
    if (problems.written(path + ".backend_tls")) {
      checkTls(path + ".backend_tls", pool.backendTls());
    }
    checkDisclosure(pool, path);
    if (!pool.crossZone() && config.zone().isEmpty()) {
      problems.add(
          path + ".cross_zone",
          "false, but this instance has no zone",
          "set zone at the top level");
    }
  }

  /** What a connection tells about one client cannot be told of the many that share it. */
  private void checkDisclosure(Pool pool, String path) {
    if (pool.protocol() == Pool.Protocol.HTTP2) {
      String shared = "not with protocol http2, whose connections clients share";
      if (pool.sendProxyProtocol().isPresent()) {
        problems.add(
            path + ".send_proxy_protocol", shared, "use identity_header, or protocol: http1");
      }
      if (pool.transparent()) {
        problems.add(path + ".transparent", shared, "use identity_header, or protocol: http1");
      }
    }
    pool.sendProxyProtocol()
        .filter(header -> header.version() == 1)
        .filter(header -> problems.written(path + ".send_proxy_protocol.tlvs"))
        .ifPresent(header ->
            problems.add(path + ".send_proxy_protocol.tlvs", "version 1 has none", "version: 2"));
  }

  private void checkBackends(Pool pool, String path) {
    List<Backend> backends = pool.backends();
    if (problems.doubtful(path)) {
      return;
    }
    if (backends.isEmpty()) {
      problems.add(path, "none (expected: at least one)");
    } else if (backends.stream().allMatch(backend -> backend.weight() == 0)) {
      problems.add(
          path,
          "all have weight 0 (expected: at least one above 0)",
          "drain: true takes one out of use");
    }
    Map<String, Integer> names = new HashMap<>();
    Map<Object, Integer> addresses = new HashMap<>();
    for (int i = 0; i < backends.size(); i++) {
      Backend backend = backends.get(i);
      String at = path + "[" + i + "]";
      if (backend.address().port() != 0) {
        unique(addresses, backend.address(), i, path, at + ".address");
      }
      if (backend.name().isPresent()) {
        unique(names, backend.name().get(), i, path, at + ".name");
      }
    }
  }

  private <T> void unique(Map<T, Integer> seen, T value, int index, String list, String path) {
    Integer first = seen.putIfAbsent(value, index);
    if (first != null) {
      problems.add(
          path, value + " is there already, on line " + problems.lineOf(list + "[" + first + "]"));
    }
  }

  private void checkHash(Pool pool, String path) {
    if (pool.hash().isEmpty()) {
      return;
    }
    if (pool.algorithm() != Algorithm.MAGLEV) {
      problems.add(path, "only maglev hashes", "set algorithm: maglev, or remove hash");
    }
    Hash hash = pool.hash().get();
    boolean named = hash.on() != Pool.On.CLIENT_ADDRESS;
    if (named != hash.name().isPresent()) {
      String on = Label.of(hash.on());
      problems.add(
          path + ".name",
          named ? "missing (expected: the name of the " + on + ")" : "not for " + on);
      return;
    }
    Form form =
        switch (hash.on()) {
          case HEADER -> Form.HEADER_NAME;
          case COOKIE -> Form.COOKIE_NAME;
          case CLIENT_ADDRESS, QUERY -> Form.TEXT;
        };
    hash.name()
        .filter(name -> !form.accepts(name))
        .ifPresent(name ->
            problems.add(path + ".name", Text.show(name) + " (expected: " + form.expected() + ")"));
  }

  /** A key that the type does not use would be ignored silently. */
  private void checkHealth(HealthCheck health, String path) {
    List<String> idle = new ArrayList<>();
    if (health.type() != Pool.Type.HTTP) {
      idle.addAll(List.of("path", "method", "status", "body"));
    }
    if (health.type() == Pool.Type.TCP || health.type() == Pool.Type.TLS) {
      idle.add("host");
    }
    if (health.type() != Pool.Type.GRPC) {
      idle.add("service");
    }
    for (String key : idle) {
      if (problems.written(path + "." + key)) {
        problems.add(path + "." + key, "not for type " + Label.of(health.type()));
      }
    }
    if (health.timeout().compareTo(health.interval()) > 0) {
      problems.add(path + ".timeout", "longer than interval (expected: at most as long)");
    }
    if (health.method() == Pool.Method.HEAD && health.body().isPresent()) {
      problems.add(path + ".body", "the answer to HEAD has none", "set method: GET");
    }
    if (health.status().isEmpty()) {
      problems.add(path + ".status", "none (expected: at least one)");
    }
  }

  /** RFC 6265bis section 4.1.3: what names with these prefixes promise. */
  private void checkCookie(Pool.Sticky sticky, String path) {
    if (sticky.cookie().startsWith("__Host-") && !sticky.path().equals("/")) {
      problems.add(
          path + ".path",
          sticky.path() + " (expected: /, since the cookie's name begins with __Host-)");
    }
  }

  private void checkTls(String path, Optional<BackendTls> block) {
    block.ifPresent(tls -> {
      if (tls.clientCertificate().isPresent() != tls.clientKey().isPresent()) {
        problems.add(path, "one of client_certificate and client_key (expected: both)");
      }
      ListenerCheck.checkSuites(
          problems, path, tls.cipherSuites(), tls.minVersion(), TlsVersion.TLS_1_3);
    });
  }
}
