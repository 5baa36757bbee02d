package io.weir.control;

import io.weir.config.Certificate;
import io.weir.config.CipherSuite;
import io.weir.config.Config;
import io.weir.config.Curve;
import io.weir.config.Listener;
import io.weir.config.SniRule;
import io.weir.config.Tls;
import io.weir.control.Live.LiveTls;
import io.weir.proxy.tls.CertificateEntry;
import io.weir.proxy.tls.CertificateLoader.PemFiles;
import io.weir.proxy.tls.SniRow;
import io.weir.proxy.tls.SniTable;
import io.weir.proxy.tls.TicketKeys;
import io.weir.proxy.tls.TlsServer;
import io.weir.proxy.tls.TlsSettings;
import io.weir.proxy.tls.TlsVersion;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Compiles TLS towards clients: certificates, and which server name gets which. */
final class TlsCompiler {
  /** RFC 5280 section 4.2.1.6: a subject alternative name that is a host name. */
  private static final int DNS_NAME = 2;

  private final Config config;
  private final Complaints complaints;
  private final Live running;
  private final Map<String, CertificateEntry> certificates = new HashMap<>();

  TlsCompiler(Config config, Complaints complaints, SourceFiles files, Live running) {
    this.config = config;
    this.complaints = complaints;
    this.running = running;
    loadCertificates(files);
  }

  private void loadCertificates(SourceFiles files) {
    for (int i = 0; i < config.certificates().size(); i++) {
      Certificate certificate = config.certificates().get(i);
      List<PemFiles> pairs =
          certificate.allPairs().stream()
              .map(pair ->
                  new PemFiles(files.resolve(pair.certificate()), files.resolve(pair.key())))
              .toList();
      CertificateEntry entry =
          complaints.attempt(
              "certificates[" + i + "]", () -> files.certificate(certificate.name(), pairs));
      if (entry != null) {
        certificates.put(certificate.name(), entry);
      }
    }
  }

  /** What happens to server names without a rule of their own, unless they are refused. */
  static Optional<SniRule.Default> serving(Listener listener) {
    return listener.sniRouting().stream()
        .flatMap(rule -> rule.otherwise().stream())
        .filter(otherwise -> otherwise.action() == SniRule.Action.SERVE)
        .findFirst();
  }

  /** TLS of a listener, or null where it cannot be made, which has been said. */
  @Nullable LiveTls compile(Listener listener, String path) {
    boolean ends = listener.protocol() == Listener.Protocol.HTTPS;
    List<SniRow> rows = ends ? endingRows(listener, path) : passingRows(listener);
    TlsSettings settings = complaints.attempt(path + ".tls", () -> settings(listener, ends));
    SniTable table = complaints.attempt(path + ".sni_routing", () -> SniTable.of(rows));
    if (settings == null || table == null || !complaints.none()) {
      return null;
    }
    return complaints.attempt(path + ".tls", () -> live(listener.name(), settings, table));
  }

  /** The running one where nothing changes, else with a change that is ready to be published. */
  private LiveTls live(String listener, TlsSettings settings, SniTable table) throws SSLException {
    LiveTls before = running.tls().get(listener);
    if (before == null) {
      TlsServer server =
          new TlsServer(settings, table, TicketKeys.random(), InstantSource.system());
      return new LiveTls(server, settings, table.rows(), null);
    }
    boolean same = before.settings().equals(settings) && before.rows().equals(table.rows());
    TlsServer.Update update = same ? null : before.server().prepare(settings, table);
    return new LiveTls(before.server(), settings, table.rows(), update);
  }

  private static TlsSettings settings(Listener listener, boolean ends) {
    Tls tls = listener.tls();
    List<String> protocols =
        !ends ? List.of() : listener.http2() ? List.of("h2", "http/1.1") : List.of("http/1.1");
    return new TlsSettings(
        TlsVersion.valueOf(tls.minVersion().name()),
        TlsVersion.valueOf(tls.maxVersion().name()),
        tls.cipherSuites().stream().map(CipherSuite::label).toList(),
        tls.ecdhCurves().stream().map(Curve::label).toList(),
        tls.sessionTickets(),
        (int) tls.sessionTimeout().toSeconds(),
        protocols,
        listener.slowlorisProtection().headerTimeout(),
        tls.maxPendingHandshakes());
  }

  // ------------------------------------------------------------------ rows

  /** Rules as written first; then the names that the listener's certificates carry. */
  private List<SniRow> endingRows(Listener listener, String path) {
    List<SniRow> rows = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (SniRule rule : listener.sniRouting()) {
      rule.sni()
          .ifPresent(name -> {
            taken.add(name.toLowerCase(Locale.ROOT));
            addRow(rows, name, rule.certificate(), rule.pool());
          });
    }
    serving(listener)
        .ifPresent(other -> addRow(rows, SniRow.DEFAULT, other.certificate(), other.pool()));
    for (int i = 0; i < listener.certificates().size(); i++) {
      String certificate = listener.certificates().get(i);
      String at = path + ".certificates[" + i + "]";
      for (String name : namesOf(certificate, at)) {
        if (taken.add(name)) {
          addRow(rows, name, Optional.of(certificate), Optional.empty());
        }
      }
    }
    return rows;
  }

  private void addRow(
      List<SniRow> rows, String pattern, Optional<String> certificate, Optional<String> pool) {
    CertificateEntry entry = certificate.map(certificates::get).orElse(null);
    if (entry != null) {
      rows.add(new SniRow(pattern, entry, pool.orElse(null), ""));
    }
  }

  private Set<String> namesOf(String certificate, String path) {
    CertificateEntry entry = certificates.get(certificate);
    Set<String> names = new HashSet<>();
    if (entry != null) {
      entry.chains().forEach(chain -> names.addAll(hostNames(chain.certificates().getFirst())));
      if (names.isEmpty()) {
        complaints.add(
            path, certificate + " carries no host name (expected: one, or rules in sni_routing)");
      }
    }
    return names;
  }

  /** Names that a client may send; a certificate may carry others, which are none of ours. */
  private static List<String> hostNames(X509Certificate certificate) {
    List<String> names = new ArrayList<>();
    try {
      for (List<?> name : alternativeNames(certificate)) {
        if (Integer.valueOf(DNS_NAME).equals(name.get(0)) && name.get(1) instanceof String text) {
          names.add(text.toLowerCase(Locale.ROOT));
        }
      }
    } catch (CertificateParsingException unreadable) {
      return List.of();
    }
    return names;
  }

  private static Iterable<List<?>> alternativeNames(X509Certificate certificate)
      throws CertificateParsingException {
    var names = certificate.getSubjectAlternativeNames();
    return names == null ? List.of() : names;
  }

  /** Each rule's pool; without rules the listener's own takes every name. */
  private static List<SniRow> passingRows(Listener listener) {
    List<SniRow> rows = new ArrayList<>();
    for (SniRule rule : listener.sniRouting()) {
      if (rule.sni().isPresent() && rule.pool().isPresent()) {
        rows.add(SniRow.passThrough(rule.sni().get(), rule.pool().get()));
      }
    }
    Optional<String> others =
        listener.sniRouting().isEmpty()
            ? listener.pool()
            : serving(listener).flatMap(SniRule.Default::pool);
    others.ifPresent(pool -> rows.add(SniRow.passThrough(SniRow.DEFAULT, pool)));
    return rows;
  }
}
