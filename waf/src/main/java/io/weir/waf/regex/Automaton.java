package io.weir.waf.regex;

import static io.weir.waf.regex.Program.ASSERT;
import static io.weir.waf.regex.Program.MATCH;
import static io.weir.waf.regex.Program.OCTET;
import static io.weir.waf.regex.Program.SPLIT;

import io.weir.waf.regex.Node.Kind;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a pattern matches anywhere in a text, in one pass over its octets: a deterministic
 * automaton whose states are built when they are first needed, as in Thompson's grep and in RE2.
 *
 * <p>A state is the set of instructions at which the pattern waits after the octets seen so far,
 * without the attempts that begin at each offset anew: those depend on the last two octets only and
 * are kept apart, so that a state costs what is under way and not the pattern's length. What an
 * assertion needs of the octet to come is resolved when that octet is there. The newline before
 * which {@code $} matches needs one octet more: such an attempt goes on with the obligation that
 * the text ends here.
 *
 * <p>Hostile text can ask for many states; what they cost comes out of a {@link WorkBudget}. An
 * automaton watches one pattern: states of two at once are pairs of states, and multiply even on
 * prose.
 *
 * <p>Thread-safe. The table of successors grows by copies, and its entries are written once: a
 * reader that sees an old zero looks again under the lock.
 */
public final class Automaton {
  private static final int START = 0;
  private static final int AFTER_NEWLINE = 1;
  private static final int AFTER_WORD = 2;
  private static final int AFTER_OTHER = 3;
  private static final int[] NOTHING = {};
  private static final int CONTEXTS = 4;
  private static final int FIRST_STATES = 8;
  private static final int OBJECT_OVERHEAD = 120;

  /** In place of a successor: the pattern cannot match any more, whatever follows. */
  private static final int DEAD = Integer.MIN_VALUE;

  /** Units of {@link WorkBudget} for an octet passed along known states. */
  public static final long PASS_WORK = 3;

  /** For a text that one pattern is looked for in. */
  private static final int TEXT_WORK = 50;

  /** For an instruction visited, and for a new state beside that. */
  private static final int STEP_WORK = 5;

  private static final int STATE_WORK = 450;

  /** Entries of a table that begins anew when it has as many: to copy a larger one takes long. */
  private static final int MAX_TABLE = 1 << 17;

  private final Program program;
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
  private volatile @Nullable Cache kept;
  private volatile @Nullable Boolean anchored;

  public Automaton(Program program, AutomataMemory memory) {
    this.program = program;
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

  /**
   * Octets that the pattern does not distinguish share a class; returns an octet for each class.
   */
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

  /** Keeps the states that there are for good. */
  void keep() {
    Cache now = cache;
    kept = new Cache(now);
    cache = new Cache(now);
  }

  /** Drops states, but those to be kept; scans under way finish with those that they hold. */
  void forget() {
    Cache first = kept;
    cache = first == null ? new Cache() : new Cache(first);
  }

  private void beginAnew(Cache full) {
    if (cache == full) {
      memory.took(-full.taken);
      forget();
    }
  }

  /**
   * Whether the pattern matches. When the whole budget is spent meanwhile, {@link
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
          successor = build(states, row, cls, budget);
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
        successor = build(states, row, cls, budget);
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
  private int build(Cache states, int row, int cls, WorkBudget budget) {
    State state = states.state(row);
    Stepper stepper = takeStepper();
    stepper.step(state.kernel, state.kernel.length, state.before, cls);
    int units = (stepper.work * STEP_WORK + STATE_WORK) / memory.discount();
    budget.charge(units);
    int[] kernel = Arrays.copyOf(stepper.kernel, stepper.kernelLength);
    Arrays.sort(kernel);
    boolean matches = stepper.matches;
    spare.set(stepper);
    int before = cls == octetOf.length ? AFTER_OTHER : context(octetOf[cls]);
    if (kernel.length == 0 && !matches && isAnchored()) {
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
        if (begun.kernel.length > 0 || begun.matches) {
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

  /** What the pattern waits for, and whether it matched with the last octet. */
  private static final class State {
    /** Instructions times two, plus one if the text has to end here. */
    final int[] kernel;

    final boolean matches;
    final int before;

    State(int[] kernel, boolean matches, int before) {
      this.kernel = kernel;
      this.matches = matches;
      this.before = before;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof State that
          && before == that.before
          && matches == that.matches
          && Arrays.equals(kernel, that.kernel);
    }

    @Override
    public int hashCode() {
      return (Arrays.hashCode(kernel) * 2 + (matches ? 1 : 0)) * CONTEXTS + before;
    }
  }

  /** The states built so far. */
  private final class Cache {
    private final Map<State, Integer> rows;

    /**
     * By row plus class: the row of the next state, negative if the pattern matches with it, 0 if
     * it was not built, {@link #DEAD} if there is none. The first row is the start's, which is the
     * next of none.
     */
    int[] next = new int[rowLength * FIRST_STATES];

    State[] states = new State[FIRST_STATES];

    /** Octets of memory. */
    private long taken;

    Cache() {
      rows = new HashMap<>();
      for (int before = 0; before < CONTEXTS; before++) {
        add(new State(NOTHING, false, before));
      }
    }

    /** A copy, of which nothing counts as taken. */
    Cache(Cache other) {
      synchronized (other) {
        rows = new HashMap<>(other.rows);
        next = other.next.clone();
        states = other.states.clone();
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
      next[entry] = state.matches ? -row : row;
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
        took(4L * number * rowLength);
        if (next.length > MAX_TABLE) {
          beginAnew(this);
        }
      }
      states[number] = state;
      rows.put(state, number * rowLength);
      took(OBJECT_OVERHEAD + 4L * state.kernel.length);
      return number * rowLength;
    }

    private void took(long octets) {
      if (cache == this) {
        taken += octets;
        memory.took(octets);
      }
    }
  }

  /** The attempts that begin at an offset, after one octet. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Fresh(int[] kernel, boolean matches) {}

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
    boolean matches;
    int work;

    void step(int[] from, int length, int before, int cls) {
      Fresh begun = fresh(before, cls, this);
      begin();
      work = length + begun.kernel.length + 4;
      for (int item : begun.kernel) {
        openItem(item);
      }
      matches = begun.matches;
      for (int i = 0; i < length; i++) {
        proceed(from[i], before, cls);
      }
    }

    Fresh freshStep(int before, int cls) {
      begin();
      follow(program.start, 0, before, cls);
      return new Fresh(Arrays.copyOf(kernel, kernelLength), matches);
    }

    private void begin() {
      stamp++;
      kernelLength = 0;
      matches = false;
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
              matches = true;
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
              matches = true;
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
