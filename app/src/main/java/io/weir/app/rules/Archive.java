package io.weir.app.rules;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * A release as it was fetched: {@code .tar.gz}. It is read only when its checksum is the expected
 * one, and even then nothing in it is believed: names cannot leave the folder, there are no links,
 * nothing is overwritten, and number and size of the files are bounded while unpacking.
 */
final class Archive {
  /** Octets of an archive: ten times the largest release so far. */
  static final long MAX_PACKED = 32L << 20;

  static final long MAX_UNPACKED = 128L << 20;
  static final int MAX_ENTRIES = 5000;
  private static final int MAX_NAME = 1024;

  /** One part of a name: no blanks at its ends, nothing that a shell or a terminal minds. */
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9._+@-]{1,255}");

  private Archive() {}

  /** The SHA-256 of a file in hexadecimal digits. */
  static String sha256(Path file) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("SHA-256 is part of every JDK", impossible);
    }
  }

  /**
   * @throws IOException if the file is another than the one with that checksum, or too large
   */
  static void verify(Path file, String sha256) throws IOException {
    long size = Files.size(file);
    if (size > MAX_PACKED) {
      throw new IOException("the archive: " + size + " octets (expected: <= " + MAX_PACKED + ")");
    }
    String actual = sha256(file);
    if (!actual.equals(sha256.toLowerCase(Locale.ROOT))) {
      throw new IOException("SHA-256 of the archive: " + actual + " (expected: " + sha256 + ")");
    }
  }

  /**
   * Writes an archive's files into an empty folder.
   *
   * @throws IOException if the archive is damaged, or has something that does not belong there;
   *     what was written so far is left
   */
  static void unpack(InputStream archive, Path folder) throws IOException {
    try (GZIPInputStream plain = new GZIPInputStream(archive)) {
      TarReader tar = new TarReader(plain);
      int entries = 0;
      long size = 0;
      for (TarReader.Entry entry = tar.next(); entry != null; entry = tar.next()) {
        size += entry.size();
        if (++entries > MAX_ENTRIES || size > MAX_UNPACKED) {
          throw new IOException(
              "more than " + MAX_ENTRIES + " files or " + MAX_UNPACKED + " octets in the archive");
        }
        write(entry, tar, folder);
      }
    }
  }

  private static void write(TarReader.Entry entry, TarReader tar, Path folder) throws IOException {
    Path target = target(entry.name(), folder);
    if (entry.isFolder()) {
      Files.createDirectories(target);
      return;
    }
    Files.createDirectories(target.resolveSibling(""));
    try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
      tar.copyTo(out);
    }
  }

  private static Path target(String name, Path folder) throws IOException {
    Path target = folder;
    for (String part : name.length() > MAX_NAME ? new String[] {""} : name.split("/")) {
      if (!PART.matcher(part).matches() || part.equals(".") || part.equals("..")) {
        throw new IOException("a name in the archive: " + printable(name));
      }
      target = target.resolve(part);
    }
    return target;
  }

  /** Without what could write over a terminal. */
  private static String printable(String name) {
    String shortened = name.length() > 80 ? name.substring(0, 80) + "…" : name;
    return shortened.replaceAll("\\p{Cntrl}", "?");
  }
}
