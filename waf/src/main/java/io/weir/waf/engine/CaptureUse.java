package io.weir.waf.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds out whose captures anybody reads: a matched rule that nobody asks needs no second pass. */
final class CaptureUse {
  private CaptureUse() {}

  /** Returns whether some rule reads captures that it did not make itself. */
  static boolean analyse(List<Rule> rules) {
    boolean leak = false;
    for (Rule rule : rules) {
      leak |= readsCaptureTarget(rule) || !rule.capture && setvarsReadCaptures(rule);
    }
    for (Rule rule : rules) {
      for (Rule link = rule; link != null; link = link.next) {
        link.capturesNeeded =
            link.capture && (leak || rule.next != null || setvarsReadCaptures(link));
        link.listNeeded = readsMatches(link.next);
        link.matchNeeded = link != rule || rule.next != null || setvarsReadMatch(link);
      }
    }
    return leak;
  }

  private static boolean readsCaptureTarget(Rule rule) {
    return rule.targets.stream()
        .anyMatch(target ->
            target.capture() >= 0
                || target.variable().kind() != Variable.Kind.LISTS
                    && target.variable().kind() != Variable.Kind.STORE);
  }

  private static boolean readsMatches(@Nullable Rule next) {
    return next != null
        && next.targets.stream()
            .map(target -> target.variable().kind())
            .anyMatch(kind ->
                kind == Variable.Kind.MATCHED_VARS || kind == Variable.Kind.MATCHED_VARS_NAMES);
  }

  private static boolean setvarsReadCaptures(Rule rule) {
    return rule.setvars.stream()
        .anyMatch(setvar ->
            setvar.value().readsCaptures()
                || setvar.name() != null && setvar.name().readsCaptures());
  }

  private static boolean setvarsReadMatch(Rule rule) {
    return rule.setvars.stream()
        .anyMatch(setvar ->
            setvar.value().readsMatchedVar()
                || setvar.name() != null && setvar.name().readsMatchedVar());
  }
}
