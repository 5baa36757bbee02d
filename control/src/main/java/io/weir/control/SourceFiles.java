package io.weir.control;

import io.weir.control.packet.NetworkListFile;
import io.weir.net.IpPrefix;
import io.weir.proxy.tls.CertificateEntry;
import io.weir.proxy.tls.CertificateLoadException;
import io.weir.proxy.tls.CertificateLoader;
import io.weir.proxy.tls.CertificateLoader.PemFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The files that a configuration is made of, each with a stamp taken before it is read: if its
 * stamp is another later, it has changed since. Certificates whose files have not changed are not
 * read again. Confined to one thread at a time.
 */
final class SourceFiles {
  private record Loaded(List<PemFiles> files, CertificateEntry entry) {}

  private record Networks(String stamp, List<IpPrefix> networks) {}

  private final Path folder;
  private final Map<Path, String> stamps = new HashMap<>();
  private final Map<String, Loaded> certificates = new HashMap<>();
  private final Map<Path, Networks> networks = new HashMap<>();
  private final Map<Path, String> stampsBefore;
  private final Map<String, Loaded> certificatesBefore;
  private final Map<Path, Networks> networksBefore;

  private SourceFiles(
      Path configuration,
      Map<Path, String> stampsBefore,
      Map<String, Loaded> certificatesBefore,
      Map<Path, Networks> networksBefore) {
    Path parent = configuration.toAbsolutePath().getParent();
    this.folder = parent == null ? Path.of("/") : parent;
    this.stampsBefore = stampsBefore;
    this.certificatesBefore = certificatesBefore;
    this.networksBefore = networksBefore;
    note(configuration.toAbsolutePath());
  }

  /** Those of a configuration that is about to be read. */
  static SourceFiles of(Path configuration) {
    return new SourceFiles(configuration, Map.of(), Map.of(), Map.of());
  }

  /** Those of a configuration that is about to be read again. */
  SourceFiles again(Path configuration) {
    return new SourceFiles(configuration, stamps, certificates, networks);
  }

  /** The file that the operator named; relative names start at the configuration's folder. */
  Path resolve(String name) {
    Path path = folder.resolve(name);
    note(path);
    return path;
  }

  /** The configuration's folder. */
  Path folder() {
    return folder;
  }

  private void note(Path path) {
    stamps.computeIfAbsent(path, SourceFiles::stamp);
  }

  /** Loads a certificate with its keys, or takes the one that was loaded before. */
  CertificateEntry certificate(String name, List<PemFiles> files) throws CertificateLoadException {
    Loaded loaded = certificatesBefore.get(name);
    if (loaded == null || !loaded.files.equals(files) || !unchanged(files)) {
      loaded = new Loaded(files, CertificateLoader.load(name, files, Instant.now()));
    }
    certificates.put(name, loaded);
    return loaded.entry;
  }

  /**
   * Reads a file of networks, or takes what was read before; a million lines take a second.
   *
   * @throws IllegalArgumentException if it cannot be read, or a line is no network
   */
  List<IpPrefix> networks(String name) {
    Path path = resolve(name);
    String stamp = stamp(path);
    Networks read = networksBefore.get(path);
    if (read == null || !read.stamp.equals(stamp)) {
      read = new Networks(stamp, readNetworks(path, name));
    }
    networks.put(path, read);
    return read.networks;
  }

  private static List<IpPrefix> readNetworks(Path path, String name) {
    try {
      if (Files.size(path) > NetworkListFile.MAX_BYTES) {
        throw new IllegalArgumentException(
            name + " (expected: at most " + NetworkListFile.MAX_BYTES + " bytes)");
      }
      return NetworkListFile.parse(Files.readAllBytes(path));
    } catch (NoSuchFileException absent) {
      throw new IllegalArgumentException(name + ": no such file", absent);
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(
          name + " cannot be read: " + unreadable.getClass().getSimpleName(), unreadable);
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException(name + ": " + wrong.getMessage(), wrong);
    }
  }

  private boolean unchanged(List<PemFiles> files) {
    return files.stream()
        .flatMap(pair -> Stream.of(pair.chain(), pair.key()))
        .allMatch(path -> stamp(path).equals(stampsBefore.get(path)));
  }

  /** What the stamps are now; equal to {@link #stamps} as long as nothing changes. */
  Map<Path, String> stampsNow() {
    Map<Path, String> now = new HashMap<>();
    stamps.keySet().forEach(path -> now.put(path, stamp(path)));
    return now;
  }

  /** The stamps that were taken. */
  Map<Path, String> stamps() {
    return stamps;
  }

  /** Time, size and inode, so that a file put in place of another of the same second counts too. */
  private static String stamp(Path path) {
    try {
      BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class);
      return found.lastModifiedTime() + " " + found.size() + " " + found.fileKey();
    } catch (IOException absent) {
      return "";
    }
  }
}
