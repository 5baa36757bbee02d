package io.weir.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * One file of the smuggling corpus.
 *
 * <pre>
 * why a reader could be confused, with the clause
 * the verdict, see {@link SmugglingTest}
 *
 * what is said
 * ----
 * what comes of it
 * </pre>
 *
 * Ends of lines in the file mean nothing; octets are {@code \r \n \t \0 \\ \xHH}, and {@code
 * \(9*text)} is text nine times. The class of a case is its folder.
 *
 * @param name folder and file
 * @param why what makes it dangerous, and the clause
 * @param verdict words; the first says what happens
 * @param sections raw text of each part, with the file's ends of lines
 */
record SmugglingCase(String name, String why, List<String> verdict, List<String> sections) {
  private static final Path FOLDER = Path.of("../proxy/src/test/cases/smuggling");

  /** All of them, in the order of their names. */
  static List<SmugglingCase> all() {
    try (Stream<Path> files = Files.walk(FOLDER)) {
      return files.filter(Files::isRegularFile).sorted().map(SmugglingCase::read).toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static SmugglingCase read(Path file) {
    try {
      String[] parts = Files.readString(file, UTF_8).split("\n", 4);
      return new SmugglingCase(
          FOLDER.relativize(file).toString(),
          parts[0],
          Arrays.asList(parts[1].split(" ", -1)),
          Arrays.asList(parts[3].split("----\n", -1)));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  boolean isHttp2() {
    return name.startsWith("http2");
  }

  boolean isResponse() {
    return name.startsWith("response");
  }

  /** What happens: {@code refused}, {@code forwarded} and so on. */
  String outcome() {
    return verdict.getFirst();
  }

  boolean says(String word) {
    return verdict.contains(word);
  }

  /** The octets of a part, each a character. */
  String text(int section) {
    return new String(octets(section), ISO_8859_1);
  }

  byte[] octets(int section) {
    return unescape(sections.get(section).replace("\n", ""));
  }

  static byte[] unescape(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        out.write(c);
        continue;
      }
      c = text.charAt(++i);
      switch (c) {
        case 'r' -> out.write('\r');
        case 'n' -> out.write('\n');
        case 't' -> out.write('\t');
        case '0' -> out.write(0);
        case 'x' -> {
          out.write(Integer.parseInt(text.substring(i + 1, i + 3), 16));
          i += 2;
        }
        case '(' -> {
          int star = text.indexOf('*', i);
          int end = text.indexOf(')', i);
          String repeated = text.substring(star + 1, end);
          int times = Integer.parseInt(text.substring(i + 1, star));
          out.writeBytes(unescape(repeated.repeat(times)));
          i = end;
        }
        default -> out.write(c);
      }
    }
    return out.toByteArray();
  }

  @Override
  public String toString() {
    return name + ": " + why;
  }
}
