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
 * <p>Hostile text can ask for a new state with each octet. States are therefore built within a
 * {@link WorkBudget} only; past it {@link #scan} gives up, and {@link #scanSingle} goes on without
 * keeping states.
 *
 * <p>Thread-safe. States are immutable but for their table of successors, whose entries are written
 * once: a reader that sees an old null looks again under the lock.
 */
public final class Automaton {
  private static final int START = 0;
  private static final int AFTER_NEWLINE = 1;
  private static final int AFTER_WORD = 2;
  private static final int AFTER_OTHER = 3;
  private static final int[] NO_MATCHES = {};
  private static final int OBJECT_OVERHEAD = 120;

  /** Units of {@link WorkBudget} for an octet passed along known states. */
  public static final long PASS_WORK = 2;

  /** For an instruction visited, and for a new state beside that. */
  private static final int STEP_WORK = 8;

  private static final int STATE_WORK = 400;

  private final Program program;
  private final int[] starts;
  private final int patterns;
  private final byte[] classOf = new byte[256];

  /** For each class one of its octets. */
  private final int[] octetOf;

  private final boolean watchesWords;
  private final boolean watchesLineStarts;
  private final AutomataMemory memory;
  private final AtomicReference<@Nullable Stepper> spare = new AtomicReference<>();

  /** By context and class; entries are immutable and written when first needed. */
  private final @Nullable Fresh[] fresh;

  private volatile Cache cache;

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
    fresh = new Fresh[4 * (octetOf.length + 1)];
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
   * @return whether the whole text was looked at; false when the budget for new states ran out
   */
  public boolean scan(byte[] text, int from, int to, long[] matched, WorkBudget budget) {
    budget.charge(PASS_WORK * (to - from));
    State state = start();
    for (int i = from; i < to; i++) {
      State next = state.next[classOf[text[i] & 0xff] & 0xff];
      if (next == null) {
        if (!budget.mayBuild()) {
          return false;
        }
        next = build(state, classOf[text[i] & 0xff] & 0xff, budget);
      }
      if (next.matches.length > 0) {
        note(next.matches, matched);
      }
      state = next;
    }
    State end = state.next[octetOf.length];
    if (end == null) {
      if (!budget.mayBuild()) {
        return false;
      }
      end = build(state, octetOf.length, budget);
    }
    note(end.matches, matched);
    return true;
  }

  private static void note(int[] matches, long[] matched) {
    for (int match : matches) {
      matched[match >> 6] |= 1L << match;
    }
  }

  /**
   * Whether the only pattern matches. Never gives up before the whole budget is spent: then {@link
   * WorkBudget#exhausted} is true and the answer means nothing.
   */
  public boolean scanSingle(byte[] text, int from, int to, WorkBudget budget) {
    budget.charge(PASS_WORK * (to - from));
    State state = start();
    for (int i = from; i < to; i++) {
      State next = state.next[classOf[text[i] & 0xff] & 0xff];
      if (next == null) {
        if (!budget.mayBuild()) {
          return simulate(state, text, i, to, budget);
        }
        next = build(state, classOf[text[i] & 0xff] & 0xff, budget);
      }
      if (next.matches.length > 0) {
        return true;
      }
      state = next;
    }
    State end = state.next[octetOf.length];
    if (end == null) {
      if (!budget.mayBuild()) {
        return simulate(state, text, to, to, budget);
      }
      end = build(state, octetOf.length, budget);
    }
    return end.matches.length > 0;
  }

  /** Goes on without new states: linear in text and pattern, and without memory. */
  private boolean simulate(State from, byte[] text, int at, int to, WorkBudget budget) {
    Stepper stepper = takeStepper();
    try {
      int[] kernel = from.kernel;
      int length = kernel.length;
      int before = from.before;
      for (int i = at; i <= to; i++) {
        int cls = i < to ? classOf[text[i] & 0xff] & 0xff : octetOf.length;
        stepper.step(kernel, length, before, cls);
        budget.charge((long) stepper.work * STEP_WORK);
        if (stepper.matchCount > 0) {
          return true;
        }
        if (budget.exhausted()) {
          return false;
        }
        kernel = stepper.takeKernel();
        length = stepper.kernelLength;
        before = i < to ? context(text[i] & 0xff) : AFTER_OTHER;
      }
      return false;
    } finally {
      spare.set(stepper);
    }
  }

  private Stepper takeStepper() {
    Stepper stepper = spare.getAndSet(null);
    return stepper == null ? new Stepper() : stepper;
  }

  private State start() {
    return cache.start;
  }

  private State build(State state, int cls, WorkBudget budget) {
    Stepper stepper = takeStepper();
    stepper.step(state.kernel, state.kernel.length, state.before, cls);
    if (!memory.isFree()) {
      budget.chargeBuilding(stepper.work * STEP_WORK + STATE_WORK);
    }
    int[] kernel = Arrays.copyOf(stepper.kernel, stepper.kernelLength);
    Arrays.sort(kernel);
    int[] matches = Arrays.copyOf(stepper.matches, stepper.matchCount);
    spare.set(stepper);
    int before = cls == octetOf.length ? AFTER_OTHER : context(octetOf[cls]);
    State next = cache.intern(new State(kernel, matches, before, octetOf.length + 1));
    state.next[cls] = next;
    return next;
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

    /** By class of the next octet; the last entry is the end of the text. */
    final @Nullable State[] next;

    State(int[] kernel, int[] matches, int before, int classes) {
      this.kernel = kernel;
      this.matches = matches.length == 0 ? NO_MATCHES : matches;
      this.before = before;
      this.next = new State[classes];
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

  private final class Cache {
    private final Map<State, State> states = new HashMap<>();
    final State start = new State(NO_MATCHES, NO_MATCHES, START, octetOf.length + 1);

    synchronized State intern(State state) {
      State known = states.putIfAbsent(state, state);
      if (known != null) {
        return known;
      }
      memory.took(OBJECT_OVERHEAD + 4 * (state.kernel.length + octetOf.length));
      return state;
    }
  }

  /** The attempts that begin at an offset, after one octet. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Fresh(int[] kernel, int[] matches) {}

  private Fresh fresh(int before, int cls, Stepper stepper) {
    int index = before * (octetOf.length + 1) + cls;
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
    private int[] spare = new int[64];
    int[] kernel = new int[64];
    int kernelLength;
    int[] matches = new int[patterns];
    private final int[] matchMark = new int[patterns];
    int matchCount;
    int work;

    /** Swaps buffers, so that the kernel can be the input of the next step. */
    int[] takeKernel() {
      int[] taken = kernel;
      kernel = spare;
      spare = taken;
      return taken;
    }

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
        if (cls < octetOf.length && program.sets[program.arg[pc]].contains(octetOf[cls])) {
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
            if (cls < octetOf.length && program.sets[program.arg[pc]].contains(octetOf[cls])) {
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
