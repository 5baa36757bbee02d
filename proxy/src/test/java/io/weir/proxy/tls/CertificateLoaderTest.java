package io.weir.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.proxy.tls.CertificateLoader.PemFiles;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateLoaderTest {
  private static final TestPki PKI = new TestPki();
  private static final KeyPair EC = TestPki.ec();
  private static final KeyPair RSA = TestPki.rsa();

  @TempDir Path folder;

  private Path chain(KeyPair key) {
    return file("chain.pem", TestPki.pem(certificate(key), PKI.authority));
  }

  private static X509Certificate certificate(KeyPair key) {
    return PKI.leaf(key, PKI.yesterday, PKI.tomorrow, "a.example.com");
  }

  private Path file(String name, String text) {
    return TestPki.write(folder, name, text);
  }

  private static CertificateEntry load(Path chain, Path key) throws CertificateLoadException {
    return CertificateLoader.load("cert-a", List.of(new PemFiles(chain, key)), PKI.now);
  }

  private static void assertRefused(Path chain, Path key, String... words) {
    assertThatThrownBy(() -> load(chain, key))
        .isInstanceOf(CertificateLoadException.class)
        .hasMessageContainingAll(words)
        .hasMessageContaining("expected: ");
  }

  @Test
  void readsPkcs8Keys() throws Exception {
    CertificateEntry entry = load(chain(EC), file("key.pem", TestPki.pkcs8(EC.getPrivate())));
    assertThat(entry.chains().getFirst().key()).isEqualTo(EC.getPrivate());
    assertThat(entry.chains().getFirst().certificates()).hasSize(2);
  }

  @Test
  void readsPkcs1Keys() throws Exception {
    CertificateEntry entry =
        load(chain(RSA), file("key.pem", TestPki.traditional(RSA.getPrivate())));
    assertThat(entry.chains().getFirst().key()).isEqualTo(RSA.getPrivate());
  }

  @Test
  void readsSec1KeysBehindTheirParameters() throws Exception {
    String parameters = TestPki.pem("EC PARAMETERS", new byte[] {6, 1, 1});
    CertificateEntry entry =
        load(chain(EC), file("key.pem", parameters + TestPki.traditional(EC.getPrivate())));
    assertThat(entry.chains().getFirst().key()).isEqualTo(EC.getPrivate());
  }

  @Test
  void readsChainAndKeyFromOneFileWithTextAround() throws Exception {
    Path both =
        file(
            "both.pem",
            "A note\n"
                + TestPki.pkcs8(EC.getPrivate())
                + "another\r\n"
                + TestPki.pem(certificate(EC), PKI.authority));
    assertThat(load(both, both).chains()).hasSize(1);
  }

  @Test
  void readsRsaAndEcSideBySide() throws Exception {
    Path ecKey = file("ec.key", TestPki.pkcs8(EC.getPrivate()));
    Path ecChain = file("ec.pem", TestPki.pem(certificate(EC)));
    Path rsaKey = file("rsa.key", TestPki.pkcs8(RSA.getPrivate()));
    PemFiles ec = new PemFiles(ecChain, ecKey);
    PemFiles rsa = new PemFiles(chain(RSA), rsaKey);
    assertThat(CertificateLoader.load("both", List.of(rsa, ec), PKI.now).chains()).hasSize(2);
    assertThatThrownBy(() -> CertificateLoader.load("twice", List.of(ec, ec), PKI.now))
        .isInstanceOf(CertificateLoadException.class)
        .hasMessageContaining("twice");
  }

  @Test
  void saysWhichFileIsMissing() {
    assertRefused(folder.resolve("none.pem"), folder, "none.pem", "no such file");
    assertRefused(chain(EC), folder.resolve("none.key"), "none.key", "no such file");
    assertRefused(folder, folder, "cannot be read");
  }

  @Test
  void refusesAKeyOfAnotherCertificate() {
    Path other = file("other.key", TestPki.pkcs8(TestPki.ec().getPrivate()));
    assertRefused(chain(EC), other, "other.key", "another key", "chain.pem");
  }

  @Test
  void refusesAKeyOfAnotherType() {
    assertRefused(chain(EC), file("rsa.key", TestPki.pkcs8(RSA.getPrivate())), "rsa.key", "EC key");
    assertRefused(
        chain(EC), file("r.key", TestPki.traditional(RSA.getPrivate())), "unreadable key");
    assertRefused(chain(RSA), file("e.key", TestPki.traditional(EC.getPrivate())), "RSA key");
  }

  @Test
  void refusesAnEncryptedKey() {
    Path key = file("key.pem", TestPki.pem("ENCRYPTED PRIVATE KEY", new byte[] {1, 2, 3}));
    assertRefused(chain(EC), key, "encrypted key");
  }

  @Test
  void refusesAnExpiredCertificate() {
    X509Certificate old = PKI.leaf(EC, PKI.yesterday, PKI.now.minusSeconds(60), "a.example.com");
    Path key = file("key.pem", TestPki.pkcs8(EC.getPrivate()));
    assertRefused(file("old.pem", TestPki.pem(old)), key, "old.pem", "expired at");
  }

  @Test
  void refusesACertificateNotYetValid() {
    Instant later = PKI.now.plus(Duration.ofHours(1));
    X509Certificate early = PKI.leaf(EC, later, PKI.tomorrow, "a.example.com");
    Path key = file("key.pem", TestPki.pkcs8(EC.getPrivate()));
    assertRefused(file("early.pem", TestPki.pem(early)), key, "early.pem", "not valid before");
  }

  @Test
  void refusesAChainOutOfOrder() {
    Path key = file("key.pem", TestPki.pkcs8(EC.getPrivate()));
    X509Certificate leaf = certificate(EC);
    Path chain = file("chain.pem", TestPki.pem(leaf, leaf, PKI.authority));
    assertRefused(chain, key, "chain.pem", "certificate 2", "the issuer of the one before");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no block at all",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMIIB\n",
        "-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE",
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
      })
  void refusesFilesWithoutAReadableCertificateOrKey(String text) {
    Path bad = file("bad.pem", text);
    assertRefused(bad, bad, "bad.pem");
    assertRefused(chain(EC), bad, "bad.pem");
  }

  @Test
  void refusesAnOversizedFile() {
    Path big = file("big.pem", "x".repeat((4 << 20) + 1));
    assertRefused(big, big, "big.pem", "bytes");
  }
}
