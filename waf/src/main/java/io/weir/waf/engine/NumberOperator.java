package io.weir.waf.engine;

/** {@code @eq} and the like: the number at the start of the value; text counts as 0. */
final class NumberOperator extends Operator {

  enum Kind {
    EQ,
    GE,
    GT,
    LE,
    LT
  }

  private final Kind kind;
  private final Macro argument;
  private final boolean isConstant;
  private final int constant;

  NumberOperator(Kind kind, Macro argument) {
    this.kind = kind;
    this.argument = argument;
    isConstant = argument.isConstant();
    byte[] text = argument.constant();
    constant = Text.number(text, 0, text.length);
  }

  @Override
  boolean isPure() {
    return isConstant;
  }

  @Override
  boolean matches(byte[] in, int from, int to, Evaluation evaluation) {
    return matches(Text.number(in, from, to), evaluation);
  }

  boolean matches(int value, Evaluation evaluation) {
    return compare(value, isConstant ? constant : argument.number(evaluation));
  }

  boolean compare(int value, int with) {
    return switch (kind) {
      case EQ -> value == with;
      case GE -> value >= with;
      case GT -> value > with;
      case LE -> value <= with;
      case LT -> value < with;
    };
  }

  /** The slots it reads, to fold it. */
  Macro argument() {
    return argument;
  }
}
