package io.weir.waf.engine;

import io.weir.waf.regex.AutomataMemory;
import io.weir.waf.regex.LiteralScanner;
import java.util.List;

/** Compiled rules: what every transaction needs and none changes. */
public final class Plan {
  static final int PHASES = 5;

  /** All rules in the order of execution: by phase, and within as written. */
  final List<Rule> rules;

  /** By phase from 1: the first rule; phase n ends where n + 1 begins. */
  final int[] phaseStart;

  /** By phase from 1: the first rule whose question is asked for many values at once. */
  final int[] firstBatched = new int[PHASES + 1];

  /** By phase from 1: what is looked at. */
  final List<List<View>> views;

  /** By phase from 1: the word scanner of the rules. */
  final List<LiteralScanner> literals;

  /** Rules to be run whatever the values are, one bit each. */
  final long[] always;

  final Store.Names names;
  final Store initial;
  final Settings settings;
  final AutomataMemory memory;
  final boolean capturesLeak;

  Plan(
      List<Rule> rules,
      int[] phaseStart,
      List<List<View>> views,
      List<LiteralScanner> literals,
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
    for (int phase = 1; phase <= PHASES; phase++) {
      int first = phaseStart[phase];
      while (first < phaseStart[phase + 1] && !rules.get(first).batched) {
        first++;
      }
      firstBatched[phase] = first;
    }
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
