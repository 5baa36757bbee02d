package io.weir.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Checks the files that a configuration names: they can be read, keys fit their certificates,
 * certificates fit their names.
 */
final class FileCheck {
  private static final long MAX_BYTES = 1 << 20;
  private static final int DNS_NAME = 2;
  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  private final Config config;
  private final Problems problems;
  private final Path folder;

  /** The names that each certificate carries, those that all of its pairs have in common. */
  private final Map<String, Set<String>> carried = new HashMap<>();

  FileCheck(Config config, Problems problems, Path folder) {
    this.config = config;
    this.problems = problems;
    this.folder = folder;
  }

  void check() {
    for (int i = 0; i < config.certificates().size(); i++) {
      Certificate entry = config.certificates().get(i);
      String path = "certificates[" + i + "]";
      if (entry.certificate().isPresent() && entry.key().isPresent()) {
        checkPair(entry.name(), path, entry.certificate().get(), entry.key().get());
      }
      for (int j = 0; j < entry.pairs().size(); j++) {
        Certificate.Pair pair = entry.pairs().get(j);
        checkPair(entry.name(), path + ".pairs[" + j + "]", pair.certificate(), pair.key());
      }
    }
    checkIdentityKey("identity_header", config.identityHeader());
    checkNames("sni_routing", config.sniRouting());
    checkBackendTls("backend_tls", config.backendTls());
    for (int i = 0; i < config.listeners().size(); i++) {
      checkNames("listeners[" + i + "].sni_routing", config.listeners().get(i).sniRouting());
    }
    for (int i = 0; i < config.pools().size(); i++) {
      checkBackendTls("pools[" + i + "].backend_tls", config.pools().get(i).backendTls());
      checkIdentityKey("pools[" + i + "].identity_header", config.pools().get(i).identityHeader());
    }
  }

  private void checkIdentityKey(String path, Optional<IdentityHeader> block) {
    if (block.isEmpty() || !problems.written(path)) {
      return;
    }
    String file = block.get().key();
    byte[] bytes = read(path + ".key", file);
    if (bytes != null && new String(bytes, StandardCharsets.ISO_8859_1).strip().length() < 32) {
      problems.add(
          path + ".key",
          Text.show(file) + " (expected: a key of at least 32 characters)",
          "openssl rand -hex 32 makes one");
    }
  }

  private void checkPair(String name, String path, String certificate, String key) {
    X509Certificate own = certificate(path + ".certificate", certificate);
    if (own != null) {
      carried.merge(name, names(own), FileCheck::common);
    }
    checkKey(path + ".key", key, own);
  }

  private void checkBackendTls(String path, Optional<BackendTls> block) {
    if (block.isEmpty() || !block.get().enabled() || !problems.written(path)) {
      return;
    }
    BackendTls tls = block.get();
    tls.caCertificate().ifPresent(file -> certificate(path + ".ca_certificate", file));
    X509Certificate own =
        tls.clientCertificate()
            .map(file -> certificate(path + ".client_certificate", file))
            .orElse(null);
    tls.clientKey().ifPresent(file -> checkKey(path + ".client_key", file, own));
  }

  private void checkNames(String path, List<SniRule> rules) {
    for (int i = 0; problems.written(path) && i < rules.size(); i++) {
      SniRule rule = rules.get(i);
      Set<String> names = carried.get(rule.certificate().orElse(""));
      if (names == null || rule.sni().isEmpty() || covered(names, rule.sni().get())) {
        continue;
      }
      problems.add(
          path + "[" + i + "].certificate",
          rule.certificate().orElse("") + " does not carry the name " + rule.sni().get(),
          "it carries " + (names.isEmpty() ? "no name" : Text.cut(String.join(", ", names), 200)));
    }
  }

  private static boolean covered(Set<String> names, String name) {
    return names.stream().anyMatch(carriedName -> Hosts.covers(carriedName, name));
  }

  private static Set<String> common(Set<String> a, Set<String> b) {
    Set<String> both = new HashSet<>(a);
    both.removeIf(name -> !covered(b, name));
    return both;
  }

  /**
   * RFC 9525: the names of a certificate are those of its subjectAltName, never its common name.
   */
  private static Set<String> names(X509Certificate certificate) {
    Set<String> names = new HashSet<>();
    try {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      Stream.ofNullable(all)
          .flatMap(Collection::stream)
          .filter(name -> Integer.valueOf(DNS_NAME).equals(name.get(0)))
          .forEach(name -> names.add((String) name.get(1)));
    } catch (CertificateParsingException e) {
      names.clear();
    }
    return names;
  }

  /** Reads the first certificate of a file; null if there is none, which is then a problem. */
  private @Nullable X509Certificate certificate(String path, String file) {
    byte[] bytes = read(path, file);
    if (bytes == null) {
      return null;
    }
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes))
              .iterator()
              .next();
    } catch (GeneralSecurityException | RuntimeException e) {
      problems.add(path, Text.show(file) + " (expected: certificates in PEM)");
      return null;
    }
  }

  private void checkKey(String path, String file, @Nullable X509Certificate certificate) {
    byte[] bytes = read(path, file);
    if (bytes == null) {
      return;
    }
    Matcher pem = PKCS8.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
    if (!pem.find()) {
      problems.add(
          path,
          Text.show(file) + " (expected: a private key in PEM, PKCS #8, not encrypted)",
          "openssl pkcs8 -topk8 -nocrypt converts it");
    } else if (certificate != null && !fits(pem.group(1), certificate.getPublicKey())) {
      problems.add(path, Text.show(file) + " is not the key of the certificate beside it");
    }
  }

  /** Whether what the private key signs is what the public key verifies. */
  private static boolean fits(String base64, PublicKey publicKey) {
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(base64);
      PrivateKey key =
          KeyFactory.getInstance(publicKey.getAlgorithm())
              .generatePrivate(new PKCS8EncodedKeySpec(encoded));
      Signature signature = Signature.getInstance(signatureOf(publicKey));
      signature.initSign(key);
      signature.update(encoded);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(encoded);
      return signature.verify(signed);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return false;
    }
  }

  private static String signatureOf(PublicKey key) {
    return switch (key.getAlgorithm()) {
      case "EC" -> "SHA256withECDSA";
      case "RSA" -> "SHA256withRSA";
      default -> key.getAlgorithm();
    };
  }

  private byte @Nullable [] read(String path, String file) {
    if (file.isEmpty()) {
      return null;
    }
    try {
      Path target = folder.resolve(file);
      if (Files.size(target) > MAX_BYTES) {
        problems.add(
            path, Text.show(file) + " (expected: at most " + new ByteSize(MAX_BYTES) + ")");
        return null;
      }
      return Files.readAllBytes(target);
    } catch (NoSuchFileException e) {
      problems.add(path, Text.show(file) + ": no such file");
    } catch (IOException | RuntimeException e) {
      problems.add(path, Text.show(file) + " cannot be read: " + e.getClass().getSimpleName());
    }
    return null;
  }
}
