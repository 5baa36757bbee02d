package io.weir.proxy.log;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * The files put aside beside a log file: compresses them and deletes the oldest, in a thread of its
 * own. All that it has to do follows from the names in the folder, so that a process that ends
 * half-way leaves the rest to the next. A lock on the file being made keeps two processes from
 * compressing the same one.
 */
final class RotatedFiles {
  /** Logs hold personal data: readable by their owner and group only. */
  static final FileAttribute<?> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----"));

  private static final System.Logger LOGGER = System.getLogger(RotatedFiles.class.getName());
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final String COMPRESSED = ".gz";
  private static final String UNFINISHED = ".gz.tmp";

  private final Path path;
  private final int keep;
  private final Pattern names;
  private final ExecutorService background =
      new ThreadPoolExecutor(
          0,
          1,
          1,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          Thread.ofPlatform().daemon().name("access-log-compressor").factory());

  RotatedFiles(Path path, int keep) {
    this.path = path;
    this.keep = keep;
    names =
        Pattern.compile(
            Pattern.quote(path.getFileName() + ".") + "\\d{8}T\\d{6}\\.\\d{3}Z(\\.gz)?");
  }

  /** Renames the log file to a name that tells when, and has the rest done in the background. */
  void putAside() throws IOException {
    Instant now = Clock.systemUTC().instant();
    Path aside = aside(now);
    while (Files.exists(aside) || Files.exists(withSuffix(aside, COMPRESSED))) {
      now = now.plusMillis(1);
      aside = aside(now);
    }
    Files.move(path, aside);
    tidyInBackground();
  }

  /** Deletes what is too much and compresses what is not, soon. */
  void tidyInBackground() {
    background.execute(this::tidy);
  }

  private void tidy() {
    try {
      List<Path> found = found();
      int tooMany = Math.max(0, found.size() - keep);
      for (Path old : found.subList(0, tooMany)) {
        Files.deleteIfExists(old);
      }
      for (Path file : found.subList(tooMany, found.size())) {
        if (!file.toString().endsWith(COMPRESSED)) {
          compress(file);
        }
      }
    } catch (IOException e) {
      LOGGER.log(
          Level.WARNING, "access log: cannot compress or delete old files: {0}", e.toString());
    }
  }

  /** The files put aside, oldest first. */
  private List<Path> found() throws IOException {
    Path folder = path.resolveSibling("");
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> names.matcher(file.getFileName().toString()).matches())
          .sorted(Comparator.comparing(Path::toString))
          .toList();
    }
  }

  private static void compress(Path file) throws IOException {
    Path unfinished = withSuffix(file, UNFINISHED);
    try (FileChannel channel = FileChannel.open(unfinished, Set.of(CREATE, WRITE), PRIVATE)) {
      if (!locked(channel)) {
        return;
      }
      // Another process may have finished this file between our listing and our lock.
      if (Files.exists(file)) {
        channel.truncate(0);
        copyCompressed(file, channel);
        Files.move(unfinished, withSuffix(file, COMPRESSED), StandardCopyOption.ATOMIC_MOVE);
        Files.delete(file);
      } else {
        Files.deleteIfExists(unfinished);
      }
    }
  }

  private static void copyCompressed(Path file, FileChannel channel) throws IOException {
    FastGzip compressed = new FastGzip(Channels.newOutputStream(channel));
    Files.copy(file, compressed);
    // Finishing without closing, because closing would give up the lock.
    compressed.finish();
  }

  /**
   * Log lines shrink to a tenth at the fastest level already, at a quarter of the usual one's cost.
   */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out, 64 << 10);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private Path aside(Instant time) {
    return withSuffix(path, "." + STAMP.format(time));
  }

  private static Path withSuffix(Path file, String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }
}
