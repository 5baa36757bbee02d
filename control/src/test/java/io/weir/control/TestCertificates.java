package io.weir.control;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.stream.Stream;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Self-signed certificates in files, made for one test. */
final class TestCertificates {
  private TestCertificates() {}

  /** Writes {@code name.pem} and {@code name.key}; the certificate has this serial number. */
  static void write(Path folder, String name, String algorithm, long serial, String... hosts)
      throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(algorithm.equals("EC") ? 256 : 2048);
    KeyPair key = generator.generateKeyPair();
    writePem(folder.resolve(name + ".pem"), "CERTIFICATE", certificate(key, serial, hosts));
    writePem(folder.resolve(name + ".key"), "PRIVATE KEY", key.getPrivate().getEncoded());
  }

  private static byte[] certificate(KeyPair key, long serial, String... hosts) throws Exception {
    X500Principal name = new X500Principal("CN=test");
    Instant now = Instant.now();
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name,
            BigInteger.valueOf(serial),
            Date.from(now.minus(Duration.ofDays(1))),
            Date.from(now.plus(Duration.ofDays(1))),
            name,
            key.getPublic());
    GeneralName[] names =
        Stream.of(hosts)
            .map(host -> new GeneralName(GeneralName.dNSName, host))
            .toArray(GeneralName[]::new);
    builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
    String signature = key.getPrivate().getAlgorithm().equals("EC") ? "ECDSA" : "RSA";
    X509Certificate certificate =
        new JcaX509CertificateConverter()
            .getCertificate(
                builder.build(
                    new JcaContentSignerBuilder("SHA256with" + signature).build(key.getPrivate())));
    return certificate.getEncoded();
  }

  private static void writePem(Path file, String label, byte[] der) throws IOException {
    String body = Base64.getMimeEncoder().encodeToString(der);
    Files.writeString(
        file, "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(label, body));
  }
}
