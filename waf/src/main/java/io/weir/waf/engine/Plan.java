package io.weir.waf.engine;

import io.weir.waf.regex.AutomataMemory;
import io.weir.waf.regex.Lazy;
import io.weir.waf.regex.LiteralScanner;
import io.weir.waf.regex.WorkBudget;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** Compiled rules: what every transaction needs and none changes. */
public final class Plan {
  static final int PHASES = 5;

  private static final int LEAST_WORK = 225;
  private static final double WORK_PER_RULE = 2.25;

  /** All rules in the order of execution: by phase, and within as written. */
  final List<Rule> rules;

  /** By phase from 1: the first rule; phase n ends where n + 1 begins. */
  final int[] phaseStart;

  /** By phase from 1: the first rule whose question is asked for many values at once. */
  final int[] firstBatched = new int[PHASES + 1];

  /** By phase from 1: what is looked at. */
  final List<List<View>> views;

  /** By phase from 1: the word scanner of the rules. */
  final List<Lazy<LiteralScanner>> literals;

  /** Rules to be run whatever the values are, one bit each. */
  final long[] always;

  final Store.Names names;
  final Store initial;
  final Settings settings;
  final AutomataMemory memory;
  final boolean capturesLeak;

  /**
   * Units of {@link WorkBudget} that are due for each octet of input: the more, the more rules look
   * at one value. The Core Rule Set's fourth level makes it 420.
   */
  final int workPerOctet;

  Plan(
      List<Rule> rules,
      int[] phaseStart,
      List<List<View>> views,
      List<Lazy<LiteralScanner>> literals,
      long[] always,
      Store.Names names,
      Store initial,
      Settings settings,
      AutomataMemory memory,
      boolean capturesLeak) {
    this.rules = rules;
    this.phaseStart = phaseStart;
    this.views = views;
    this.literals = literals;
    this.always = always;
    this.names = names;
    this.initial = initial;
    this.settings = settings;
    this.memory = memory;
    this.capturesLeak = capturesLeak;
    int most = views.stream().flatMap(List::stream).mapToInt(View::rules).max().orElse(0);
    workPerOctet = Math.max(LEAST_WORK, (int) (WORK_PER_RULE * most));
    for (int phase = 1; phase <= PHASES; phase++) {
      int first = phaseStart[phase];
      while (first < phaseStart[phase + 1] && !rules.get(first).batched) {
        first++;
      }
      firstBatched[phase] = first;
    }
  }

  private final Map<Target, int[]> storeSlots = new ConcurrentHashMap<>();

  /** The known variables that a target with a pattern, or without selector, means. */
  int[] storeSlots(Target target) {
    int[] slots = storeSlots.get(target);
    return slots != null ? slots : storeSlots.computeIfAbsent(target, this::findSlots);
  }

  private int[] findSlots(Target target) {
    String prefix = target.variable().name().toLowerCase(Locale.ROOT) + ".";
    WorkBudget budget = new WorkBudget();
    budget.reset(1 << 24);
    return IntStream.range(0, names.size())
        .filter(slot -> names.name(slot).startsWith(prefix))
        .filter(slot -> {
          byte[] key = Text.bytes(names.name(slot).substring(prefix.length()));
          return target.matchesName(key, 0, key.length, budget);
        })
        .toArray();
  }

  /**
   * Makes what the first requests will need and is not made yet; other threads may use the plan
   * meanwhile.
   */
  public void prepare() {
    for (int phase = 1; phase <= PHASES; phase++) {
      literals.get(phase).get();
      views.get(phase).forEach(View::prepare);
    }
  }

  /** Usual text was judged: what it needs is there, and kept. */
  public void settle() {
    memory.settle();
  }

  /** Whether {@link #settle} was called. */
  public boolean isSettled() {
    return memory.isSettled();
  }

  /** Rules that run, links of chains not counted. */
  public int ruleCount() {
    return rules.size();
  }

  public Settings settings() {
    return settings;
  }

  /** Octets that the automata take now. */
  public long automataMemory() {
    return memory.used();
  }
}
