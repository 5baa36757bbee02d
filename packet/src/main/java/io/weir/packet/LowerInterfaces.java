package io.weir.packet;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Which interfaces stand on another: VLANs, bonds, bridges. A route names the upper one, frames
 * come in on the lower one.
 */
final class LowerInterfaces {

  private LowerInterfaces() {}

  /**
   * Returns the names of all interfaces that stand on {@code name}, directly or not.
   *
   * @param net where each interface has a directory, {@code /sys/class/net}
   */
  static Set<String> above(Path net, String name) {
    Set<String> found = new LinkedHashSet<>();
    collect(net, name, found);
    return found;
  }

  private static void collect(Path net, String name, Set<String> found) {
    try (DirectoryStream<Path> uppers = Files.newDirectoryStream(net.resolve(name), "upper_*")) {
      for (Path link : uppers) {
        String upper = link.getFileName().toString().substring("upper_".length());
        if (found.add(upper)) {
          collect(net, upper, found);
        }
      }
    } catch (IOException e) {
      // An interface that has gone meanwhile stands on nothing.
    }
  }
}
