package io.weir.waf.engine;

import io.weir.waf.transform.Octets;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides rules when they are compiled that no request can decide otherwise: defaults, and the
 * switches for paranoia levels. Rules are gone through in the order in which they run, with what is
 * known of the variables that they set. A rule that surely matches and only sets variables becomes
 * part of each transaction's initial state; one that surely does not match, or is surely skipped,
 * is left out.
 */
final class Folding {
  private final Store.Names names;

  /** What each transaction begins with. */
  private final Store initial;

  /** What is known at this point of the rules. */
  private final Store known;

  private final BitSet unknown = new BitSet();
  private final BitSet readBefore = new BitSet();
  private final Set<String> unknownPrefixes = new HashSet<>();

  /** The marker that is surely skipped to, or null. */
  private @Nullable String skippingTo;

  /** Markers that perhaps are skipped to: until then all is conditional. */
  private final Set<String> perhapsSkippingTo = new HashSet<>();

  Folding(Store.Names names, Store initial) {
    this.names = names;
    this.initial = initial;
    known = new Store(names);
  }

  void beginPhase() {
    skippingTo = null;
    perhapsSkippingTo.clear();
  }

  void marker(String name) {
    if (name.equals(skippingTo)) {
      skippingTo = null;
    }
    perhapsSkippingTo.remove(name);
  }

  /** Whether the rule has to run. */
  boolean keep(Rule rule) {
    if (skippingTo != null) {
      return false;
    }
    Answer answer = answer(rule);
    if (answer == Answer.NO) {
      return false;
    }
    boolean conditional = answer == Answer.PERHAPS || !perhapsSkippingTo.isEmpty();
    if (!conditional && rule.next == null && isQuiet(rule) && applies(rule.setvars)) {
      for (Rule.Setvar setvar : rule.setvars) {
        apply(setvar, initial);
        apply(setvar, known);
      }
      skippingTo = rule.skipAfter;
      return false;
    }
    noteReads(rule);
    for (Rule link = rule; link != null; link = link.next) {
      link.setvars.forEach(this::forget);
    }
    if (rule.skipAfter != null) {
      perhapsSkippingTo.add(rule.skipAfter);
    }
    return true;
  }

  private enum Answer {
    YES,
    NO,
    PERHAPS
  }

  private static boolean isQuiet(Rule rule) {
    return !rule.log
        && rule.disruption == Rule.Disruption.PASS
        && rule.ctls.isEmpty()
        && rule.skip == 0
        && !rule.capture;
  }

  private Answer answer(Rule rule) {
    if (rule.isUnconditional()) {
      return Answer.YES;
    }
    if (!(rule.operator instanceof NumberOperator operator)
        || !rule.transformations.isEmpty()
        || !isKnown(operator.argument())) {
      return Answer.PERHAPS;
    }
    int argument = value(operator.argument());
    boolean any = false;
    for (Target target : rule.targets) {
      if (target.slot() < 0 || target.exclude() || !isKnown(target.slot())) {
        return Answer.PERHAPS;
      }
      boolean present = known.isSet(target.slot());
      if (target.count() || present) {
        int value = target.count() ? (present ? 1 : 0) : known.number(target.slot());
        any |= operator.compare(value, argument) != rule.negated;
      }
    }
    return any ? Answer.YES : Answer.NO;
  }

  private boolean isKnown(int slot) {
    return !unknown.get(slot)
        && unknownPrefixes.stream().noneMatch(prefix -> names.name(slot).startsWith(prefix));
  }

  private boolean isKnown(Macro macro) {
    return macro.reads().stream().allMatch(slot -> slot >= 0 && isKnown(slot));
  }

  private int value(Macro macro) {
    List<Integer> reads = macro.reads();
    if (reads.isEmpty()) {
      byte[] text = macro.constant();
      return Text.number(text, 0, text.length);
    }
    return known.number(reads.getFirst());
  }

  /** Whether all of it can be done now: known values, and variables nobody read before. */
  private boolean applies(List<Rule.Setvar> setvars) {
    for (Rule.Setvar setvar : setvars) {
      if (setvar.slot() < 0
          || !isKnown(setvar.slot())
          || readBefore.get(setvar.slot())
          || !isSimple(setvar.value())) {
        return false;
      }
    }
    return true;
  }

  /** A constant, or just one known variable. */
  private boolean isSimple(Macro macro) {
    return macro.isConstant()
        || isKnown(macro)
            && macro.toString().startsWith("%{")
            && macro.toString().endsWith("}")
            && macro.reads().size() == 1;
  }

  private void apply(Rule.Setvar setvar, Store store) {
    int slot = setvar.slot();
    switch (setvar.change()) {
      case UNSET -> store.unset(slot);
      case ADD -> store.set(slot, store.number(slot) + value(setvar.value()));
      case SUBTRACT -> store.set(slot, store.number(slot) - value(setvar.value()));
      case SET -> {
        if (setvar.value().isConstant()) {
          byte[] text = setvar.value().constant();
          Octets value = new Octets(text.length);
          value.add(text, 0, text.length);
          Evaluation.setText(store, slot, value);
        } else {
          store.set(slot, value(setvar.value()));
        }
      }
    }
  }

  private void noteReads(Rule rule) {
    for (Rule link = rule; link != null; link = link.next) {
      for (Target target : link.targets) {
        if (target.slot() >= 0) {
          readBefore.set(target.slot());
        } else if (target.variable().kind() == Variable.Kind.STORE && target.capture() < 0) {
          readBefore.set(0, names.size());
        }
      }
      for (Rule.Setvar setvar : link.setvars) {
        noteReads(setvar.value());
      }
      noteReads(link.message);
      noteReads(link.logData);
      // Operators with macros other than numbers are rare; all is taken as read then.
      if (link.operator instanceof NumberOperator number) {
        noteReads(number.argument());
      } else if (link.operator != null && !link.operator.isPure()) {
        readBefore.set(0, names.size());
      }
    }
  }

  private void noteReads(@Nullable Macro macro) {
    if (macro != null) {
      macro.reads().stream().filter(slot -> slot >= 0).forEach(readBefore::set);
    }
  }

  private void forget(Rule.Setvar setvar) {
    if (setvar.slot() >= 0) {
      unknown.set(setvar.slot());
    } else {
      String name = String.valueOf(setvar.name());
      unknownPrefixes.add(name.substring(0, Math.max(0, name.indexOf("%{"))));
    }
  }
}
