package io.weir.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads a configuration: bytes in, a {@link Config} or all its problems out. */
public final class ConfigReader {
  /** The largest file that is read, in bytes. */
  public static final int MAX_BYTES = Yaml.MAX_BYTES;

  private ConfigReader() {}

  /**
   * Reads a configuration without opening any file that it names. Whatever the bytes are, it throws
   * nothing.
   *
   * @param bytes the content of the file, YAML 1.2 in UTF-8
   * @param fileName the name of the file, for messages only
   */
  public static ConfigResult read(byte[] bytes, String fileName) {
    return read(bytes, fileName, null);
  }

  /**
   * Reads a configuration from its file, and also checks the certificates and keys that it names:
   * that they are there, belong together and carry the server names they are for. Blocks on the
   * disk.
   *
   * @param file the file; relative names in it start at its folder
   */
  public static ConfigResult load(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        return refused(file, "larger than " + new ByteSize(MAX_BYTES));
      }
      Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file);
      return read(Files.readAllBytes(file), file.toString(), folder);
    } catch (NoSuchFileException e) {
      return refused(file, "no such file");
    } catch (IOException e) {
      return refused(file, "cannot be read: " + e.getClass().getSimpleName());
    }
  }

  private static ConfigResult read(byte[] bytes, String fileName, @Nullable Path folder) {
    Problems problems = new Problems(fileName);
    Node root = Yaml.read(bytes, problems);
    if (root == null) {
      return new ConfigResult.Refused(problems.list());
    }
    Config config = new Binder(problems).bind(root);
    new ConfigCheck(config, problems).check();
    if (folder != null) {
      new FileCheck(config, problems, folder).check();
    }
    return problems.none()
        ? new ConfigResult.Accepted(config, new Places(problems))
        : new ConfigResult.Refused(problems.list());
  }

  private static ConfigResult refused(Path file, String message) {
    return new ConfigResult.Refused(
        List.of(new Problem(file.toString(), 0, 0, "", message, Optional.empty())));
  }
}
