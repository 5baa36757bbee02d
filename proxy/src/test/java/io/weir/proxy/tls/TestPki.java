package io.weir.proxy.tls;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority that lives for one test run. */
final class TestPki {
  final Instant now = Instant.now();
  final Instant yesterday = now.minus(Duration.ofDays(1));
  final Instant tomorrow = now.plus(Duration.ofDays(1));

  private final KeyPair authorityKey = ec();
  final X509Certificate authority =
      sign("CN=Test authority", authorityKey, "CN=Test authority", true, yesterday, tomorrow);

  static KeyPair ec() {
    return generate("EC", 256);
  }

  static KeyPair rsa() {
    return generate("RSA", 2048);
  }

  private static KeyPair generate(String algorithm, int size) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(size);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  CertificateEntry entry(String... names) {
    return new CertificateEntry(names[0], List.of(chain(ec(), names)));
  }

  CertificateEntry.Chain chain(KeyPair key, String... names) {
    return new CertificateEntry.Chain(
        key.getPrivate(), List.of(leaf(key, yesterday, tomorrow, names), authority));
  }

  X509Certificate leaf(KeyPair key, Instant from, Instant until, String... names) {
    return sign("CN=" + names[0], key, "CN=Test authority", false, from, until, names);
  }

  private X509Certificate sign(
      String subject,
      KeyPair key,
      String issuer,
      boolean isAuthority,
      Instant from,
      Instant until,
      String... names) {
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              new X500Principal(issuer),
              BigInteger.valueOf(ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE)),
              Date.from(from),
              Date.from(until),
              new X500Principal(subject),
              key.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(isAuthority));
      if (names.length > 0) {
        builder.addExtension(Extension.subjectAlternativeName, false, alternatives(names));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(authorityKey.getPrivate())));
    } catch (GeneralSecurityException | OperatorCreationException | CertIOException e) {
      throw new AssertionError(e);
    }
  }

  private static GeneralNames alternatives(String... names) {
    return new GeneralNames(
        Stream.of(names)
            .map(name ->
                new GeneralName(
                    Character.isDigit(name.charAt(0)) || name.indexOf(':') >= 0
                        ? GeneralName.iPAddress
                        : GeneralName.dNSName,
                    name))
            .toArray(GeneralName[]::new));
  }

  static String pem(X509Certificate... certificates) {
    StringBuilder text = new StringBuilder();
    for (X509Certificate certificate : certificates) {
      try {
        text.append(pem("CERTIFICATE", certificate.getEncoded()));
      } catch (GeneralSecurityException e) {
        throw new AssertionError(e);
      }
    }
    return text.toString();
  }

  static String pkcs8(PrivateKey key) {
    return pem("PRIVATE KEY", key.getEncoded());
  }

  /** PKCS #1 or SEC 1: what PKCS #8 wraps. */
  static String traditional(PrivateKey key) {
    try {
      byte[] inner =
          PrivateKeyInfo.getInstance(key.getEncoded())
              .parsePrivateKey()
              .toASN1Primitive()
              .getEncoded();
      return pem(key.getAlgorithm() + " PRIVATE KEY", inner);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static String pem(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  static Path write(Path folder, String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
