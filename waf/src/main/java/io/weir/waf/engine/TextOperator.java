package io.weir.waf.engine;

import io.weir.waf.transform.Octets;

/** Operators that compare with a text, which may have macros. */
final class TextOperator extends Operator {

  enum Kind {
    BEGINS_WITH,
    CONTAINS,
    CONTAINS_WORD,
    ENDS_WITH,
    STREQ,
    WITHIN
  }

  private final Kind kind;
  private final Macro argument;
  private final byte[] constant;
  private final boolean isConstant;

  TextOperator(Kind kind, Macro argument) {
    this.kind = kind;
    this.argument = argument;
    isConstant = argument.isConstant();
    constant = argument.constant();
  }

  @Override
  boolean isPure() {
    return isConstant;
  }

  @Override
  boolean matches(byte[] in, int from, int to, Evaluation evaluation) {
    byte[] wanted = isConstant ? constant : expanded(evaluation);
    return switch (kind) {
      case BEGINS_WITH -> Text.startsWith(in, from, to, wanted);
      case CONTAINS -> Text.indexOf(in, from, to, wanted) >= 0;
      case CONTAINS_WORD -> containsWord(in, from, to, wanted);
      case ENDS_WITH ->
          to - from >= wanted.length && Text.startsWith(in, to - wanted.length, to, wanted);
      case STREQ -> to - from == wanted.length && Text.startsWith(in, from, to, wanted);
      case WITHIN -> contains(wanted, in, from, to);
    };
  }

  /** A variable that the rules set is compared as it stands, anything else as it is now. */
  private byte[] expanded(Evaluation evaluation) {
    byte[] text = argument.text(evaluation);
    if (text != null) {
      return text;
    }
    Octets expanded = new Octets(64);
    argument.expand(evaluation, expanded);
    return expanded.toArray();
  }

  private static boolean contains(byte[] text, byte[] in, int from, int to) {
    for (int at = 0; at + to - from <= text.length; at++) {
      if (java.util.Arrays.equals(text, at, at + to - from, in, from, to)) {
        return true;
      }
    }
    return false;
  }

  private static boolean containsWord(byte[] in, int from, int to, byte[] wanted) {
    if (wanted.length == 0) {
      return true;
    }
    for (int at = Text.indexOf(in, from, to, wanted);
        at >= 0;
        at = Text.indexOf(in, at + 1, to, wanted)) {
      int end = at + wanted.length;
      if ((at == from || !isWord(in[at - 1])) && (end == to || !isWord(in[end]))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isWord(int octet) {
    return octet >= '0' && octet <= '9'
        || (octet | 32) >= 'a' && (octet | 32) <= 'z'
        || octet == '_';
  }
}
