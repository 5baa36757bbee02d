package io.weir.waf.regex;

import java.util.BitSet;

/**
 * The obvious way to match: for each node the set of offsets at which a match of it can end, given
 * the set at which it may begin. No automaton, no order of preference, no state but these sets.
 */
final class SlowMatcher {
  private final byte[] text;

  SlowMatcher(byte[] text) {
    this.text = text;
  }

  /** Whether the pattern matches anywhere. */
  boolean matches(Node node) {
    BitSet everywhere = new BitSet();
    everywhere.set(0, text.length + 1);
    return !ends(node, everywhere).isEmpty();
  }

  BitSet ends(Node node, BitSet begins) {
    return switch (node) {
      case Node.Octet octet -> {
        BitSet ends = new BitSet();
        begins.stream()
            .filter(at -> at < text.length && octet.set().contains(text[at] & 0xff))
            .forEach(at -> ends.set(at + 1));
        yield ends;
      }
      case Node.Sequence sequence -> {
        BitSet ends = begins;
        for (Node part : sequence.parts()) {
          ends = ends(part, ends);
        }
        yield ends;
      }
      case Node.Choice choice -> {
        BitSet ends = new BitSet();
        choice.alternatives().forEach(alternative -> ends.or(ends(alternative, begins)));
        yield ends;
      }
      case Node.Group group -> ends(group.node(), begins);
      case Node.Assertion assertion -> {
        BitSet ends = new BitSet();
        begins.stream().filter(at -> holds(assertion.kind(), at)).forEach(ends::set);
        yield ends;
      }
      case Node.Repeat repeat -> repeat(repeat, begins);
    };
  }

  private BitSet repeat(Node.Repeat repeat, BitSet begins) {
    BitSet ends = begins;
    for (int i = 0; i < repeat.min(); i++) {
      ends = ends(repeat.node(), ends);
    }
    BitSet all = (BitSet) ends.clone();
    // A set of offsets that no longer grows stays: more rounds than offsets change nothing.
    int rounds = repeat.max() < 0 ? text.length + 1 : repeat.max() - repeat.min();
    for (int i = 0; i < Math.min(rounds, text.length + 1); i++) {
      ends = ends(repeat.node(), ends);
      all.or(ends);
    }
    return all;
  }

  private boolean holds(Node.Kind kind, int at) {
    int length = text.length;
    return switch (kind) {
      case TEXT_START -> at == 0;
      case TEXT_END -> at == length;
      case TEXT_END_OR_FINAL_NEWLINE -> at == length || at == length - 1 && text[at] == '\n';
      case LINE_START -> at == 0 || at < length && text[at - 1] == '\n';
      case LINE_END -> at == length || text[at] == '\n';
      case WORD_BOUNDARY -> word(at - 1) != word(at);
      case NOT_WORD_BOUNDARY -> word(at - 1) == word(at);
    };
  }

  private boolean word(int at) {
    return at >= 0 && at < text.length && ByteSet.WORD.contains(text[at] & 0xff);
  }
}
