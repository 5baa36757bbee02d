package io.weir.waf.regex;

import java.util.List;

/** A regular expression as a tree. */
public sealed interface Node {

  Node EMPTY = new Sequence(List.of());

  /** One octet of a set; an empty set matches nothing. */
  record Octet(ByteSet set) implements Node {}

  record Sequence(List<Node> parts) implements Node {}

  /** The first alternative that leads to a match is preferred. */
  record Choice(List<Node> alternatives) implements Node {}

  /** {@code max} -1 means without limit. */
  record Repeat(Node node, int min, int max, boolean greedy) implements Node {}

  /** A capturing group. */
  record Group(Node node, int index) implements Node {}

  record Assertion(Kind kind) implements Node {}

  /** What holds between two octets. */
  enum Kind {
    TEXT_START,
    TEXT_END,
    /** At the end, or before a newline that is the last octet. */
    TEXT_END_OR_FINAL_NEWLINE,
    LINE_START,
    LINE_END,
    WORD_BOUNDARY,
    NOT_WORD_BOUNDARY
  }
}
