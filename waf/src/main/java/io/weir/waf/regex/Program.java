package io.weir.waf.regex;

import io.weir.waf.regex.Node.Assertion;
import io.weir.waf.regex.Node.Choice;
import io.weir.waf.regex.Node.Group;
import io.weir.waf.regex.Node.Kind;
import io.weir.waf.regex.Node.Octet;
import io.weir.waf.regex.Node.Repeat;
import io.weir.waf.regex.Node.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A pattern compiled to instructions of a non-deterministic automaton (Thompson's construction,
 * after Cox, "Regular Expression Matching: the Virtual Machine Approach"). Counted repetitions are
 * written out, so that each instruction is one state.
 */
public final class Program {
  static final int OCTET = 0;
  static final int SPLIT = 1;
  static final int SAVE = 2;
  static final int ASSERT = 3;
  static final int MATCH = 4;
  static final int JUMP = 5;

  private static final int MAX_SIZE = 120_000;

  final int[] op;

  /** Target; of a SPLIT the preferred one. */
  final int[] out;

  /** OCTET: index of the set; SPLIT: second target; SAVE: slot; ASSERT: kind; MATCH: pattern. */
  final int[] arg;

  final ByteSet[] sets;
  final int start;
  final int groups;

  Program(int[] op, int[] out, int[] arg, ByteSet[] sets, int start, int groups) {
    this.op = op;
    this.out = out;
    this.arg = arg;
    this.sets = sets;
    this.start = start;
    this.groups = groups;
  }

  public static Program compile(RegexParser.Parsed parsed) throws RegexException {
    Builder builder = new Builder();
    int start = builder.emit(parsed.node(), builder.add(MATCH, 0, 0));
    return builder.build(start, parsed.groups());
  }

  public int size() {
    return op.length;
  }

  /** Whether all instructions are such, and point to instructions, sets, groups and kinds. */
  boolean isSound() {
    int size = op.length;
    boolean sound = size > 0 && size <= MAX_SIZE && start >= 0 && start < size;
    sound &= groups >= 0 && groups <= MAX_SIZE;
    for (int pc = 0; pc < size && sound; pc++) {
      int limit =
          switch (op[pc]) {
            case OCTET -> sets.length;
            case SPLIT -> size;
            case SAVE -> 2 * groups + 2;
            case ASSERT -> KINDS.length;
            case MATCH, JUMP -> Integer.MAX_VALUE;
            default -> 0;
          };
      sound = out[pc] >= 0 && out[pc] < size && arg[pc] >= 0 && arg[pc] < limit;
    }
    return sound;
  }

  public int groups() {
    return groups;
  }

  /** Writes instructions from the end to the start: the target of each is known when it is made. */
  private static final class Builder {
    private int[] op = new int[64];
    private int[] out = new int[64];
    private int[] arg = new int[64];
    private int size;
    private final Map<ByteSet, Integer> setIndex = new HashMap<>();
    private final List<ByteSet> sets = new ArrayList<>();

    int add(int operation, int target, int argument) throws RegexException {
      if (size == MAX_SIZE) {
        throw new RegexException("pattern too large (expected: at most " + MAX_SIZE + " states)");
      }
      if (size == op.length) {
        op = Arrays.copyOf(op, size * 2);
        out = Arrays.copyOf(out, size * 2);
        arg = Arrays.copyOf(arg, size * 2);
      }
      op[size] = operation;
      out[size] = target;
      arg[size] = argument;
      return size++;
    }

    int emit(Node node, int next) throws RegexException {
      return switch (node) {
        case Octet octet -> add(OCTET, next, setIndex(octet.set()));
        case Sequence sequence -> {
          int target = next;
          for (int i = sequence.parts().size() - 1; i >= 0; i--) {
            target = emit(sequence.parts().get(i), target);
          }
          yield target;
        }
        case Choice choice -> {
          List<Node> alternatives = choice.alternatives();
          int target = emit(alternatives.getLast(), next);
          for (int i = alternatives.size() - 2; i >= 0; i--) {
            target = add(SPLIT, emit(alternatives.get(i), next), target);
          }
          yield target;
        }
        case Group group -> {
          int close = add(SAVE, next, 2 * group.index() + 1);
          yield add(SAVE, emit(group.node(), close), 2 * group.index());
        }
        case Assertion assertion -> add(ASSERT, next, assertion.kind().ordinal());
        case Repeat repeat -> emitRepeat(repeat, next);
      };
    }

    private int emitRepeat(Repeat repeat, int next) throws RegexException {
      int target = next;
      if (repeat.max() < 0) {
        // The loop's split is made first and patched, since body and split point at each other.
        int loop = add(SPLIT, 0, 0);
        int body = emit(repeat.node(), loop);
        patch(loop, body, next, repeat.greedy());
        // x+ enters at the body: one copy less than xx*.
        if (repeat.min() == 0) {
          return loop;
        }
        target = body;
        for (int i = 1; i < repeat.min(); i++) {
          target = emit(repeat.node(), target);
        }
        return target;
      }
      for (int i = repeat.min(); i < repeat.max(); i++) {
        int body = emit(repeat.node(), target);
        int split = add(SPLIT, 0, 0);
        patch(split, body, next, repeat.greedy());
        target = split;
      }
      for (int i = 0; i < repeat.min(); i++) {
        target = emit(repeat.node(), target);
      }
      return target;
    }

    private void patch(int split, int body, int skip, boolean greedy) {
      out[split] = greedy ? body : skip;
      arg[split] = greedy ? skip : body;
    }

    private int setIndex(ByteSet set) {
      return setIndex.computeIfAbsent(
          set,
          added -> {
            sets.add(added);
            return sets.size() - 1;
          });
    }

    Program build(int start, int groups) {
      return new Program(
          Arrays.copyOf(op, size),
          Arrays.copyOf(out, size),
          Arrays.copyOf(arg, size),
          sets.toArray(ByteSet[]::new),
          start,
          groups);
    }
  }

  static Kind kind(int ordinal) {
    return KINDS[ordinal];
  }

  private static final Kind[] KINDS = Kind.values();
}
