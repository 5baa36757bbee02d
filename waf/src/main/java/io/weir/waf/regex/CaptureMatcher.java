package io.weir.waf.regex;

import static io.weir.waf.regex.Program.ASSERT;
import static io.weir.waf.regex.Program.MATCH;
import static io.weir.waf.regex.Program.OCTET;
import static io.weir.waf.regex.Program.SPLIT;

import java.util.Arrays;

/**
 * Finds where a pattern matches, and its groups: the leftmost match, alternatives and repetitions
 * preferred as a backtracking matcher would, in time linear in text and pattern (Pike's algorithm,
 * after Cox). Used after an {@link Automaton} has told that the pattern matches.
 *
 * <p>Confined to one thread.
 */
public final class CaptureMatcher {
  /** Groups beyond the tenth (0 to 9) are not reported. */
  public static final int SLOTS = 20;

  private static final int STEP_WORK = 12;

  private final Program program;
  private final int slots;
  private int[] current;
  private int[] next;
  private int currentLength;
  private int nextLength;
  private int[] currentSlots;
  private int[] nextSlots;
  private final int[] mark;
  private int stamp;
  private int[] stack = new int[64];
  private final int[] working;
  private final int[] found = new int[SLOTS];

  /** Octets with which a match can begin; all if it can be empty. */
  private final ByteSet first;

  public CaptureMatcher(Program program) {
    this.program = program;
    slots = Math.min(SLOTS, 2 * (program.groups + 1));
    current = new int[64];
    next = new int[64];
    currentSlots = new int[64 * slots];
    nextSlots = new int[64 * slots];
    mark = new int[program.size()];
    working = new int[slots];
    first = firstOctets();
  }

  private ByteSet firstOctets() {
    ByteSet octets = ByteSet.NONE;
    boolean[] seen = new boolean[program.size()];
    int depth = push(0, program.start);
    while (depth > 0) {
      int pc = stack[--depth];
      if (seen[pc]) {
        continue;
      }
      seen[pc] = true;
      switch (program.op[pc]) {
        case OCTET -> octets = octets.union(program.sets[program.arg[pc]]);
        case MATCH -> {
          return ByteSet.ALL;
        }
        case SPLIT -> {
          depth = push(depth, program.arg[pc]);
          depth = push(depth, program.out[pc]);
        }
        default -> depth = push(depth, program.out[pc]);
      }
    }
    return octets;
  }

  /**
   * Offsets of the groups after a match: start and end of the whole, of the first group …; or -1.
   */
  public int[] found() {
    return found;
  }

  /** Looks for the leftmost match that begins at {@code begin} or later. */
  public boolean find(byte[] text, int from, int begin, int to, WorkBudget budget) {
    return find(text, from, begin, to, to, false, budget);
  }

  /** Looks for the match that ends first, at {@code limit} at the latest. */
  public boolean findFirst(byte[] text, int from, int begin, int limit, int to, WorkBudget budget) {
    return find(text, from, begin, limit, to, true, budget);
  }

  private boolean find(
      byte[] text, int from, int begin, int limit, int to, boolean endsFirst, WorkBudget budget) {
    Arrays.fill(found, -1);
    boolean matched = false;
    currentLength = 0;
    for (int at = begin; ; at++) {
      stamp++;
      nextLength = 0;
      // The threads of the last step were added with at as their position already.
      if (!matched && (at < to ? first.contains(text[at] & 0xff) : first.equals(ByteSet.ALL))) {
        beginStamp(currentLength);
        Arrays.fill(working, -1);
        working[0] = at;
        addCurrent(text, from, to, at);
      }
      if (currentLength == 0 && matched) {
        return true;
      }
      int octet = at < to ? text[at] & 0xff : -1;
      stamp++;
      budget.charge(STEP_WORK * (currentLength + 1L));
      if (budget.exhausted()) {
        return false;
      }
      for (int thread = 0; thread < currentLength; thread++) {
        int pc = current[thread];
        if (program.op[pc] == MATCH) {
          System.arraycopy(currentSlots, thread * slots, found, 0, slots);
          found[1] = at;
          matched = true;
          if (endsFirst) {
            return true;
          }
          break; // what follows has lower priority
        }
        if (octet >= 0 && program.sets[program.arg[pc]].contains(octet)) {
          System.arraycopy(currentSlots, thread * slots, working, 0, slots);
          addNext(program.out[pc], text, from, to, at + 1);
        }
      }
      swap();
      if (at >= limit) {
        return matched;
      }
    }
  }

  /** Marks what is in the list already, so that a new attempt adds only what is new. */
  private void beginStamp(int length) {
    for (int i = 0; i < length; i++) {
      mark[current[i]] = stamp;
    }
  }

  private void addCurrent(byte[] text, int from, int to, int at) {
    int[] keptNext = next;
    int[] keptSlots = nextSlots;
    int keptLength = nextLength;
    next = current;
    nextSlots = currentSlots;
    nextLength = currentLength;
    addNext(program.start, text, from, to, at);
    current = next;
    currentSlots = nextSlots;
    currentLength = nextLength;
    next = keptNext;
    nextSlots = keptSlots;
    nextLength = keptLength;
  }

  private void swap() {
    int[] list = current;
    current = next;
    next = list;
    int[] values = currentSlots;
    currentSlots = nextSlots;
    nextSlots = values;
    currentLength = nextLength;
  }

  /**
   * Adds an instruction and what it leads to without consuming, in order of priority. Entries below
   * zero on the stack restore a slot that was set for the branch before.
   */
  private void addNext(int first, byte[] text, int from, int to, int at) {
    int depth = push(0, first);
    while (depth > 0) {
      int pc = stack[--depth];
      if (pc < 0) {
        working[-1 - pc] = stack[--depth];
        continue;
      }
      if (mark[pc] == stamp) {
        continue;
      }
      mark[pc] = stamp;
      switch (program.op[pc]) {
        case OCTET, MATCH -> append(pc);
        case SPLIT -> {
          depth = push(depth, program.arg[pc]);
          depth = push(depth, program.out[pc]);
        }
        case ASSERT -> {
          if (holds(Program.kind(program.arg[pc]), text, from, to, at)) {
            depth = push(depth, program.out[pc]);
          }
        }
        case Program.SAVE -> {
          int slot = program.arg[pc];
          if (slot < slots) {
            depth = push(depth, working[slot]);
            depth = push(depth, -1 - slot);
            working[slot] = at;
          }
          depth = push(depth, program.out[pc]);
        }
        default -> depth = push(depth, program.out[pc]);
      }
    }
  }

  private int push(int depth, int value) {
    if (depth == stack.length) {
      stack = Arrays.copyOf(stack, depth * 2);
    }
    stack[depth] = value;
    return depth + 1;
  }

  private void append(int pc) {
    if (nextLength == next.length) {
      next = Arrays.copyOf(next, nextLength * 2);
      nextSlots = Arrays.copyOf(nextSlots, nextLength * 2 * slots);
    }
    next[nextLength] = pc;
    System.arraycopy(working, 0, nextSlots, nextLength * slots, slots);
    nextLength++;
  }

  private static boolean holds(Node.Kind kind, byte[] text, int from, int to, int at) {
    return switch (kind) {
      case TEXT_START -> at == from;
      case TEXT_END -> at == to;
      case TEXT_END_OR_FINAL_NEWLINE -> at == to || at == to - 1 && text[at] == '\n';
      case LINE_START -> at == from || at < to && text[at - 1] == '\n';
      case LINE_END -> at == to || text[at] == '\n';
      case WORD_BOUNDARY -> isWord(text, from, to, at - 1) != isWord(text, from, to, at);
      case NOT_WORD_BOUNDARY -> isWord(text, from, to, at - 1) == isWord(text, from, to, at);
    };
  }

  private static boolean isWord(byte[] text, int from, int to, int at) {
    return at >= from && at < to && ByteSet.WORD.contains(text[at] & 0xff);
  }
}
