package io.weir.waf.engine;

import io.weir.waf.Intervention;
import io.weir.waf.Match;
import io.weir.waf.regex.Automaton;
import io.weir.waf.regex.ByteSet;
import io.weir.waf.regex.LiteralScanner;
import io.weir.waf.regex.WorkBudget;
import io.weir.waf.transform.Octets;
import io.weir.waf.transform.Transformation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Rules at work on one transaction: the values, the variables that rules set, and what matched.
 * Used again for one transaction after another. Confined to one thread.
 */
public final class Evaluation {
  /** Input counts as so much longer than it is: what any transaction may cause. */
  private static final long BASE_OCTETS = 400;

  /** And as so long at least: a short attack may ask for as much as a long harmless text. */
  private static final long LEAST_OCTETS = 2000;

  /**
   * Copies of a value that differ, one for each way to transform it, may be so many times it, and
   * so many octets more.
   */
  private static final int MAX_COPIES = 16;

  private static final int FREE_COPIES = 4 << 20;

  /** Values so long leave no buffers behind. */
  private static final int LONG_VALUE = 1 << 18;

  /** What looking at a value costs beside its octets, and a rule that answered beside its. */
  private static final int LOOK_WORK = 100;

  private static final int REPEAT_WORK = 20;

  /** Octets from which on it is faster to mark in a table which of them there are. */
  private static final int LONG_PRESENCE = 256;

  private static final long HIT_WORK = 20;

  private static final int TRANSFORM_WORK = 100;

  private static final long TRANSFORM_OCTET = 2L;

  private static final int ANSWER_WORK = 300;

  /** For a rule that is told of. */
  private static final int RECORD_WORK = 1500;

  /** For an entry that a rule goes by. */
  private static final long ENTRY_WORK = 4;

  private static final byte[] NOTHING = {};
  private static final int MAX_EVIDENCE = 4;
  private static final int MAX_HITS = 1 << 16;

  final Plan plan;
  final Store store;
  public final WorkBudget budget = new WorkBudget();
  final Entries[] lists = new Entries[Base.values().length];

  // What was asked for many values at once and answered yes, as a list for each rule.
  private final long[] pending;
  private final long[] removed;
  private final int[] firstHit;
  private final int[] lastHit;
  private int[] hitNext = new int[64];
  private int[] hitEntry = new int[64];
  private View[] hitView = new View[64];
  private int hits;

  private final Scratch scratch = new Scratch();
  private final List<Exclusion> exclusions = new ArrayList<>();

  private final Octets[] captures = new Octets[10];

  /** The captures that are there, one bit each. */
  private int captured;

  private final Finding lastMatch = new Finding();
  private List<byte[]> matchedValues = new ArrayList<>();
  private List<String> matchedNames = new ArrayList<>();
  private List<byte[]> previousValues = new ArrayList<>();
  private List<String> previousNames = new ArrayList<>();

  private final List<Match> matches = new ArrayList<>();
  private final List<Finding> evidence = new ArrayList<>();
  private int evidenceCount;
  private int score;
  private int matchCount;
  private int highestSeverity;
  private long octetsJudged;
  private @Nullable Rule current;
  private @Nullable Intervention intervention;
  private int allowedUntil;

  public Settings.Engine engine;

  /** Whether a decision is only noted: the rules behind it run all the same. */
  public boolean detectOnly;

  public String requestBodyProcessor = "";
  public boolean forceRequestBody;
  public boolean requestBodyAccess;
  public boolean responseBodyAccess;
  public int requestBodyLimit;
  public int responseBodyLimit;

  /** Targets left out of some rules for this transaction. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Exclusion(long[] rules, List<Target> targets) {}

  public Evaluation(Plan plan) {
    this.plan = plan;
    store = new Store(plan.names);
    for (int i = 0; i < lists.length; i++) {
      lists[i] = new Entries();
    }
    for (int i = 0; i < captures.length; i++) {
      captures[i] = new Octets(32);
    }
    int rules = plan.rules.size();
    pending = new long[plan.always.length];
    removed = new long[plan.always.length];
    firstHit = new int[rules];
    lastHit = new int[rules];
    Arrays.fill(firstHit, -1);
    engine = plan.settings.engine();
    reset();
  }

  /** Forgets the last transaction. */
  public void reset() {
    store.copyFrom(plan.initial);
    for (Entries list : lists) {
      list.clear();
    }
    Arrays.fill(removed, 0);
    clearHits();
    exclusions.clear();
    captured = 0;
    matches.clear();
    matchedValues.clear();
    matchedNames.clear();
    previousValues.clear();
    previousNames.clear();
    lastMatch.clear();
    for (Octets capture : captures) {
      capture.release();
    }
    first.release();
    second.release();
    storeText.release();
    expanded.release();
    intervention = null;
    allowedUntil = 0;
    highestSeverity = 255;
    engine = plan.settings.engine();
    detectOnly = false;
    requestBodyProcessor = "";
    forceRequestBody = false;
    requestBodyAccess = plan.settings.requestBodyAccess();
    responseBodyAccess = plan.settings.responseBodyAccess();
    requestBodyLimit = plan.settings.requestBodyLimit();
    responseBodyLimit = plan.settings.responseBodyLimit();
    octetsJudged = 0;
    budget.reset(leastWork());
  }

  /** More input means that more work is due. */
  public void extendBudget(int octets) {
    budget.extend(plan.workPerOctet * due(octets));
    octetsJudged += octets;
  }

  /** The octets, of so many more, that extend the budget. */
  private long due(long octets) {
    return Math.max(LEAST_OCTETS, octetsJudged + octets) - Math.max(LEAST_OCTETS, octetsJudged);
  }

  /** The budget of what is short. */
  public long leastWork() {
    return plan.workPerOctet * (BASE_OCTETS + LEAST_OCTETS);
  }

  /** What is left of the budget when so many octets more have come. */
  public long workLeft(long octets) {
    return budget.left() + plan.workPerOctet * due(octets);
  }

  /** Whether usual text has its price. */
  public boolean isSettled() {
    return plan.isSettled();
  }

  public List<Match> matches() {
    return matches;
  }

  /** What the rules wanted; in detection mode too. */
  public @Nullable Intervention intervention() {
    return intervention;
  }

  // ---- phases

  /** Runs the rules of a phase; ends early when one of them ends the transaction. */
  public void runPhase(int phase) {
    if (engine == Settings.Engine.OFF || allowedUntil >= phase && phase < Plan.PHASES) {
      return;
    }
    int position = plan.phaseStart[phase];
    int end = plan.phaseStart[phase + 1];
    int firstBatched = plan.firstBatched[phase];
    boolean scanned = false;
    while (true) {
      int ordinal = next(position, end);
      // Values are looked at when the first rule that wants it is due: those before may switch off.
      if (!scanned && ordinal >= firstBatched && firstBatched < end) {
        scan(phase);
        scanned = true;
        ordinal = next(position, end);
      }
      if (ordinal >= end || budget.exhausted()) {
        break;
      }
      position = ordinal + 1;
      Rule rule = plan.rules.get(ordinal);
      if ((removed[ordinal >> 6] & 1L << ordinal) == 0 && run(rule)) {
        if (rule.skipTo >= 0) {
          position = rule.skipTo;
        }
        if (ends(rule, phase) || engine == Settings.Engine.OFF) {
          break;
        }
      }
    }
    clearHits();
    transformedFrom = NOTHING;
  }

  private int next(int from, int end) {
    int word = from >> 6;
    if (from >= end) {
      return end;
    }
    long bits = (plan.always[word] | pending[word]) & -1L << from;
    while (bits == 0) {
      if (++word >= pending.length) {
        return end;
      }
      bits = plan.always[word] | pending[word];
    }
    return Math.min(end, (word << 6) + Long.numberOfTrailingZeros(bits));
  }

  private boolean ends(Rule rule, int phase) {
    switch (rule.disruption) {
      case PASS -> {
        return false;
      }
      case ALLOW, ALLOW_PHASE, ALLOW_REQUEST -> {
        if (engine != Settings.Engine.ON) {
          return false;
        }
        allowedUntil =
            switch (rule.disruption) {
              case ALLOW -> 4;
              case ALLOW_REQUEST -> Math.max(2, phase);
              default -> phase;
            };
        return true;
      }
      default -> {
        if (intervention == null) {
          intervention = intervention(rule);
        }
        return engine == Settings.Engine.ON && !detectOnly;
      }
    }
  }

  private Intervention intervention(Rule rule) {
    Intervention.Action action =
        switch (rule.disruption) {
          case DROP -> Intervention.Action.DROP;
          case REDIRECT -> Intervention.Action.REDIRECT;
          default -> Intervention.Action.DENY;
        };
    String location = rule.redirect == null ? "" : expand(rule.redirect);
    int status = action == Intervention.Action.REDIRECT && rule.status == 403 ? 302 : rule.status;
    return new Intervention(action, status, location, rule.id, Intervention.Cause.RULE);
  }

  // ---- looking at all values at once

  private void clearHits() {
    for (int word = 0; word < pending.length; word++) {
      for (long bits = pending[word]; bits != 0; bits &= bits - 1) {
        firstHit[(word << 6) + Long.numberOfTrailingZeros(bits)] = -1;
      }
      pending[word] = 0;
    }
    hits = 0;
  }

  private void scan(int phase) {
    LiteralScanner literals = plan.literals.get(phase).get();
    for (View view : plan.views.get(phase)) {
      Entries list = lists[view.base.ordinal()];
      repeats.begin(list.count);
      for (int entry = 0; entry < list.count && !budget.exhausted(); entry++) {
        ScanPlan scan = repeats.plan(view, list, entry);
        if (scan.isEmpty) {
          continue;
        }
        if (view.names) {
          look(
              scan,
              literals,
              list.shapeArray[entry],
              list.shapeFrom[entry],
              list.shapeTo[entry],
              view,
              entry);
        } else {
          look(
              scan,
              literals,
              list.valueArray[entry],
              list.valueFrom[entry],
              list.valueTo[entry],
              view,
              entry);
        }
      }
    }
  }

  private void look(
      ScanPlan scan, LiteralScanner literals, byte[] in, int from, int to, View view, int entry) {
    if (!repeats.answers(scan, in, from, to, view, entry)) {
      scratch.look(scan, literals, in, from, to, view, entry);
      repeats.keep();
    }
  }

  /**
   * Names and values of one list that were looked at already: those of a JSON array share a name,
   * and numbers repeat. What the rules answered is then known.
   */
  private final class Repeats {
    private static final int SLOTS = 256;
    private static final int MIN_ENTRIES = 8;

    private boolean used;
    private final @Nullable ScanPlan[] plans = new ScanPlan[SLOTS];
    private final int[] named = new int[SLOTS];
    private final @Nullable ScanPlan[] looked = new ScanPlan[SLOTS];
    private byte[][] arrays = new byte[SLOTS][];
    private final int[] froms = new int[SLOTS];
    private final int[] tos = new int[SLOTS];
    private final int[] firstAnswer = new int[SLOTS];
    private final int[] lastAnswer = new int[SLOTS];
    private Rule[] answers = new Rule[64];
    private int count;
    private int slot;

    void begin(int entries) {
      used = entries >= MIN_ENTRIES;
      if (used) {
        Arrays.fill(plans, null);
        Arrays.fill(looked, null);
      }
      count = 0;
    }

    ScanPlan plan(View view, Entries list, int entry) {
      byte[] name = list.nameArray[entry];
      int from = list.nameFrom[entry];
      int to = list.nameTo[entry];
      if (!used || view.selectors() == 0) {
        return view.plan(name, from, to, budget);
      }
      int at = slot(name, from, to);
      ScanPlan known = plans[at];
      int same = named[at];
      if (known == null
          || !Arrays.equals(
              name, from, to, list.nameArray[same], list.nameFrom[same], list.nameTo[same])) {
        known = view.plan(name, from, to, budget);
        plans[at] = known;
        named[at] = entry;
      }
      return known;
    }

    /** Gives the answers if the same value was looked at in the same way. */
    boolean answers(ScanPlan scan, byte[] in, int from, int to, View view, int entry) {
      if (!used) {
        return false;
      }
      // Elements of one array often have the very same name as the one before.
      boolean same = looked[slot] == scan && in == arrays[slot];
      same = same && from == froms[slot] && to == tos[slot];
      budget.charge(REPEAT_WORK + (same ? 0 : to - from >> 3));
      slot = same ? slot : slot(in, from, to);
      if (!same
          && (looked[slot] != scan
              || !Arrays.equals(in, from, to, arrays[slot], froms[slot], tos[slot]))) {
        looked[slot] = scan;
        arrays[slot] = in;
        froms[slot] = from;
        tos[slot] = to;
        firstAnswer[slot] = count;
        return false;
      }
      budget.charge(HIT_WORK * (lastAnswer[slot] - firstAnswer[slot]));
      for (int i = firstAnswer[slot]; i < lastAnswer[slot]; i++) {
        hit(answers[i], view, entry);
      }
      return true;
    }

    void note(Rule rule) {
      if (used) {
        if (count == answers.length) {
          answers = Arrays.copyOf(answers, 2 * count);
        }
        answers[count++] = rule;
      }
    }

    /** The answers since the last question were those to it. */
    void keep() {
      if (used) {
        lastAnswer[slot] = count;
      }
    }

    private static int slot(byte[] octets, int from, int to) {
      int hash = to - from;
      int step = Math.max(1, hash >> 5);
      for (int i = from; i < to; i += step) {
        hash = hash * 31 + octets[i];
      }
      return (hash ^ hash >>> 8 ^ hash >>> 16) & SLOTS - 1;
    }
  }

  private final Repeats repeats = new Repeats();

  private void hit(List<Rule> rules, View view, int entry) {
    for (int i = 0; i < rules.size(); i++) {
      repeats.note(rules.get(i));
      hit(rules.get(i), view, entry);
    }
  }

  private void hit(Rule rule, View view, int entry) {
    int ordinal = rule.ordinal;
    if (hits == hitNext.length) {
      if (hits == MAX_HITS) {
        return; // answered, though not noted: the rule has enough to run on
      }
      hitNext = Arrays.copyOf(hitNext, hits * 2);
      hitEntry = Arrays.copyOf(hitEntry, hits * 2);
      hitView = Arrays.copyOf(hitView, hits * 2);
    }
    if (firstHit[ordinal] < 0) {
      firstHit[ordinal] = hits;
      pending[ordinal >> 6] |= 1L << ordinal;
    } else {
      int last = lastHit[ordinal];
      if (hitView[last] == view && hitEntry[last] == entry) {
        return; // a rule that asks at several transformations
      }
      hitNext[last] = hits;
    }
    lastHit[ordinal] = hits;
    hitNext[hits] = -1;
    hitEntry[hits] = entry;
    hitView[hits++] = view;
  }

  /** Buffers to transform and look at one value after the other. */
  private final class Scratch {
    private Octets[] buffers = new Octets[0];
    private byte[][] arrays = new byte[0][];
    private int[] froms = new int[0];
    private int[] tos = new int[0];

    /** By node: the node whose octets it shares. */
    private int[] origin = new int[0];

    private long[] presence = new long[0];
    private boolean[] presenceKnown = new boolean[0];
    private final byte[] seen = new byte[256];
    private boolean[] wordsKnown = new boolean[0];
    private long[][] words = new long[0][];

    /** Octets that transformations of the value wrote. */
    private long copies;

    private void reserve(int nodes, int wordCount) {
      if (buffers.length < nodes) {
        int before = buffers.length;
        buffers = Arrays.copyOf(buffers, nodes);
        arrays = Arrays.copyOf(arrays, nodes);
        froms = new int[nodes];
        tos = new int[nodes];
        origin = new int[nodes];
        presence = new long[nodes * 4];
        presenceKnown = new boolean[nodes];
        wordsKnown = new boolean[nodes];
        words = Arrays.copyOf(words, nodes);
        for (int i = before; i < nodes; i++) {
          buffers[i] = new Octets(64);
          words[i] = new long[wordCount];
        }
      }
      if (words.length > 0 && words[0].length < wordCount) {
        for (int i = 0; i < words.length; i++) {
          words[i] = new long[wordCount];
        }
      }
    }

    void look(
        ScanPlan scan, LiteralScanner literals, byte[] in, int from, int to, View view, int entry) {
      copies = 0;
      ways(scan, literals, in, from, to, view, entry);
      if (to - from > LONG_VALUE) {
        for (Octets buffer : buffers) {
          buffer.release();
        }
      }
    }

    private void ways(
        ScanPlan scan, LiteralScanner literals, byte[] in, int from, int to, View view, int entry) {
      ScanPlan.Node[] nodes = scan.nodes;
      reserve(nodes.length, literals.words());
      place(0, 0, in, from, to);
      budget.charge(LOOK_WORK);
      presence(0);
      if (scan.asking != 0
          && (to - from > 1 || to > from && in[from] != '.')
          && scan.keeps(presence[0], presence[1], presence[2], presence[3])) {
        askTogether(scan, scan.asking, 0, literals, view, entry);
        return;
      }
      for (int i = 1; i < nodes.length && !budget.exhausted(); i++) {
        Transformation transformation = nodes[i].transformation;
        if (transformation != null) {
          transform(nodes, i, origin[nodes[i].parent], transformation);
        }
      }
      if (scan.asking == 0) {
        for (int i = 0; i < nodes.length && !budget.exhausted(); i++) {
          if (nodes[i].asks()) {
            ask(nodes[i], origin[i], literals, view, entry);
          }
        }
        return;
      }
      long left = scan.asking;
      while (left != 0 && !budget.exhausted()) {
        int at = origin[Long.numberOfTrailingZeros(left)];
        long members = 0;
        for (long bits = left; bits != 0; bits &= bits - 1) {
          if (origin[Long.numberOfTrailingZeros(bits)] == at) {
            members |= bits & -bits;
          }
        }
        left &= ~members;
        askTogether(scan, members, at, literals, view, entry);
      }
    }

    private void askTogether(
        ScanPlan scan, long members, int at, LiteralScanner literals, View view, int entry) {
      ScanPlan.Node together = scan.together(members);
      if (together != null) {
        ask(together, at, literals, view, entry);
        return;
      }
      for (long bits = members; bits != 0; bits &= bits - 1) {
        ask(scan.nodes[Long.numberOfTrailingZeros(bits)], at, literals, view, entry);
      }
    }

    private void place(int node, int shares, byte[] in, int from, int to) {
      origin[node] = shares;
      arrays[node] = in;
      froms[node] = from;
      tos[node] = to;
      presenceKnown[node] = false;
      wordsKnown[node] = false;
    }

    private void transform(
        ScanPlan.Node[] nodes, int node, int parent, Transformation transformation) {
      // Chains that differ only in steps that changed nothing come to the same octets.
      for (int other : nodes[node].alike) {
        if (origin[nodes[other].parent] == parent) {
          origin[node] = origin[other];
          return;
        }
      }
      ByteSet triggers =
          tos[parent] - froms[parent] > 1
              ? transformation.triggersInLong()
              : transformation.triggers();
      if (triggers != null && !isPresent(triggers, parent)) {
        origin[node] = parent;
        return;
      }
      budget.charge(TRANSFORM_WORK + TRANSFORM_OCTET * (tos[parent] - froms[parent]));
      Octets out = buffers[node];
      out.clear();
      transformation.apply(arrays[parent], froms[parent], tos[parent], out);
      if (out.length == tos[parent] - froms[parent]
          && Arrays.equals(out.data, 0, out.length, arrays[parent], froms[parent], tos[parent])) {
        origin[node] = parent;
        return;
      }
      place(node, node, out.data, 0, out.length);
      copies += out.length;
      if (copies > MAX_COPIES * (long) (tos[0] - froms[0]) + FREE_COPIES) {
        budget.spend();
      }
    }

    private boolean isPresent(ByteSet octets, int node) {
      presence(node);
      int p = node * 4;
      return ScanPlan.intersects(
          octets, presence[p], presence[p + 1], presence[p + 2], presence[p + 3]);
    }

    private void presence(int node) {
      if (presenceKnown[node]) {
        return;
      }
      int from = froms[node];
      int to = tos[node];
      budget.charge(to - from);
      if (to - from < LONG_PRESENCE) {
        presence(arrays[node], from, to, node * 4);
      } else {
        longPresence(arrays[node], from, to, node * 4);
      }
      presenceKnown[node] = true;
    }

    private void presence(byte[] in, int from, int to, int at) {
      long w0 = 0;
      long w1 = 0;
      long w2 = 0;
      long w3 = 0;
      for (int i = from; i < to; i++) {
        int octet = in[i];
        long bit = 1L << octet;
        // Masks instead of branches, which random octets make a processor mispredict.
        long odd = -(octet >> 6 & 1L);
        long high = octet >> 7;
        w0 |= bit & ~odd & ~high;
        w1 |= bit & odd & ~high;
        w2 |= bit & ~odd & high;
        w3 |= bit & odd & high;
      }
      presence[at] = w0;
      presence[at + 1] = w1;
      presence[at + 2] = w2;
      presence[at + 3] = w3;
    }

    private void longPresence(byte[] in, int from, int to, int at) {
      Arrays.fill(seen, (byte) 0);
      for (int i = from; i < to; i++) {
        seen[in[i] & 0xff] = 1;
      }
      for (int word = 0; word < 4; word++) {
        long bits = 0;
        for (int i = 63; i >= 0; i--) {
          bits = bits << 1 | seen[word * 64 + i];
        }
        presence[at + word] = bits;
      }
    }

    private void ask(ScanPlan.Node node, int at, LiteralScanner literals, View view, int entry) {
      byte[] in = arrays[at];
      int from = froms[at];
      int to = tos[at];
      long[] found = words[at];
      if (!wordsKnown[at] && node.needsWords) {
        Arrays.fill(found, 0);
        budget.charge(Automaton.PASS_WORK * (to - from));
        literals.scan(in, from, to, found);
        wordsKnown[at] = true;
      }
      for (int word = 0; node.needsWords && word < node.candidates.length; word++) {
        long bits = found[word] & node.candidates[word];
        for (; bits != 0 && !budget.exhausted(); bits &= bits - 1) {
          ScanPlan.Question question = node.byWord[(word << 6) + Long.numberOfTrailingZeros(bits)];
          if (question != null && question.operator.matches(in, from, to, Evaluation.this)) {
            hit(question.ifYes, view, entry);
          }
        }
      }
      for (ScanPlan.Question question : node.others) {
        boolean yes =
            question.anyOf != null
                ? isPresent(question.anyOf, at)
                : (question.octets == null || isPresent(question.octets, at))
                    && question.operator.matches(in, from, to, Evaluation.this);
        hit(yes ? question.ifYes : question.ifNo, view, entry);
      }
    }
  }

  // ---- one rule

  /** Runs a rule with its chain; whether all of it matched. */
  private boolean run(Rule rule) {
    current = rule;
    evidenceCount = 0;
    score = 0;
    for (Rule link = rule; link != null; link = link.next) {
      matchCount = 0;
      List<byte[]> values = previousValues;
      previousValues = matchedValues;
      matchedValues = values;
      List<String> names = previousNames;
      previousNames = matchedNames;
      matchedNames = names;
      matchedValues.clear();
      matchedNames.clear();
      boolean matched = link == rule && rule.batched ? runHits(rule) : runLink(link);
      if (!matched) {
        return false;
      }
      for (int i = 0; i < link.ctls.size(); i++) {
        control(link.ctls.get(i));
      }
    }
    if (rule.severity >= 0) {
      highestSeverity = Math.min(highestSeverity, rule.severity);
      number(Base.HIGHEST_SEVERITY, highestSeverity);
    }
    if (rule.log) {
      record(rule);
    }
    return true;
  }

  private boolean runHits(Rule rule) {
    for (int hit = firstHit[rule.ordinal]; hit >= 0; hit = hitNext[hit]) {
      View view = hitView[hit];
      Entries list = lists[view.base.ordinal()];
      int entry = hitEntry[hit];
      Variable variable = variableOf(rule, view);
      if (isExcluded(rule, variable, list, entry)) {
        continue;
      }
      if (view.names) {
        answered(
            rule,
            variable,
            list,
            entry,
            list.nameArray[entry],
            list.nameFrom[entry],
            list.nameTo[entry]);
      } else {
        answered(
            rule,
            variable,
            list,
            entry,
            list.valueArray[entry],
            list.valueFrom[entry],
            list.valueTo[entry]);
      }
    }
    return matchCount > 0;
  }

  private static Variable variableOf(Rule rule, View view) {
    for (int i = 0; i < rule.targets.size(); i++) {
      Target target = rule.targets.get(i);
      if (!target.exclude() && View.covers(target, view.base, view.names)) {
        return target.variable();
      }
    }
    return rule.targets.getFirst().variable();
  }

  private boolean isExcluded(Rule rule, Variable variable, Entries list, int entry) {
    if (exclusions.isEmpty()) {
      return false;
    }
    for (int i = 0; i < exclusions.size(); i++) {
      Exclusion exclusion = exclusions.get(i);
      if ((exclusion.rules()[rule.ordinal >> 6] & 1L << rule.ordinal) == 0) {
        continue;
      }
      for (int j = 0; j < exclusion.targets().size(); j++) {
        Target target = exclusion.targets().get(j);
        if (means(target, variable)
            && target.matchesName(
                list.nameArray[entry], list.nameFrom[entry], list.nameTo[entry], budget)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether a target of ARGS covers ARGS_GET and the like, values or names alike as declared. */
  private static boolean means(Target target, Variable variable) {
    return target.variable().names() == variable.names()
        && (target.variable() == variable
            || !target.variable().bases().isEmpty()
                && target.variable().bases().containsAll(variable.bases()));
  }

  /** A batched rule's question was answered yes for this value. */
  private void answered(
      Rule rule, Variable variable, Entries list, int entry, byte[] in, int from, int to) {
    boolean detail =
        rule.capturesNeeded || rule.matchNeeded || matchCount < MAX_EVIDENCE && rule.log;
    if (!detail) {
      matchCount++;
      assign(rule);
      return;
    }
    test(rule, variable, list, entry, in, from, to);
  }

  private boolean runLink(Rule link) {
    Operator operator = link.operator;
    if (operator == null) {
      matchCount = 1;
      assign(link);
      return true;
    }
    for (int i = 0; i < link.targets.size(); i++) {
      Target target = link.targets.get(i);
      if (!target.exclude()) {
        runTarget(link, target);
      }
    }
    return matchCount > 0;
  }

  private void runTarget(Rule link, Target target) {
    if (target.count()) {
      int count = count(link, target);
      storeText.clear();
      Store.writeNumber(count, storeText);
      test(link, target, storeText);
      return;
    }
    switch (target.variable().kind()) {
      case LISTS -> runLists(link, target);
      case STORE -> runStore(link, target);
      case MATCHED_VAR -> {
        storeText.clear();
        storeText.add(lastMatch.value.data, 0, lastMatch.value.length);
        Octets in = storeText;
        test(link, target.variable(), null, 0, in.data, 0, in.length, lastMatch.name());
      }
      case MATCHED_VAR_NAME -> {
        storeText.clear();
        write(lastMatch.name(), storeText);
        test(link, target, storeText);
      }
      case MATCHED_VARS -> runMatched(link, target, false);
      case MATCHED_VARS_NAMES -> runMatched(link, target, true);
      case RULE -> {
        storeText.clear();
        writeVariable(target.variable(), Text.bytes(String.valueOf(target.key())), storeText);
        test(link, target, storeText);
      }
    }
  }

  private void test(Rule link, Target target, Octets in) {
    test(link, target.variable(), null, 0, in.data, 0, in.length, target.label());
  }

  private void runLists(Rule link, Target target) {
    List<Base> bases = target.variable().bases();
    for (int i = 0; i < bases.size(); i++) {
      Entries list = lists[bases.get(i).ordinal()];
      budget.charge(ENTRY_WORK * list.count);
      for (int entry = 0; entry < list.count && !budget.exhausted(); entry++) {
        if (!target.matchesName(
                list.nameArray[entry], list.nameFrom[entry], list.nameTo[entry], budget)
            || leavesOut(link, target, list, entry)) {
          continue;
        }
        if (target.variable().names()) {
          test(
              link,
              target.variable(),
              list,
              entry,
              list.nameArray[entry],
              list.nameFrom[entry],
              list.nameTo[entry]);
        } else {
          test(
              link,
              target.variable(),
              list,
              entry,
              list.valueArray[entry],
              list.valueFrom[entry],
              list.valueTo[entry]);
        }
      }
    }
  }

  private boolean leavesOut(Rule link, Target target, Entries list, int entry) {
    for (int i = 0; i < link.targets.size(); i++) {
      Target excluded = link.targets.get(i);
      if (excluded.exclude()
          && means(excluded, target.variable())
          && excluded.matchesName(
              list.nameArray[entry], list.nameFrom[entry], list.nameTo[entry], budget)) {
        return true;
      }
    }
    Rule starter = current;
    return starter != null
        && !exclusions.isEmpty()
        && isExcluded(starter, target.variable(), list, entry);
  }

  private int count(Rule link, Target target) {
    int count = 0;
    if (target.variable().kind() == Variable.Kind.STORE) {
      if (target.capture() >= 0) {
        return captured >> target.capture() & 1;
      }
      if (target.slot() >= 0) {
        return store.isSet(target.slot()) ? 1 : 0;
      }
      return storeNames(target).size();
    }
    List<Base> bases = target.variable().bases();
    for (int i = 0; i < bases.size(); i++) {
      Entries list = lists[bases.get(i).ordinal()];
      budget.charge(ENTRY_WORK * list.count);
      for (int entry = 0; entry < list.count; entry++) {
        if (target.matchesName(
                list.nameArray[entry], list.nameFrom[entry], list.nameTo[entry], budget)
            && !leavesOut(link, target, list, entry)) {
          count++;
        }
      }
    }
    return count;
  }

  private final Octets storeText = new Octets(64);
  private final Octets expanded = new Octets(128);

  private void runStore(Rule link, Target target) {
    if (target.capture() >= 0) {
      if ((captured >> target.capture() & 1) != 0) {
        storeText.clear(); // a copy, since the rule may capture anew
        writeCapture(target.capture(), storeText);
        test(link, target, storeText);
      }
      return;
    }
    if (target.slot() >= 0) {
      if (!store.isSet(target.slot())) {
        return;
      }
      if (link.operator instanceof NumberOperator operator
          && link.transformations.isEmpty()
          && !link.log
          && link.next == null) {
        testCounter(link, operator, target);
        return;
      }
      storeText.clear();
      store.write(target.slot(), storeText);
      test(link, target, storeText);
      return;
    }
    for (String name : storeNames(target)) {
      byte[] value = store.dynamic(name);
      if (value != null) {
        String label =
            name.substring(0, name.indexOf('.')).toUpperCase(Locale.ROOT)
                + ":"
                + name.substring(name.indexOf('.') + 1);
        test(link, target.variable(), null, 0, value, 0, value.length, label);
      }
    }
  }

  /** The common question of counters: no text is made, nothing is noted. */
  private void testCounter(Rule link, NumberOperator operator, Target target) {
    if (operator.matches(store.number(target.slot()), this) != link.negated) {
      matchCount++;
      assign(link);
    }
  }

  private List<String> storeNames(Target target) {
    int[] slots = plan.storeSlots(target);
    List<String> found = List.of();
    for (int slot : slots) {
      if (store.isSet(slot)) {
        found = added(found, plan.names.name(slot));
      }
    }
    for (int i = 0; i < store.dynamicNames().size(); i++) {
      String name = store.dynamicNames().get(i);
      if (isMeant(name, store.dynamicKey(i), target)) {
        found = added(found, name);
      }
    }
    return found;
  }

  private static List<String> added(List<String> names, String name) {
    List<String> grown = names.isEmpty() ? new ArrayList<>() : names;
    grown.add(name);
    return grown;
  }

  private boolean isMeant(String name, byte[] key, Target target) {
    String namespace = target.variable().name();
    return name.length() == namespace.length() + 1 + key.length
        && name.regionMatches(true, 0, namespace, 0, namespace.length())
        && target.matchesName(key, 0, key.length, budget);
  }

  private void runMatched(Rule link, Target target, boolean ofNames) {
    for (int i = 0; i < previousValues.size(); i++) {
      String name = previousNames.get(i);
      byte[] value = ofNames ? Text.bytes(name) : previousValues.get(i);
      test(link, target.variable(), null, 0, value, 0, value.length, name);
    }
  }

  private void test(
      Rule link, Variable variable, Entries list, int entry, byte[] in, int from, int to) {
    test(link, variable, list, entry, in, from, to, null);
  }

  private final Octets first = new Octets(256);
  private final Octets second = new Octets(256);

  // The value in one of these buffers: rules with the same transformations often match together.
  private Octets transformed = first;
  private byte[] transformedFrom = NOTHING;
  private int transformedBegin;
  private int transformedEnd;
  private List<Transformation> transformations = List.of();

  private boolean isTransformed(List<Transformation> wanted, byte[] in, int from, int to) {
    return in == transformedFrom
        && from == transformedBegin
        && to == transformedEnd
        && in != NOTHING
        && wanted.equals(transformations);
  }

  /** Asks a link's question of one value. */
  private void test(
      Rule link,
      Variable variable,
      @Nullable Entries list,
      int entry,
      byte[] in,
      int from,
      int to,
      @Nullable String label) {
    Operator operator = link.operator;
    if (operator == null) {
      return;
    }
    if (list != null && !link.multiMatch && isTransformed(link.transformations, in, from, to)) {
      Octets known = transformed;
      if (operator.matches(known.data, 0, known.length, this) != link.negated) {
        int all = link.transformations.size();
        matched(link, variable, list, entry, known.data, 0, known.length, all, label);
      }
      return;
    }
    transformedFrom = NOTHING;
    byte[] array = in;
    int begin = from;
    int end = to;
    int applied = 0;
    boolean changed = true;
    while (true) {
      boolean last = applied == link.transformations.size();
      if (last && list != null && !link.multiMatch && applied > 0) {
        transformed = array == first.data ? first : second;
        transformedFrom = in;
        transformedBegin = from;
        transformedEnd = to;
        transformations = link.transformations;
      }
      if (last || link.multiMatch && changed) {
        if (operator.matches(array, begin, end, this) != link.negated) {
          matched(link, variable, list, entry, array, begin, end, applied, label);
          return;
        }
      }
      if (last) {
        return;
      }
      Octets out = array == first.data ? second : first;
      budget.charge(TRANSFORM_OCTET * (end - begin));
      out.clear();
      link.transformations.get(applied++).apply(array, begin, end, out);
      changed =
          out.length != end - begin || !Arrays.equals(out.data, 0, out.length, array, begin, end);
      array = out.data;
      begin = 0;
      end = out.length;
    }
  }

  private void matched(
      Rule link,
      Variable variable,
      @Nullable Entries list,
      int entry,
      byte[] array,
      int begin,
      int end,
      int applied,
      @Nullable String label) {
    matchCount++;
    budget.charge(ANSWER_WORK + (end - begin >> 3));
    Operator operator = link.operator;
    boolean wantsCapture = operator != null && link.capture && !link.negated;
    if (operator != null && wantsCapture && (link.capturesNeeded || matchCount <= MAX_EVIDENCE)) {
      captured = 0;
      operator.capture(array, begin, end, link.capturesNeeded, this);
    }
    lastMatch.set(variable, list, entry, label, array, begin, end);
    if (link.listNeeded) {
      matchedNames.add(lastMatch.name());
      matchedValues.add(lastMatch.value.toArray());
    }
    Rule starter = current;
    if (starter != null && starter.log && matchCount <= MAX_EVIDENCE) {
      Octets part = wantsCapture && (captured & 1) != 0 ? captures[0] : lastMatch.value;
      note(link, variable, list, entry, label, part, applied);
    }
    assign(link);
  }

  /** Keeps what may be shown, should all of the rule match. */
  private void note(
      Rule link,
      Variable variable,
      @Nullable Entries list,
      int entry,
      @Nullable String label,
      Octets part,
      int applied) {
    if (evidenceCount == evidence.size()) {
      evidence.add(new Finding());
    }
    Finding finding = evidence.get(evidenceCount++);
    int length = Math.min(part.length, Masking.MAX_LENGTH + 1);
    finding.set(variable, list, entry, label, part.data, 0, length);
    finding.link = link;
    finding.applied = applied;
  }

  /** A value that matched. Its name is made a text only when somebody reads it. */
  private static final class Finding {
    private @Nullable Variable variable;
    private @Nullable Entries list;
    private int entry;
    private @Nullable String label;
    final Octets value = new Octets(32);
    @Nullable Rule link;
    int applied;

    void clear() {
      variable = null;
      label = null;
      value.release();
    }

    void set(
        Variable of,
        @Nullable Entries in,
        int at,
        @Nullable String shown,
        byte[] array,
        int from,
        int to) {
      variable = of;
      list = in;
      entry = at;
      label = shown;
      value.clear();
      value.add(array, from, to);
    }

    String name() {
      Variable of = variable;
      if (label != null || of == null) {
        return label == null ? "" : label;
      }
      return Evaluation.name(of, list, entry);
    }

    Match.Evidence evidence() {
      List<String> transformations = new ArrayList<>();
      for (int i = 0; i < applied && link != null; i++) {
        transformations.add(link.transformations.get(i).ruleName());
      }
      return new Match.Evidence(
          name(), Masking.mask(value.data, value.length), List.copyOf(transformations));
    }
  }

  private static String name(Variable variable, @Nullable Entries list, int entry) {
    if (list == null || !variable.collection()) {
      return variable.name();
    }
    return variable.name()
        + ":"
        + Text.string(list.nameArray[entry], list.nameFrom[entry], list.nameTo[entry]);
  }

  // ---- captures and what matched

  void capture(int group, byte[] in, int from, int to) {
    captures[group].clear();
    captures[group].add(in, from, to);
    captured |= 1 << group;
  }

  void writeCapture(int group, Octets out) {
    if ((captured >> group & 1) != 0) {
      out.add(captures[group].data, 0, captures[group].length);
    }
  }

  void writeVariable(Variable variable, byte @Nullable [] key, Octets out) {
    switch (variable.kind()) {
      case MATCHED_VAR -> out.add(lastMatch.value.data, 0, lastMatch.value.length);
      case MATCHED_VAR_NAME -> write(lastMatch.name(), out);
      case MATCHED_VARS, MATCHED_VARS_NAMES, STORE -> {}
      case RULE -> writeRule(key == null ? "" : Text.string(key, 0, key.length), out);
      case LISTS -> writeList(variable, key, out);
    }
  }

  private void writeRule(String key, Octets out) {
    Rule rule = current;
    if (rule == null) {
      return;
    }
    switch (key) {
      case "id" -> Store.writeNumber(rule.id, out);
      case "severity" -> Store.writeNumber(rule.severity, out);
      case "msg" -> {
        if (rule.message != null) {
          rule.message.expand(this, out);
        }
      }
      case "logdata" -> {
        if (rule.logData != null) {
          rule.logData.expand(this, out);
        }
      }
      default -> {}
    }
  }

  private void writeList(Variable variable, byte @Nullable [] key, Octets out) {
    List<Base> bases = variable.bases();
    for (int i = 0; i < bases.size(); i++) {
      Entries list = lists[bases.get(i).ordinal()];
      for (int entry = 0; entry < list.count; entry++) {
        if (key == null
            || Text.equalsIgnoringCase(
                list.nameArray[entry], list.nameFrom[entry], list.nameTo[entry], key)) {
          if (variable.names()) {
            out.add(list.nameArray[entry], list.nameFrom[entry], list.nameTo[entry]);
          } else {
            out.add(list.valueArray[entry], list.valueFrom[entry], list.valueTo[entry]);
          }
          return;
        }
      }
    }
  }

  private static void write(String text, Octets out) {
    for (int i = 0; i < text.length(); i++) {
      out.add(text.charAt(i));
    }
  }

  private String expand(Macro macro) {
    expanded.clear();
    macro.expand(this, expanded);
    return Text.string(expanded.data, 0, expanded.length);
  }

  // ---- actions

  private void assign(Rule link) {
    for (int i = 0; i < link.setvars.size(); i++) {
      Rule.Setvar setvar = link.setvars.get(i);
      Macro name = setvar.name();
      if (name != null) {
        assignDynamic(setvar, expand(name).toLowerCase(Locale.ROOT));
        continue;
      }
      switch (setvar.change()) {
        case UNSET -> store.unset(setvar.slot());
        case ADD -> add(setvar, setvar.value().number(this));
        case SUBTRACT -> add(setvar, -setvar.value().number(this));
        case SET -> {
          expanded.clear();
          setvar.value().expand(this, expanded);
          setText(store, setvar.slot(), expanded);
        }
      }
    }
  }

  private void add(Rule.Setvar setvar, int number) {
    long sum = (long) store.number(setvar.slot()) + number;
    store.set(setvar.slot(), Math.clamp(sum, Integer.MIN_VALUE, Integer.MAX_VALUE));
    if (setvar.score()) {
      score += number;
    }
  }

  private void assignDynamic(Rule.Setvar setvar, String name) {
    byte[] before = store.dynamic(name);
    int number = before == null ? 0 : Text.number(before, 0, before.length);
    switch (setvar.change()) {
      case UNSET -> store.setDynamic(name, null);
      case ADD -> store.setDynamic(name, Text.bytes("" + (number + setvar.value().number(this))));
      case SUBTRACT ->
          store.setDynamic(name, Text.bytes("" + (number - setvar.value().number(this))));
      case SET -> {
        expanded.clear();
        setvar.value().expand(this, expanded);
        store.setDynamic(name, expanded.toArray());
      }
    }
  }

  /** Keeps a short number as a number. */
  static void setText(Store store, int slot, Octets text) {
    byte[] value = text.data;
    int length = text.length;
    boolean isNumber = length > 0 && length < 9 && (length == 1 || value[0] != '0');
    for (int i = 0; i < length && isNumber; i++) {
      isNumber = value[i] >= '0' && value[i] <= '9';
    }
    if (isNumber) {
      store.set(slot, Text.number(value, 0, length));
    } else {
      store.set(slot, text.toArray());
    }
  }

  private void control(Rule.Ctl ctl) {
    switch (ctl.control()) {
      case RULE_ENGINE -> {
        engine =
            switch (ctl.value().toLowerCase(Locale.ROOT)) {
              case "on" -> Settings.Engine.ON;
              case "off" -> Settings.Engine.OFF;
              default -> Settings.Engine.DETECTION_ONLY;
            };
      }
      case REQUEST_BODY_ACCESS -> requestBodyAccess = ctl.value().equalsIgnoreCase("on");
      case RESPONSE_BODY_ACCESS -> responseBodyAccess = ctl.value().equalsIgnoreCase("on");
      case REQUEST_BODY_PROCESSOR -> requestBodyProcessor = ctl.value().toUpperCase(Locale.ROOT);
      case FORCE_REQUEST_BODY_VARIABLE -> forceRequestBody = ctl.value().equalsIgnoreCase("on");
      case REQUEST_BODY_LIMIT ->
          requestBodyLimit = Text.number(Text.bytes(ctl.value()), 0, ctl.value().length());
      case RESPONSE_BODY_LIMIT ->
          responseBodyLimit = Text.number(Text.bytes(ctl.value()), 0, ctl.value().length());
      case RULE_REMOVE_BY_ID, RULE_REMOVE_BY_TAG, RULE_REMOVE_BY_MSG -> remove(ctl.rules());
      case TARGET_REMOVE_BY_ID, TARGET_REMOVE_BY_TAG, TARGET_REMOVE_BY_MSG ->
          exclude(ctl.rules(), ctl.targets());
      case LOGGING -> {}
    }
  }

  /** Switches rules off for this transaction. */
  void remove(long[] rules) {
    for (int i = 0; i < removed.length; i++) {
      removed[i] |= rules[i];
    }
  }

  void exclude(long[] rules, List<Target> targets) {
    exclusions.add(new Exclusion(rules, targets));
  }

  private void record(Rule rule) {
    budget.charge(RECORD_WORK);
    matches.add(
        new Match(
            rule.id,
            rule.message == null ? "" : expand(rule.message),
            rule.logData == null ? "" : maskedLogData(rule.logData),
            ActionReader.severityName(rule.severity),
            rule.tags,
            rule.file,
            rule.line,
            evidence.subList(0, evidenceCount).stream().map(Finding::evidence).toList(),
            matchCount,
            score,
            rule.disruption != Rule.Disruption.PASS));
  }

  private String maskedLogData(Macro macro) {
    expanded.clear();
    macro.expand(this, expanded);
    return Masking.mask(expanded.data, expanded.length);
  }

  // ---- values

  /** The value of a variable that rules set, as a number. */
  public int counter(String name) {
    byte[] value = store.dynamic(name.toLowerCase(Locale.ROOT));
    return value == null ? 0 : Text.number(value, 0, value.length);
  }

  void number(Base base, int number) {
    lists[base.ordinal()].setNumber(number);
  }
}
