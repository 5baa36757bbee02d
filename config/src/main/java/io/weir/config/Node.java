package io.weir.config;

import java.util.List;

/** A value as it stands in the file, before anybody asks what it means. */
sealed interface Node {
  Mark mark();

  /** How many nodes there are in all, if every alias is written out. */
  long size();

  /**
   * @param plain whether it stands without quotes, so that it may be a number or a truth value
   */
  record Scalar(Mark mark, String text, boolean plain) implements Node {
    @Override
    public long size() {
      return 1;
    }

    /** YAML 1.2 core schema: the ways to write nothing. */
    boolean isNull() {
      return plain
          && switch (text) {
            case "", "~", "null", "Null", "NULL" -> true;
            default -> false;
          };
    }
  }

  record Sequence(Mark mark, List<Node> items, long size) implements Node {}

  record Mapping(Mark mark, List<Entry> entries, long size) implements Node {}

  record Entry(Mark mark, String key, Node value) {}
}
