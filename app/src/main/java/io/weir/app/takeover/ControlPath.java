package io.weir.app.takeover;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;

/** Where the running and the new process of one configuration meet. */
public final class ControlPath {
  private ControlPath() {}

  /**
   * The Unix socket of the process that serves this configuration, by the file's real name: in
   * {@code $XDG_RUNTIME_DIR/weir}, else in {@code /run/weir} for root, else in a folder of the
   * user's own in the one for temporary files.
   */
  public static Path of(Path configFile, Map<String, String> environment) throws IOException {
    String real = configFile.toRealPath().toString();
    return folder(environment).resolve(digest(real) + ".sock");
  }

  private static Path folder(Map<String, String> environment) throws IOException {
    String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    if (!runtime.isEmpty()) {
      return Path.of(runtime, "weir");
    }
    int uid = uid();
    return uid == 0
        ? Path.of("/run/weir")
        : Path.of(System.getProperty("java.io.tmpdir"), "weir-" + uid);
  }

  /** Short enough for the 108 octets of a Unix socket's name. */
  private static String digest(String text) {
    try {
      byte[] sha256 =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha256, 0, 8);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("SHA-256 is part of every JDK", impossible);
    }
  }

  /** Makes the folder of a socket where there is none, for this user only. */
  static void makeFolder(Path socket) throws IOException {
    Path folder = Objects.requireNonNull(socket.toAbsolutePath().getParent());
    if (!Files.exists(folder)) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }

  /** The user of this process. */
  static int uid() throws IOException {
    return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid", LinkOption.NOFOLLOW_LINKS);
  }
}
