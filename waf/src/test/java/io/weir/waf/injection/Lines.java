package io.weir.waf.injection;

import io.weir.waf.transform.Octets;
import io.weir.waf.transform.Transformation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Lines of corpora. */
final class Lines {
  private Lines() {}

  /** URL-encoded values, decoded; without comments and empty lines. */
  static List<byte[]> read(Path file) throws IOException {
    List<byte[]> lines = new ArrayList<>();
    for (String line : Files.readString(file, StandardCharsets.ISO_8859_1).split("\n", -1)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      byte[] octets = line.strip().getBytes(StandardCharsets.ISO_8859_1);
      Octets decoded = new Octets(octets.length);
      Transformation.URL_DECODE_UNI.apply(octets, 0, octets.length, decoded);
      lines.add(decoded.toArray());
    }
    return lines;
  }

  /** Lines of a file, or of all files of a folder, as they are. */
  static List<byte[]> plain(Path path, int max) throws IOException {
    List<byte[]> lines = new ArrayList<>();
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        for (String line : Files.readString(file, StandardCharsets.ISO_8859_1).split("\n", -1)) {
          if (!line.isBlank() && lines.size() < max) {
            lines.add(line.strip().getBytes(StandardCharsets.ISO_8859_1));
          }
        }
      }
    }
    return lines;
  }
}
