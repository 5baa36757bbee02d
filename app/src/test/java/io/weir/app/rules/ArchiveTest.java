package io.weir.app.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveTest {
  @TempDir private Path folder;

  @Test
  void unpacksFilesAndFolders() throws IOException {
    String longName = "a".repeat(90) + "/" + "b".repeat(90) + "/rules.conf";
    unpack(
        new TarWriter()
            .folder("top/")
            .file("top/one.conf", "1")
            .file("other/without/folder.conf", "x".repeat(1000))
            .longName(longName)
            .file("short", "2"));
    assertThat(out("top/one.conf")).hasContent("1");
    assertThat(out("other/without/folder.conf")).hasContent("x".repeat(1000));
    assertThat(out(longName)).hasContent("2");
  }

  @Test
  void unpacksWhatTheTarProgramPacks() throws Exception {
    Path source = Files.createDirectories(folder.resolve("source/" + "deep/".repeat(30)));
    Files.writeString(source.resolve("rules.conf"), "SecMarker END\n");
    for (String format : new String[] {"ustar", "pax"}) {
      Path archive = folder.resolve(format + ".tar.gz");
      Process tar =
          new ProcessBuilder(
                  "tar",
                  "-C",
                  folder.toString(),
                  "-czf",
                  archive.toString(),
                  "--format=" + format,
                  "source")
              .inheritIO()
              .start();
      assertThat(tar.waitFor()).isZero();
      Path target = Files.createDirectory(folder.resolve(format));
      Archive.unpack(Files.newInputStream(archive), target);
      assertThat(target.resolve("source/" + "deep/".repeat(30) + "rules.conf"))
          .hasContent("SecMarker END");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../out",
        "a/../../out",
        "/etc/out",
        "a//b",
        "./a",
        "a/./b",
        "..",
        "",
        "a\\b",
        "a\nb",
        "c:out ",
        "a\u001b[2Jb",
        "ü"
      })
  void refusesNamesThatAreNotPlain(String name) throws IOException {
    assertRefused(new TarWriter().file(name, "x"), "a name in the archive");
    assertRefused(new TarWriter().longName(name).file("a", "x"), "a name in the archive");
    assertRefused(new TarWriter().folder(name + "/../x"), "a name in the archive");
    assertThat(written()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(chars = {'1', '2', '3', '4', '6', 'L', 'K', 'S', '7', ' '})
  void refusesLinksAndDevices(char type) throws IOException {
    assertRefused(new TarWriter().entry("link", type, new byte[0]), "expected: a file or a folder");
    assertThat(written()).isEmpty();
  }

  @Test
  void writesNothingTwice() {
    assertRefused(new TarWriter().file("a", "1").file("a", "2"), "a");
    assertThat(out("a")).hasContent("1");
    assertRefused(new TarWriter().file("b", "1").file("b/c", "2"), "b");
  }

  @Test
  void refusesMoreThanItMayUnpack() {
    long size = Archive.MAX_UNPACKED + 1;
    assertRefused(new TarWriter().entry("big", '0', size, new byte[0]), "octets in the archive");
    TarWriter many = new TarWriter();
    for (int i = 0; i <= Archive.MAX_ENTRIES; i++) {
      many.folder("f" + i);
    }
    assertRefused(many, "more than 5000 files");
  }

  @Test
  void refusesDamagedArchives() {
    byte[] tar = new TarWriter().file("a", "x".repeat(2000)).tar();
    assertRefused(TarWriter.gzip(Arrays.copyOf(tar, 1000)), "cut off");
    assertRefused(TarWriter.gzip(Arrays.copyOf(tar, 100)), "cut off");
    assertRefused(TarWriter.gzip("no archive".repeat(100).getBytes(StandardCharsets.UTF_8)), "");
    assertRefused("no gzip".getBytes(StandardCharsets.UTF_8), "");
    assertRefused(new byte[0], "");
    tar[0] = 'b';
    assertRefused(TarWriter.gzip(tar), "damaged");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9999 path=a\n",
        "5 path=abc\n",
        "x path=a\n",
        "10 path=a",
        "0 \n",
        "99999999999999 path=a\n"
      })
  void refusesDamagedExtendedHeaders(String records) {
    byte[] octets = records.getBytes(StandardCharsets.UTF_8);
    assertRefused(new TarWriter().entry("pax", 'x', octets).file("a", "x"), "extended header");
  }

  @Test
  void refusesHugeExtendedHeaders() {
    assertRefused(new TarWriter().entry("pax", 'x', 1 << 20, new byte[0]), "extended header");
  }

  @Test
  void refusesAnotherChecksum() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "abc");
    String right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    Archive.verify(file, right);
    Archive.verify(file, right.toUpperCase(java.util.Locale.ROOT));
    assertThatThrownBy(() -> Archive.verify(file, right.replace('b', 'c')))
        .hasMessageContaining("SHA-256 of the archive: " + right);
  }

  // ------------------------------------------------------------------ fixture

  private void unpack(TarWriter tar) throws IOException {
    unpack(tar.tarGz());
  }

  private void unpack(byte[] archive) throws IOException {
    Path target = folder.resolve("out");
    RuleStore.delete(target);
    Archive.unpack(new ByteArrayInputStream(archive), Files.createDirectory(target));
  }

  private void assertRefused(TarWriter tar, String message) {
    assertRefused(tar.tarGz(), message);
  }

  private void assertRefused(byte[] archive, String message) {
    assertThatThrownBy(() -> unpack(archive))
        .isInstanceOf(IOException.class)
        .hasStackTraceContaining(message);
  }

  private Path out(String name) {
    return folder.resolve("out").resolve(name);
  }

  private Stream<Path> written() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList().stream();
    }
  }
}
