package io.weir.config;

import io.weir.config.Listener.Protocol;
import io.weir.net.IpPrefix;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Checks the listeners, and the blocks of the top level that they take over. */
final class ListenerCheck {
  private static final List<String> NOT_FOR_HTTP = List.of("certificates", "tls", "sni_routing");
  private static final List<String> NOT_FOR_PASSTHROUGH =
      List.of(
          "certificates",
          "tls",
          "http2",
          "security_headers",
          "forwarded_headers",
          "limits",
          "tolerate",
          "client_limits",
          "waf");

  private final Config config;
  private final Problems problems;
  private final ConfigCheck names;

  ListenerCheck(Config config, Problems problems, ConfigCheck names) {
    this.config = config;
    this.problems = problems;
    this.names = names;
  }

  void check() {
    if (config.listeners().isEmpty() && !problems.doubtful("listeners")) {
      problems.add("listeners", "none (expected: at least one)");
    }
    checkShared("", config.tls(), config.sniRouting(), config.trustedProxies());
    checkProxyProtocol("", config.proxyProtocol());
    for (int i = 0; i < config.listeners().size(); i++) {
      Listener listener = config.listeners().get(i);
      String path = "listeners[" + i + "].";
      checkShared(path, listener.tls(), listener.sniRouting(), listener.trustedProxies());
      checkProxyProtocol(path, listener.proxyProtocol());
      checkProtocol(listener, path);
      checkTargets(listener, path);
    }
    checkAddresses();
  }

  /**
   * Checks the blocks that may stand at the top level and in a listener, where they were written.
   */
  private void checkShared(String path, Tls tls, List<SniRule> sniRouting, List<IpPrefix> trusted) {
    if (problems.written(path + "tls")) {
      checkTls(path + "tls", tls);
    }
    if (problems.written(path + "sni_routing")) {
      checkSni(path + "sni_routing", sniRouting);
    }
    for (int i = 0; problems.written(path + "trusted_proxies") && i < trusted.size(); i++) {
      String at = path + "trusted_proxies[" + i + "]";
      if (trusted.get(i).bits() == 0 && !problems.doubtful(at)) {
        problems.add(
            at,
            trusted.get(i) + " would believe whatever any client says about itself",
            "name the networks of the proxies in front of Weir");
      }
    }
  }

  private void checkProxyProtocol(String path, List<ProxyProtocolRule> rules) {
    for (int i = 0; problems.written(path + "proxy_protocol") && i < rules.size(); i++) {
      String at = path + "proxy_protocol[" + i + "].networks";
      List<IpPrefix> networks = rules.get(i).networks();
      if (networks.isEmpty() && !problems.doubtful(at)) {
        problems.add(at, "none (expected: at least one)");
      }
      boolean believed = rules.get(i).mode() != ProxyProtocolRule.Mode.REFUSED;
      for (int j = 0; believed && j < networks.size(); j++) {
        if (networks.get(j).bits() == 0 && !problems.doubtful(at + "[" + j + "]")) {
          problems.add(
              at + "[" + j + "]",
              networks.get(j) + " would let any client choose its own address",
              "name the networks of the load balancers in front of Weir");
        }
      }
    }
  }

  private void checkTls(String path, Tls tls) {
    if (tls.minVersion().compareTo(tls.maxVersion()) > 0) {
      String expected = " (expected: at most max_version, " + tls.maxVersion().label() + ")";
      problems.add(path + ".min_version", tls.minVersion().label() + expected);
    } else {
      checkSuites(problems, path, tls.cipherSuites(), tls.minVersion(), tls.maxVersion());
    }
    if (tls.ecdhCurves().isEmpty()) {
      problems.add(path + ".ecdh_curves", "none (expected: at least one)");
    }
  }

  /** Reports suites of which none can be used with any of the versions. */
  static void checkSuites(
      Problems problems, String path, List<CipherSuite> suites, TlsVersion min, TlsVersion max) {
    boolean usable =
        suites.stream()
            .map(CipherSuite::version)
            .anyMatch(version -> version.compareTo(min) >= 0 && version.compareTo(max) <= 0);
    if (!usable && !problems.doubtful(path + ".cipher_suites")) {
      String versions = min == max ? min.label() : min.label() + " to " + max.label();
      problems.add(
          path + ".cipher_suites", "none is for " + versions + " (expected: at least one)");
    }
  }

  private void checkSni(String path, List<SniRule> rules) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < rules.size(); i++) {
      SniRule rule = rules.get(i);
      String at = path + "[" + i + "]";
      if (rule.sni().isPresent() == rule.otherwise().isPresent()
          && !problems.doubtful(at + ".sni")) {
        String given = rule.sni().isPresent() ? "sni and default" : "neither sni nor default";
        problems.add(at, given + " (expected: exactly one of them)");
      }
      String name = rule.sni().map(sni -> sni.toLowerCase(Locale.ROOT)).orElse("");
      if (rule.sni().isPresent() != rule.otherwise().isPresent() && !seen.add(name)) {
        problems.add(at, (name.isEmpty() ? "default" : name) + " is there already");
      }
      names.pool(at + ".pool", rule.pool());
      rule.certificate()
          .ifPresent(certificate -> names.certificate(at + ".certificate", certificate));
      rule.otherwise().ifPresent(otherwise -> checkDefault(rule, otherwise, at));
    }
  }

  private void checkDefault(SniRule rule, SniRule.Default otherwise, String at) {
    String path = at + ".default";
    boolean serves = otherwise.certificate().isPresent() || otherwise.pool().isPresent();
    if (rule.certificate().isPresent() || rule.pool().isPresent()) {
      problems.add(at, "certificate or pool beside default (expected: inside it)");
    }
    if (serves && otherwise.action() == SniRule.Action.REJECT) {
      problems.add(path, "certificate or pool with action: reject", "set action: serve");
    }
    names.pool(path + ".pool", otherwise.pool());
    otherwise
        .certificate()
        .ifPresent(certificate -> names.certificate(path + ".certificate", certificate));
  }

  private void checkProtocol(Listener listener, String path) {
    List<String> idle =
        switch (listener.protocol()) {
          case HTTP -> NOT_FOR_HTTP;
          case HTTPS -> List.of();
          case TLS_PASSTHROUGH -> NOT_FOR_PASSTHROUGH;
        };
    if (problems.doubtful(path + "protocol")) {
      return;
    }
    for (String key : idle) {
      if (problems.written(path + key)) {
        problems.add(path + key, "not for protocol " + Label.of(listener.protocol()));
      }
    }
    if (listener.protocol() != Protocol.HTTP) {
      checkSniFor(listener, path);
    }
  }

  /**
   * Each rule must say what the listener needs of it, which is why rules of the top level are
   * checked here too.
   */
  private void checkSniFor(Listener listener, String path) {
    boolean https = listener.protocol() == Protocol.HTTPS;
    boolean certified =
        !listener.certificates().isEmpty() || problems.written(path + "certificates");
    for (int i = 0; i < listener.sniRouting().size(); i++) {
      SniRule rule = listener.sniRouting().get(i);
      Optional<SniRule.Default> serving =
          rule.otherwise().filter(otherwise -> otherwise.action() == SniRule.Action.SERVE);
      if (rule.sni().isEmpty() && serving.isEmpty()) {
        continue;
      }
      String at = path + "sni_routing[" + i + "]" + (serving.isPresent() ? ".default" : "");
      Optional<String> certificate =
          serving.flatMap(SniRule.Default::certificate).or(rule::certificate);
      Optional<String> pool = serving.flatMap(SniRule.Default::pool).or(rule::pool);
      certified |= certificate.isPresent();
      if (https && certificate.isEmpty()) {
        problems.add(
            at + ".certificate",
            "missing (expected: the name of a certificate, for protocol https)");
      } else if (!https && certificate.isPresent()) {
        problems.add(at + ".certificate", "not for protocol tls_passthrough, which shows none");
      }
      if (!https && pool.isEmpty()) {
        problems.add(
            at + ".pool", "missing (expected: the name of a pool, for protocol tls_passthrough)");
      }
    }
    if (https && !certified) {
      problems.add(
          path + "protocol", "https without a certificate", "add certificates or sni_routing");
    }
  }

  private void checkTargets(Listener listener, String path) {
    names.pool(path + "pool", listener.pool());
    for (int i = 0; i < listener.certificates().size(); i++) {
      names.certificate(path + "certificates[" + i + "]", listener.certificates().get(i));
    }
    boolean byName =
        listener.sniRouting().stream()
            .anyMatch(
                r -> r.pool().or(() -> r.otherwise().flatMap(SniRule.Default::pool)).isPresent());
    boolean byRoute =
        listener.protocol() != Protocol.TLS_PASSTHROUGH
            && config.routes().stream()
                .anyMatch(r -> r.listeners().isEmpty() || r.listeners().contains(listener.name()));
    boolean named = byName && listener.protocol() != Protocol.HTTP;
    if (listener.pool().isEmpty() && !named && !byRoute && !doubtfulTargets(path)) {
      problems.add(
          path.substring(0, path.length() - 1),
          "serves nothing",
          "give it a pool, or routes that are for it");
    }
  }

  private boolean doubtfulTargets(String path) {
    return problems.doubtful(path + "pool")
        || problems.doubtful("routes")
        || problems.doubtful(path + "sni_routing");
  }

  private void checkAddresses() {
    Map<ListenAddress, String> users = new HashMap<>();
    config.management().ifPresent(m -> users.put(m.address(), "by management"));
    for (int i = 0; i < config.listeners().size(); i++) {
      List<ListenAddress> addresses = config.listeners().get(i).addresses();
      String path = "listeners[" + i + "].addresses";
      if (addresses.isEmpty()
          && !problems.doubtful(path)
          && !problems.doubtful("listeners[" + i + "].address")) {
        problems.add(path, "none (expected: at least one)");
      }
      for (int j = 0; j < addresses.size(); j++) {
        ListenAddress address = addresses.get(j);
        String at = problems.written(path) ? path + "[" + j + "]" : "listeners[" + i + "].address";
        String user =
            address.port() == 0
                ? null
                : users.putIfAbsent(address, "on line " + problems.lineOf(at));
        if (user != null && !problems.doubtful(at)) {
          problems.add(at, address + " is in use already, " + user);
        }
      }
    }
  }
}
