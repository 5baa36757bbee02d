package io.weir.app.rules;

import io.weir.waf.RuleException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Brings a release into the {@link RuleStore}: checks its checksum, unpacks it beside what is
 * there, compiles it, and only then puts it in place. What fails leaves nothing behind.
 */
final class Installer {
  private final RuleStore store;
  private final Download download;

  Installer(RuleStore store, Download download) {
    this.store = store;
    this.download = download;
  }

  /** From an address. */
  RuleFolder install(String name, URI address, String sha256)
      throws IOException, RuleException, InterruptedException {
    Path archive = temporaryFile();
    try {
      download.fetch(address, archive, Archive.MAX_PACKED);
      return installVerified(name, archive, sha256);
    } finally {
      Files.delete(archive);
    }
  }

  /** From a file that somebody else fetched; of a copy, which nobody changes in between. */
  RuleFolder install(String name, Path file, String sha256) throws IOException, RuleException {
    Path archive = temporaryFile();
    try {
      Files.copy(file, archive, StandardCopyOption.REPLACE_EXISTING);
      return installVerified(name, archive, sha256);
    } finally {
      Files.delete(archive);
    }
  }

  private static Path temporaryFile() throws IOException {
    return Files.createTempFile("weir-rules-", ".tar.gz");
  }

  private RuleFolder installVerified(String name, Path archive, String sha256)
      throws IOException, RuleException {
    Archive.verify(archive, sha256);
    Path staged = store.stage();
    try {
      Path unpacked = Files.createDirectory(staged.resolve("unpacked"));
      try (InputStream in = Files.newInputStream(archive)) {
        Archive.unpack(in, unpacked);
      }
      RuleFolder set = RuleFolder.of(root(unpacked));
      set.compile();
      store.install(name, set);
      return RuleFolder.of(store.find(name).orElseThrow());
    } finally {
      RuleStore.delete(staged);
    }
  }

  /** Releases have all their files in one folder. */
  private static Path root(Path unpacked) throws IOException {
    try (Stream<Path> entries = Files.list(unpacked)) {
      List<Path> found = entries.toList();
      return found.size() == 1 ? found.getFirst() : unpacked;
    }
  }
}
