package io.weir.waf.engine;

import io.weir.waf.transform.Transformation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One rule, or one link of a chain. Written by the compiler only. */
final class Rule {

  /** What a rule does to the transaction when it matches. */
  enum Disruption {
    PASS,
    DENY,
    DROP,
    REDIRECT,
    ALLOW,
    ALLOW_PHASE,
    ALLOW_REQUEST
  }

  enum Change {
    SET,
    ADD,
    SUBTRACT,
    UNSET
  }

  /**
   * A variable to set.
   *
   * @param slot its number, or -1 when its name is made at run time
   */
  record Setvar(int slot, @Nullable Macro name, Change change, Macro value, boolean score) {}

  enum Control {
    RULE_ENGINE,
    REQUEST_BODY_ACCESS,
    RESPONSE_BODY_ACCESS,
    REQUEST_BODY_PROCESSOR,
    FORCE_REQUEST_BODY_VARIABLE,
    REQUEST_BODY_LIMIT,
    RESPONSE_BODY_LIMIT,
    RULE_REMOVE_BY_ID,
    RULE_REMOVE_BY_TAG,
    RULE_REMOVE_BY_MSG,
    TARGET_REMOVE_BY_ID,
    TARGET_REMOVE_BY_TAG,
    TARGET_REMOVE_BY_MSG,
    /** Audit and debug logs are the host's affair. */
    LOGGING
  }

  /**
   * A change of the configuration for this transaction.
   *
   * @param rules the rules meant, one bit each, for removals
   * @param targets what is left out of them
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Ctl(Control control, String value, long[] rules, List<Target> targets) {}

  final String file;
  final int line;
  int id;
  int phase = 2;
  final List<Target> targets = new ArrayList<>();
  @Nullable Operator operator;
  boolean negated;
  final List<Transformation> transformations = new ArrayList<>();
  boolean capture;
  boolean multiMatch;
  boolean log = true;
  boolean chain;
  @Nullable Macro message;
  @Nullable Macro logData;
  List<String> tags = new ArrayList<>();
  int severity = -1;
  boolean block;
  Disruption disruption = Disruption.PASS;
  int status = 403;
  @Nullable Macro redirect;
  @Nullable String skipAfter;
  int skip;
  final List<Setvar> setvars = new ArrayList<>();
  final List<Ctl> ctls = new ArrayList<>();
  @Nullable Rule next;

  /** Place in the order of execution; -1 for links and for rules that were folded away. */
  int ordinal = -1;

  /** First rule after the marker it skips to. */
  int skipTo = -1;

  /** Whether its question is asked for many values at once. */
  boolean batched;

  /** Whether its captures are read by anything but its own log text. */
  boolean capturesNeeded;

  /** Whether the next link of the chain reads all that matched. */
  boolean listNeeded;

  /** Whether what matched is read by its own assignments. */
  boolean matchNeeded;

  Rule(String file, int line) {
    this.file = file;
    this.line = line;
  }

  boolean hasTag(String tag) {
    return tags.contains(tag);
  }

  /** An action without a question. */
  boolean isUnconditional() {
    return operator == null;
  }
}
