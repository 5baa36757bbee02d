package io.weir.app.rules;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Writes archives, well-formed and not. */
final class TarWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  TarWriter file(String name, String content) {
    return entry(name, '0', content.getBytes(StandardCharsets.UTF_8));
  }

  TarWriter folder(String name) {
    return entry(name, '5', new byte[0]);
  }

  /** A pax header that gives the next entry a long name. */
  TarWriter longName(String name) {
    String record = " path=" + name + "\n";
    int octets = record.getBytes(StandardCharsets.UTF_8).length;
    int length = octets + 1;
    while (("" + length).length() + octets != length) {
      length++;
    }
    return entry("pax", 'x', ("" + length + record).getBytes(StandardCharsets.UTF_8));
  }

  TarWriter entry(String name, char type, byte[] content) {
    return entry(name, type, content.length, content);
  }

  TarWriter entry(String name, char type, long size, byte[] content) {
    byte[] header = new byte[512];
    put(header, 0, name);
    put(header, 100, "0000644\0");
    put(header, 124, "%011o\0".formatted(size));
    put(header, 148, "        ");
    header[156] = (byte) type;
    put(header, 157, "/etc/passwd");
    put(header, 257, "ustar\00000");
    int sum = 0;
    for (byte octet : header) {
      sum += octet & 0xff;
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    out.writeBytes(header);
    out.writeBytes(content);
    out.writeBytes(new byte[-content.length & 511]);
    return this;
  }

  private static void put(byte[] header, int at, String text) {
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(octets, 0, header, at, octets.length);
  }

  byte[] tar() {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(out.toByteArray());
    whole.writeBytes(new byte[1024]);
    return whole.toByteArray();
  }

  byte[] tarGz() {
    return gzip(tar());
  }

  Path tarGz(Path file) throws IOException {
    return Files.write(file, tarGz());
  }

  static byte[] gzip(byte[] plain) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(plain);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return packed.toByteArray();
  }

  /** A release as publishers pack it: one folder with everything in it. */
  static TarWriter release(String version, String rule) {
    String root = "coreruleset-" + version + "/";
    return new TarWriter()
        .entry(
            "pax_global_header",
            'g',
            "30 comment=0123456789abcdefghi\n".getBytes(StandardCharsets.UTF_8))
        .folder(root)
        .folder(root + "rules/")
        .file(root + "crs-setup.conf.example", "SecDefaultAction \"phase:1,log,pass\"\n")
        .file(root + "LICENSE", "free\n")
        .file(root + "rules/words.data", "sleep\n")
        .file(root + "rules/REQUEST-901.conf", rule.replace("VERSION", version));
  }

  static final String RULE =
      "SecRule ARGS \"@pmFromFile words.data\" \"id:1,phase:2,block,log,ver:'OWASP_CRS/VERSION'\"\n";
}
