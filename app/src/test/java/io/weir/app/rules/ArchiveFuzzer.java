package io.weir.app.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Whatever an archive says: plain files in the folder, nothing beside it, or a refusal. */
class ArchiveFuzzer {
  @FuzzTest
  void writesNothingOutsideItsFolder(FuzzedDataProvider data) throws IOException {
    Path folder = Files.createTempDirectory("weir-archive-");
    try {
      Path target = Files.createDirectory(folder.resolve("target"));
      unpack(archive(data), target);
      try (Stream<Path> files = Files.walk(folder)) {
        assertThat(files)
            .allMatch(file -> file.equals(folder) || file.startsWith(target))
            .noneMatch(Files::isSymbolicLink)
            .allMatch(file ->
                Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) || Files.isRegularFile(file));
      }
    } finally {
      RuleStore.delete(folder);
    }
  }

  private static void unpack(byte[] archive, Path target) {
    try {
      Archive.unpack(new ByteArrayInputStream(archive), target);
    } catch (IOException refused) {
      assertThat(refused).isNotNull();
    }
  }

  private static byte[] archive(FuzzedDataProvider data) {
    if (data.consumeBoolean()) {
      return TarWriter.gzip(data.consumeRemainingAsBytes());
    }
    TarWriter tar = new TarWriter();
    while (data.remainingBytes() > 0 && data.consumeBoolean()) {
      char type = (char) data.pickValue(new byte[] {'0', '5', 'x', 'g', '1', '2', 0});
      tar.entry(data.consumeAsciiString(90), type, data.consumeBytes(600));
    }
    return TarWriter.gzip(tar.tar());
  }
}
