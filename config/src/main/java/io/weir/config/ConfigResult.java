package io.weir.config;

import java.util.List;

/** What reading a configuration comes to. */
public sealed interface ConfigResult {

  /**
   * The configuration is right.
   *
   * @param places where its keys stand in the file
   */
  record Accepted(Config config, Places places) implements ConfigResult {}

  /**
   * The configuration is refused as a whole.
   *
   * @param problems all of them, at least one, in the order of the file
   */
  record Refused(List<Problem> problems) implements ConfigResult {}
}
