package io.weir.config;

/**
 * Reads a configuration: bytes in, a {@link Config} or all its problems out. Pure: it opens no
 * file.
 */
public final class ConfigReader {
  /** The largest file that is read, in bytes. */
  public static final int MAX_BYTES = Yaml.MAX_BYTES;

  private ConfigReader() {}

  /**
   * Reads a configuration. Whatever the bytes are, it throws nothing.
   *
   * @param bytes the content of the file, YAML 1.2 in UTF-8
   * @param fileName the name of the file, for messages only
   */
  public static ConfigResult read(byte[] bytes, String fileName) {
    Problems problems = new Problems(fileName);
    Node root = Yaml.read(bytes, problems);
    if (root == null) {
      return new ConfigResult.Refused(problems.list());
    }
    Config config = new Binder(problems).bind(root);
    new ConfigCheck(config, problems).check();
    return problems.none()
        ? new ConfigResult.Accepted(config)
        : new ConfigResult.Refused(problems.list());
  }
}
