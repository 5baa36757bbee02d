package io.weir.app.demo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;

/**
 * Makes a certificate for {@code localhost} and the loopback addresses, signed by its own key (RFC
 * 5280, DER as X.690 says). The JDK makes keys and signatures but no certificates; what is needed
 * of the format for this one fits on a page.
 */
public final class SelfSignedCertificate {
  private static final int BOOLEAN = 0x01;
  private static final int INTEGER = 0x02;
  private static final int BIT_STRING = 0x03;
  private static final int OCTET_STRING = 0x04;
  private static final int OID = 0x06;
  private static final int UTF8_STRING = 0x0c;
  private static final int UTC_TIME = 0x17;
  private static final int SEQUENCE = 0x30;
  private static final int SET = 0x31;

  private static final byte[] ECDSA_WITH_SHA256 = {
    0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 4, 3, 2
  };
  private static final byte[] COMMON_NAME = {0x55, 4, 3};
  private static final byte[] SUBJECT_ALT_NAME = {0x55, 0x1d, 17};
  private static final byte[] BASIC_CONSTRAINTS = {0x55, 0x1d, 19};

  private static final Duration LIFETIME = Duration.ofDays(90);

  private SelfSignedCertificate() {}

  /** Writes a new certificate and its key in PEM; only this user may read the key. */
  public static void write(Path certificate, Path key) throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair pair = generator.generateKeyPair();
      Files.writeString(certificate, pem("CERTIFICATE", sign(pair)));
      Files.createFile(
          key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(key, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("P-256 is part of every JDK", impossible);
    }
  }

  private static String pem(String type, byte[] der) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + type + "-----\n" + text + "\n-----END " + type + "-----\n";
  }

  private static byte[] sign(KeyPair pair) throws GeneralSecurityException, IOException {
    byte[] algorithm = der(SEQUENCE, der(OID, ECDSA_WITH_SHA256));
    byte[] toBeSigned = toBeSigned(algorithm, pair.getPublic().getEncoded());
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(pair.getPrivate());
    signature.update(toBeSigned);
    return der(SEQUENCE, toBeSigned, algorithm, der(BIT_STRING, new byte[1], signature.sign()));
  }

  private static byte[] toBeSigned(byte[] algorithm, byte[] publicKey) throws IOException {
    byte[] name =
        der(
            SEQUENCE,
            der(SET, der(SEQUENCE, der(OID, COMMON_NAME), der(UTF8_STRING, ascii("Weir demo")))));
    Instant now = Instant.now();
    return der(
        SEQUENCE,
        der(0xa0, der(INTEGER, new byte[] {2})), // version 3
        der(INTEGER, serial()),
        algorithm,
        name,
        der(SEQUENCE, time(now.minus(Duration.ofHours(1))), time(now.plus(LIFETIME))),
        name,
        publicKey,
        der(0xa3, der(SEQUENCE, basicConstraints(), subjectAltName())));
  }

  private static byte[] basicConstraints() throws IOException {
    byte[] isAuthority = der(SEQUENCE, der(BOOLEAN, new byte[] {-1}));
    byte[] critical = der(BOOLEAN, new byte[] {-1});
    return der(SEQUENCE, der(OID, BASIC_CONSTRAINTS), critical, der(OCTET_STRING, isAuthority));
  }

  private static byte[] subjectAltName() throws IOException {
    byte[] names =
        der(
            SEQUENCE,
            der(0x82, ascii("localhost")),
            der(0x87, InetAddress.ofLiteral("127.0.0.1").getAddress()),
            der(0x87, InetAddress.ofLiteral("::1").getAddress()));
    return der(SEQUENCE, der(OID, SUBJECT_ALT_NAME), der(OCTET_STRING, names));
  }

  /** Positive, and another each time: browsers mind two of the same. */
  private static byte[] serial() {
    byte[] serial = new byte[16];
    new SecureRandom().nextBytes(serial);
    serial[0] = (byte) (serial[0] & 0x3f | 0x40);
    return serial;
  }

  private static byte[] time(Instant at) throws IOException {
    String text =
        DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC).format(at);
    return der(UTC_TIME, ascii(text));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Tag, length and the parts one after another. */
  private static byte[] der(int tag, byte[]... parts) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.write(part);
    }
    int length = content.size();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (length >= 0x100) {
      out.write(0x82);
      out.write(length >> 8);
    } else if (length >= 0x80) {
      out.write(0x81);
    }
    out.write(length);
    content.writeTo(out);
    return out.toByteArray();
  }
}
