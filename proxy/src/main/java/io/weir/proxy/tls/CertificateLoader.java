package io.weir.proxy.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
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
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads certificate chains and private keys from PEM files and checks that they can be used: the
 * chain is in order, the leaf is valid now, the key is the leaf's. Keys may be PKCS #8 (RFC 5958),
 * PKCS #1 for RSA (RFC 8017) or SEC 1 for EC (RFC 5915), unencrypted. Blocks, so not for an event
 * loop.
 */
public final class CertificateLoader {
  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;
  private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};
  private static final byte[] PROBE = "weir".getBytes(StandardCharsets.US_ASCII);

  /** The largest file read, in bytes: no chain or bundle comes near. */
  private static final long MAX_FILE = 4 << 20;

  private CertificateLoader() {}

  /** Where one chain and its key are; both may be the same file. */
  public record PemFiles(Path chain, Path key) {}

  /**
   * Loads a certificate entry.
   *
   * @param name the operator's name for the entry
   * @param files one pair, or an RSA pair and an EC pair
   * @param now the time at which the leaf certificates must be valid
   * @throws CertificateLoadException if a file is missing or unreadable, a chain is empty or out of
   *     order, a certificate is expired or not yet valid, or a key is not its certificate's
   */
  public static CertificateEntry load(String name, List<PemFiles> files, Instant now)
      throws CertificateLoadException {
    List<CertificateEntry.Chain> chains = new ArrayList<>();
    for (PemFiles pair : files) {
      chains.add(loadChain(pair, now));
    }
    try {
      return new CertificateEntry(name, chains);
    } catch (IllegalArgumentException wrongNumber) {
      throw new CertificateLoadException(String.valueOf(wrongNumber.getMessage()), wrongNumber);
    }
  }

  /**
   * Loads one chain with its key, as {@link #load} does.
   *
   * @throws CertificateLoadException as {@link #load}
   */
  public static CertificateEntry.Chain loadChain(PemFiles files, Instant now)
      throws CertificateLoadException {
    List<X509Certificate> chain = loadCertificates(files.chain());
    checkOrder(files.chain(), chain);
    checkValidity(files.chain(), chain.getFirst(), now);
    PrivateKey key = loadKey(files.key(), chain.getFirst().getPublicKey());
    checkMatch(files, key, chain.getFirst().getPublicKey());
    return new CertificateEntry.Chain(key, chain);
  }

  /**
   * Loads every certificate of a file, e.g. a bundle of certificate authorities. Neither order nor
   * validity is checked.
   *
   * @throws CertificateLoadException if the file is missing, unreadable or holds no certificate
   */
  public static List<X509Certificate> loadCertificates(Path file) throws CertificateLoadException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Pem.Block block : blocks(file)) {
      if (block.label().equals("CERTIFICATE")) {
        certificates.add(certificate(file, block.der()));
      }
    }
    if (certificates.isEmpty()) {
      throw problem(file, "no certificate", "at least one block BEGIN CERTIFICATE");
    }
    return certificates;
  }

  private static X509Certificate certificate(Path file, byte[] der)
      throws CertificateLoadException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException unreadable) {
      throw problem(file, "unreadable certificate", "X.509 in DER", unreadable);
    }
  }

  private static PrivateKey loadKey(Path file, PublicKey publicKey)
      throws CertificateLoadException {
    for (Pem.Block block : blocks(file)) {
      switch (block.label()) {
        case "PRIVATE KEY" -> {
          return key(file, block.der(), publicKey);
        }
        case "RSA PRIVATE KEY", "EC PRIVATE KEY" -> {
          return key(file, toPkcs8(block.der(), publicKey), publicKey);
        }
        case "ENCRYPTED PRIVATE KEY" ->
            throw problem(file, "encrypted key", "an unencrypted key with file mode 0600");
        default -> {
          // Certificates and EC parameters may stand beside the key.
        }
      }
    }
    throw problem(file, "no private key", "a block BEGIN PRIVATE KEY, RSA or EC PRIVATE KEY");
  }

  private static PrivateKey key(Path file, byte[] pkcs8, PublicKey publicKey)
      throws CertificateLoadException {
    String algorithm = publicKey.getAlgorithm();
    if (!algorithm.equals("RSA") && !algorithm.equals("EC")) {
      throw problem(file, "certificate key type " + algorithm, "RSA or EC");
    }
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (GeneralSecurityException unreadable) {
      throw problem(
          file,
          "unreadable key, or not of the certificate's type",
          "an " + algorithm + " key",
          unreadable);
    }
  }

  /**
   * Wraps a PKCS #1 or SEC 1 key as PKCS #8. The algorithm identifier, for EC with its curve, is
   * the one of the certificate's public key: the two must agree anyway.
   */
  private static byte[] toPkcs8(byte[] key, PublicKey publicKey) {
    byte[] algorithm = firstElement(contents(publicKey.getEncoded()));
    return der(SEQUENCE, VERSION_0, algorithm, der(OCTET_STRING, key));
  }

  private static byte[] contents(byte[] element) {
    return Arrays.copyOfRange(element, headerLength(element), element.length);
  }

  private static byte[] firstElement(byte[] elements) {
    int header = headerLength(elements);
    int length = elements[1];
    for (int i = 2; i < header; i++) {
      length = (i == 2 ? 0 : length << 8) | elements[i] & 0xff;
    }
    return Arrays.copyOf(elements, header + length);
  }

  private static int headerLength(byte[] element) {
    return element[1] >= 0 ? 2 : 2 + (element[1] & 0x7f);
  }

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      body.writeBytes(part);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (body.size() < 128) {
      out.write(body.size());
    } else {
      out.write(0x82);
      out.write(body.size() >> 8);
      out.write(body.size());
    }
    out.writeBytes(body.toByteArray());
    return out.toByteArray();
  }

  private static void checkOrder(Path file, List<X509Certificate> chain)
      throws CertificateLoadException {
    for (int i = 1; i < chain.size(); i++) {
      if (!chain
          .get(i - 1)
          .getIssuerX500Principal()
          .equals(chain.get(i).getSubjectX500Principal())) {
        throw problem(
            file,
            "certificate " + (i + 1) + " is " + chain.get(i).getSubjectX500Principal(),
            "the issuer of the one before, " + chain.get(i - 1).getIssuerX500Principal());
      }
    }
  }

  private static void checkValidity(Path file, X509Certificate leaf, Instant now)
      throws CertificateLoadException {
    Instant from = leaf.getNotBefore().toInstant();
    Instant until = leaf.getNotAfter().toInstant();
    if (now.isBefore(from)) {
      throw problem(file, "not valid before " + from, "valid at " + now);
    }
    if (now.isAfter(until)) {
      throw problem(file, "expired at " + until, "valid at " + now);
    }
  }

  private static void checkMatch(PemFiles files, PrivateKey key, PublicKey publicKey)
      throws CertificateLoadException {
    String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
    boolean match;
    try {
      Signature signer = Signature.getInstance(algorithm);
      signer.initSign(key);
      signer.update(PROBE);
      Signature verifier = Signature.getInstance(algorithm);
      verifier.initVerify(publicKey);
      verifier.update(PROBE);
      match = verifier.verify(signer.sign());
    } catch (GeneralSecurityException differs) {
      match = false;
    }
    if (!match) {
      throw problem(files.key(), "another key", "the key of the certificate in " + files.chain());
    }
  }

  private static List<Pem.Block> blocks(Path file) throws CertificateLoadException {
    List<Pem.Block> blocks = Pem.parse(read(file));
    if (blocks == null) {
      throw problem(file, "broken PEM", "blocks with BEGIN, base64 and END");
    }
    return blocks;
  }

  private static String read(Path file) throws CertificateLoadException {
    try {
      if (Files.size(file) > MAX_FILE) {
        throw problem(file, Files.size(file) + " bytes", "at most " + MAX_FILE);
      }
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException missing) {
      throw problem(file, "no such file", "a PEM file", missing);
    } catch (IOException unreadable) {
      throw problem(file, "cannot be read: " + unreadable.getMessage(), "a PEM file", unreadable);
    }
  }

  private static CertificateLoadException problem(Path file, String what, String expected) {
    return new CertificateLoadException(file + ": " + what + " (expected: " + expected + ")");
  }

  private static CertificateLoadException problem(
      Path file, String what, String expected, Exception cause) {
    return new CertificateLoadException(
        file + ": " + what + " (expected: " + expected + ")", cause);
  }
}
