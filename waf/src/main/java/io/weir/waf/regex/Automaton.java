package io.weir.waf.regex;

import static io.weir.waf.regex.Program.ASSERT;
import static io.weir.waf.regex.Program.MATCH;
import static io.weir.waf.regex.Program.OCTET;
import static io.weir.waf.regex.Program.SPLIT;

import io.weir.waf.regex.Node.Kind;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Tells which of some patterns match anywhere in a text, in one pass over its octets: a
 * deterministic automaton whose states are built when they are first needed, as in Thompson's grep
 * and in RE2.
 *
 * <p>A state is the set of instructions at which the patterns wait after the octets seen so far,
 * without the attempts that begin at each offset anew: those depend on the last two octets only and
 * are kept apart, so that a state costs what is under way and not the number of patterns. What an
 * assertion needs of the octet to come is resolved when that octet is there. The newline before
 * which {@code $} matches needs one octet more: such an attempt goes on with the obligation that
 * the text ends here.
 *
 * <p>Hostile text can ask for a new state with each octet, the more so the more patterns are
 * watched at once. States are therefore built within a {@link WorkBudget} only.
 *
 * <p>Thread-safe. The table of successors grows by copies, and its entries are written once: a
 * reader that sees an old zero looks again under the lock.
 */
public final class Automaton {
  private static final int START = 0;
  private static final int AFTER_NEWLINE = 1;
  private static final int AFTER_WORD = 2;
  private static final int AFTER_OTHER = 3;
  private static final int[] NO_MATCHES = {};
  private static final int CONTEXTS = 4;
  private static final int FIRST_STATES = 8;
  private static final int OBJECT_OVERHEAD = 120;

  /** In place of a successor: no pattern can match any more, whatever follows. */
  private static final int DEAD = Integer.MIN_VALUE;

  /** Units of {@link WorkBudget} for an octet passed along known states. */
  public static final long PASS_WORK = 2;

  /** For a text that one pattern is looked for in. */
  private static final int TEXT_WORK = 50;

  /** For an instruction visited, and for a new state beside that. */
  private static final int STEP_WORK = 7;

  private static final int STATE_WORK = 600;

  /** While there are few states yet. */
  private static final int YOUNG_PART = 2;

  private final Program program;
  private final int[] starts;
  private final int patterns;
  private final byte[] classOf = new byte[256];

  /** For each class one of its octets. */
  private final int[] octetOf;

  /**
   * By class, and one more for the end of the text: which of the program's sets hold its octets.
   */
  private final boolean[][] holds;

  private final boolean watchesWords;
  private final boolean watchesLineStarts;
  private final AutomataMemory memory;
  private final AtomicReference<@Nullable Stepper> spare = new AtomicReference<>();

  /** By context and class; entries are immutable and written when first needed. */
  private final @Nullable Fresh[] fresh;

  /** Entries of a state's row: one for each class, and one for the end of the text. */
  private final int rowLength;

  private volatile Cache cache;
  private volatile @Nullable Boolean anchored;

  public Automaton(List<Program> programs, AutomataMemory memory) {
    starts = new int[programs.size()];
    program = Program.join(programs, starts);
    patterns = programs.size();
    this.memory = memory;
    boolean words = false;
    boolean lines = false;
    boolean lineStarts = false;
    for (int pc = 0; pc < program.op.length; pc++) {
      if (program.op[pc] == ASSERT) {
        Kind kind = Program.kind(program.arg[pc]);
        words |= kind == Kind.WORD_BOUNDARY || kind == Kind.NOT_WORD_BOUNDARY;
        lines |= kind != Kind.WORD_BOUNDARY && kind != Kind.NOT_WORD_BOUNDARY;
        lineStarts |= kind == Kind.LINE_START;
      }
    }
    watchesWords = words;
    watchesLineStarts = lineStarts;
    octetOf = classify(program.sets, words, lines, classOf);
    rowLength = octetOf.length + 1;
    holds = new boolean[rowLength][program.sets.length];
    for (int cls = 0; cls < octetOf.length; cls++) {
      for (int set = 0; set < program.sets.length; set++) {
        holds[cls][set] = program.sets[set].contains(octetOf[cls]);
      }
    }
    fresh = new Fresh[CONTEXTS * rowLength];
    cache = new Cache();
    memory.join(this);
  }

  public int patterns() {
    return patterns;
  }

  /** Octets that no pattern distinguishes share a class; returns an octet for each class. */
  private static int[] classify(ByteSet[] sets, boolean words, boolean lines, byte[] classOf) {
    int[] byOctet = new int[256];
    int classes = 1;
    for (int i = 0; i < sets.length + 2; i++) {
      ByteSet set =
          i < sets.length
              ? sets[i]
              : i == sets.length
                  ? (words ? ByteSet.WORD : ByteSet.NONE)
                  : (lines ? ByteSet.NEWLINE : ByteSet.NONE);
      int[] splitTo = new int[classes];
      int[] outside = new int[classes];
      for (int octet = 0; octet < 256; octet++) {
        if (!set.contains(octet)) {
          outside[byOctet[octet]]++;
        }
      }
      int next = classes;
      for (int octet = 0; octet < 256; octet++) {
        int own = byOctet[octet];
        if (set.contains(octet) && outside[own] > 0) {
          if (splitTo[own] == 0) {
            splitTo[own] = next++;
          }
          byOctet[octet] = splitTo[own];
        }
      }
      classes = next;
    }
    int[] octetOf = new int[classes];
    for (int octet = 255; octet >= 0; octet--) {
      classOf[octet] = (byte) byOctet[octet];
      octetOf[byOctet[octet]] = octet;
    }
    return octetOf;
  }

  /** Drops all states; scans under way finish with those that they hold. */
  void forget() {
    cache = new Cache();
  }

  /**
   * Sets the bits of the patterns that match.
   *
   * @return whether the whole text was looked at; false when the budget for states of automata that
   *     watch many patterns ran out
   */
  public boolean scan(byte[] text, int from, int to, long[] matched, WorkBudget budget) {
    budget.charge(PASS_WORK * (to - from));
    Cache states = cache;
    int[] next = states.next;
    int row = 0;
    for (int i = from; i <= to; i++) {
      int cls = i < to ? classOf[text[i] & 0xff] & 0xff : octetOf.length;
      int successor = next[row + cls];
      if (successor <= 0) {
        if (successor == 0) {
          if (!budget.mayBuildShared()) {
            return false;
          }
          successor = build(states, row, cls, budget, true);
          next = states.next;
        }
        if (successor == DEAD) {
          return true;
        }
        if (successor < 0) {
          successor = -successor;
          note(states.state(successor).matches, matched);
        }
      }
      row = successor;
    }
    return true;
  }

  private static void note(int[] matches, long[] matched) {
    for (int match : matches) {
      matched[match >> 6] |= 1L << match;
    }
  }

  /**
   * Whether any of the patterns matches. When the whole budget is spent meanwhile, {@link
   * WorkBudget#exhausted} is true and the answer means nothing.
   */
  public boolean matches(byte[] text, int from, int to, WorkBudget budget) {
    Cache states = cache;
    int[] next = states.next;
    int row = 0;
    for (int i = from; i <= to; i++) {
      int cls = i < to ? classOf[text[i] & 0xff] & 0xff : octetOf.length;
      int successor = next[row + cls];
      if (successor <= 0) {
        if (successor == 0) {
          if (budget.exhausted()) {
            return false;
          }
          successor = build(states, row, cls, budget, false);
          next = states.next;
        }
        if (successor < 0) {
          budget.charge(TEXT_WORK + PASS_WORK * (i - from));
          return successor != DEAD;
        }
      }
      row = successor;
    }
    budget.charge(TEXT_WORK + PASS_WORK * (to - from));
    return false;
  }

  /**
   * Where it is clear first that there is a match, and since when the attempts were under way one
   * of which led to it.
   *
   * @return the last offset before which no attempt began that was under way then, in the upper
   *     half, and the offset behind the octet that made it clear in the lower one; or -1
   */
  public long firstMatch(byte[] text, int from, int to, WorkBudget budget) {
    Cache states = cache;
    int row = 0;
    int idle = from;
    for (int i = from; i <= to && !budget.exhausted(); i++) {
      int cls = i < to ? classOf[text[i] & 0xff] & 0xff : octetOf.length;
      int successor = states.next[row + cls];
      if (successor == 0) {
        successor = build(states, row, cls, budget, false);
      }
      if (successor == DEAD) {
        return -1;
      }
      if (successor < 0) {
        budget.charge(2 * PASS_WORK * (i - from));
        return (long) idle << 32 | Math.min(i + 1, to);
      }
      row = successor;
      idle = row < CONTEXTS * rowLength ? i + 1 : idle;
    }
    return -1;
  }

  private Stepper takeStepper() {
    Stepper stepper = spare.getAndSet(null);
    return stepper == null ? new Stepper() : stepper;
  }

  /** The entry for a class in a state's row, made if it is not there. */
  private int build(Cache states, int row, int cls, WorkBudget budget, boolean shared) {
    State state = states.state(row);
    Stepper stepper = takeStepper();
    stepper.step(state.kernel, state.kernel.length, state.before, cls);
    int units = (stepper.work * STEP_WORK + STATE_WORK) / (memory.isYoung() ? YOUNG_PART : 1);
    if (shared) {
      budget.chargeShared(units);
    } else {
      budget.charge(units);
    }
    int[] kernel = Arrays.copyOf(stepper.kernel, stepper.kernelLength);
    Arrays.sort(kernel);
    int[] matches = Arrays.copyOf(stepper.matches, stepper.matchCount);
    spare.set(stepper);
    int before = cls == octetOf.length ? AFTER_OTHER : context(octetOf[cls]);
    if (kernel.length + matches.length == 0 && isAnchored()) {
      return states.end(row + cls);
    }
    return states.enter(row + cls, new State(kernel, matches, before));
  }

  /** Whether no attempt begins but at the start of the text; found out when first asked. */
  private boolean isAnchored() {
    Boolean known = anchored;
    if (known == null) {
      known = !beginsLater();
      anchored = known;
    }
    return known;
  }

  private boolean beginsLater() {
    Stepper stepper = new Stepper();
    for (int before = START + 1; before < CONTEXTS; before++) {
      for (int cls = 0; cls < rowLength; cls++) {
        Fresh begun = fresh(before, cls, stepper);
        if (begun.kernel.length + begun.matches.length > 0) {
          return true;
        }
      }
    }
    return false;
  }

  private int context(int octet) {
    if (octet == '\n') {
      return watchesLineStarts ? AFTER_NEWLINE : AFTER_OTHER;
    }
    return watchesWords && ByteSet.WORD.contains(octet) ? AFTER_WORD : AFTER_OTHER;
  }

  /** What the patterns wait for, and the patterns that matched with the last octet. */
  private static final class State {
    /** Instructions times two, plus one if the text has to end here. */
    final int[] kernel;

    final int[] matches;
    final int before;

    State(int[] kernel, int[] matches, int before) {
      this.kernel = kernel;
      this.matches = matches.length == 0 ? NO_MATCHES : matches;
      this.before = before;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof State that
          && before == that.before
          && Arrays.equals(kernel, that.kernel)
          && Arrays.equals(matches, that.matches);
    }

    @Override
    public int hashCode() {
      return (Arrays.hashCode(kernel) * 31 + Arrays.hashCode(matches)) * 31 + before;
    }
  }

  /** The states built so far. */
  private final class Cache {
    private final Map<State, Integer> rows = new HashMap<>();

    /**
     * By row plus class: the row of the next state, negative if patterns match with it, 0 if it was
     * not built, {@link #DEAD} if there is none. The first row is the start's, which is the next of
     * none.
     */
    int[] next = new int[rowLength * FIRST_STATES];

    State[] states = new State[FIRST_STATES];

    Cache() {
      for (int before = 0; before < CONTEXTS; before++) {
        add(new State(NO_MATCHES, NO_MATCHES, before));
      }
    }

    /** A reader without the lock may see an old table, but no half of a state. */
    State state(int row) {
      State[] seen = states;
      int number = row / rowLength;
      State state = number < seen.length ? seen[number] : null;
      return state == null ? stateUnderLock(number) : state;
    }

    private synchronized State stateUnderLock(int number) {
      return states[number];
    }

    synchronized int enter(int entry, State state) {
      Integer known = rows.get(state);
      int row = known == null ? add(state) : known;
      next[entry] = state.matches.length > 0 ? -row : row;
      return next[entry];
    }

    synchronized int end(int entry) {
      next[entry] = DEAD;
      return DEAD;
    }

    private int add(State state) {
      int number = rows.size();
      if (number == states.length) {
        states = Arrays.copyOf(states, 2 * number);
        next = Arrays.copyOf(next, states.length * rowLength);
        memory.took(4L * number * rowLength);
      }
      states[number] = state;
      rows.put(state, number * rowLength);
      memory.took(OBJECT_OVERHEAD + 4L * state.kernel.length);
      return number * rowLength;
    }
  }

  /** The attempts that begin at an offset, after one octet. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Fresh(int[] kernel, int[] matches) {}

  private Fresh fresh(int before, int cls, Stepper stepper) {
    int index = before * rowLength + cls;
    Fresh known = fresh[index];
    if (known == null) {
      known = stepper.freshStep(before, cls);
      fresh[index] = known;
    }
    return known;
  }

  /** One step of the non-deterministic automaton, with its scratch memory. */
  private final class Stepper {
    private final int[] closedMark = new int[2 * program.size()];
    private final int[] openMark = new int[2 * program.size()];
    private int[] stack = new int[64];
    private int stamp;
    int[] kernel = new int[64];
    int kernelLength;
    int[] matches = new int[patterns];
    private final int[] matchMark = new int[patterns];
    int matchCount;
    int work;

    void step(int[] from, int length, int before, int cls) {
      Fresh begun = fresh(before, cls, this);
      begin();
      work = length + begun.kernel.length + 4;
      for (int item : begun.kernel) {
        openItem(item);
      }
      for (int match : begun.matches) {
        match(match);
      }
      for (int i = 0; i < length; i++) {
        proceed(from[i], before, cls);
      }
    }

    Fresh freshStep(int before, int cls) {
      begin();
      for (int start : starts) {
        follow(start, 0, before, cls);
      }
      return new Fresh(Arrays.copyOf(kernel, kernelLength), Arrays.copyOf(matches, matchCount));
    }

    private void begin() {
      stamp++;
      kernelLength = 0;
      matchCount = 0;
    }

    private void proceed(int item, int before, int cls) {
      int pc = item >> 1;
      if ((item & 1) != 0) {
        if (cls == octetOf.length) {
          follow(pc, 0, before, cls);
        }
      } else if (program.op[pc] == OCTET) {
        if (holds[cls][program.arg[pc]]) {
          close(program.out[pc], 0, 0);
        }
      } else {
        follow(pc, 0, before, cls);
      }
    }

    /**
     * Follows instructions that consume nothing, with the next octet known. Mode 1 means that the
     * next octet is a newline and has to be the last one.
     */
    private void follow(int first, int firstMode, int before, int cls) {
      int depth = push(0, first * 2 + firstMode);
      while (depth > 0) {
        int item = stack[--depth];
        if (openMark[item] == stamp) {
          continue;
        }
        openMark[item] = stamp;
        work++;
        int pc = item >> 1;
        int mode = item & 1;
        switch (program.op[pc]) {
          case OCTET -> {
            if (holds[cls][program.arg[pc]]) {
              close(program.out[pc], mode, depth);
            }
          }
          case SPLIT -> {
            depth = push(depth, program.arg[pc] * 2 + mode);
            depth = push(depth, program.out[pc] * 2 + mode);
          }
          case MATCH -> {
            if (mode == 0) {
              match(program.arg[pc]);
            } else {
              openItem(pc * 2 + 1);
            }
          }
          case ASSERT -> {
            Kind kind = Program.kind(program.arg[pc]);
            if (holds(kind, before, cls, mode)) {
              depth = push(depth, program.out[pc] * 2 + mode);
            }
            if (kind == Kind.TEXT_END_OR_FINAL_NEWLINE && mode == 0 && isNewline(cls)) {
              depth = push(depth, program.out[pc] * 2 + 1);
            }
          }
          default -> depth = push(depth, program.out[pc] * 2 + mode);
        }
      }
    }

    /**
     * Adds an instruction to the next kernel, with all that can be reached unconditionally; the
     * stack is in use below {@code bottom}.
     */
    private void close(int first, int mode, int bottom) {
      int depth = push(bottom, first * 2 + mode);
      while (depth > bottom) {
        int item = stack[--depth];
        if (closedMark[item] == stamp) {
          continue;
        }
        work++;
        int pc = item >> 1;
        switch (program.op[pc]) {
          case OCTET, ASSERT -> openItem(item);
          case SPLIT -> {
            closedMark[item] = stamp;
            depth = push(depth, program.arg[pc] * 2 + mode);
            depth = push(depth, program.out[pc] * 2 + mode);
          }
          case MATCH -> {
            if (mode == 0) {
              closedMark[item] = stamp;
              match(program.arg[pc]);
            } else {
              openItem(item);
            }
          }
          default -> {
            closedMark[item] = stamp;
            depth = push(depth, program.out[pc] * 2 + mode);
          }
        }
      }
    }

    private int push(int depth, int item) {
      if (depth == stack.length) {
        stack = Arrays.copyOf(stack, depth * 2);
      }
      stack[depth] = item;
      return depth + 1;
    }

    private void openItem(int item) {
      if (closedMark[item] == stamp) {
        return;
      }
      closedMark[item] = stamp;
      if (kernelLength == kernel.length) {
        kernel = Arrays.copyOf(kernel, kernelLength * 2);
      }
      kernel[kernelLength++] = item;
    }

    private void match(int pattern) {
      if (matchMark[pattern] != stamp) {
        matchMark[pattern] = stamp;
        matches[matchCount++] = pattern;
      }
    }

    private boolean isNewline(int cls) {
      return cls < octetOf.length && octetOf[cls] == '\n';
    }

    private boolean holds(Kind kind, int before, int cls, int mode) {
      boolean end = cls == octetOf.length;
      return switch (kind) {
        case TEXT_START -> before == START;
        case TEXT_END -> end;
        case TEXT_END_OR_FINAL_NEWLINE -> end || mode == 1;
        case LINE_START -> before == START || before == AFTER_NEWLINE && !end;
        case LINE_END -> end || isNewline(cls);
        case WORD_BOUNDARY -> wordBoundary(before, cls);
        case NOT_WORD_BOUNDARY -> !wordBoundary(before, cls);
      };
    }

    private boolean wordBoundary(int before, int cls) {
      boolean after = cls < octetOf.length && ByteSet.WORD.contains(octetOf[cls]);
      return (before == AFTER_WORD) != after;
    }
  }
}
