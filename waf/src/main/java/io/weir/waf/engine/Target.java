package io.weir.waf.engine;

import io.weir.waf.regex.AutomataMemory;
import io.weir.waf.regex.Automaton;
import io.weir.waf.regex.Lazy;
import io.weir.waf.regex.Program;
import io.weir.waf.regex.RegexException;
import io.weir.waf.regex.RegexParser;
import io.weir.waf.regex.WorkBudget;
import io.weir.waf.seclang.RuleText.TargetText;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a rule looks at, or leaves out.
 *
 * @param key an entry's name in lower case, or null
 * @param pattern entries whose names match, or null
 * @param slot the number of a variable that rules set, or -1
 * @param capture the number of a capture, or -1
 * @param label as written, to compare and to show
 */
record Target(
    Variable variable,
    @Nullable String key,
    @Nullable Lazy<Automaton> pattern,
    int slot,
    int capture,
    boolean count,
    boolean exclude,
    String label) {

  static Target of(TargetText text, Store.Names names, AutomataMemory memory)
      throws CompileException {
    Variable variable =
        text.name().equals("XML") ? xml(text.selector()) : Variable.named(text.name());
    if (variable == null) {
      throw new CompileException("unknown variable " + text.name());
    }
    String label =
        (text.count() ? "&" : "")
            + text.name()
            + (text.selector() == null ? "" : ":" + text.selector());
    if (text.selector() == null || text.name().equals("XML")) {
      return new Target(variable, null, null, -1, -1, text.count(), text.exclude(), label);
    }
    if (!variable.collection()) {
      throw new CompileException(text.name() + " has no entries to select by name");
    }
    if (text.regex()) {
      try {
        Program program = Program.compile(RegexParser.parse(text.selector(), true));
        Lazy<Automaton> pattern = new Lazy<>(() -> new Automaton(program, memory));
        return new Target(variable, null, pattern, -1, -1, text.count(), text.exclude(), label);
      } catch (RegexException e) {
        throw new CompileException("selector " + text.selector() + ": " + e.getMessage());
      }
    }
    String key = text.selector().toLowerCase(Locale.ROOT);
    int slot = -1;
    int capture = -1;
    if (variable.kind() == Variable.Kind.STORE) {
      if (variable.name().equals("TX") && key.length() == 1 && Character.isDigit(key.charAt(0))) {
        capture = key.charAt(0) - '0';
      } else {
        slot = names.number(variable.name().toLowerCase(Locale.ROOT) + "." + key);
      }
    }
    return new Target(variable, key, null, slot, capture, text.count(), text.exclude(), label);
  }

  private static @Nullable Variable xml(@Nullable String path) throws CompileException {
    if (path == null || path.equals("/*")) {
      return Variable.named("XML_TEXT");
    }
    if (path.equals("//@*")) {
      return Variable.named("XML_ATTRIBUTES");
    }
    throw new CompileException("XML:" + path + " (expected: XML:/* or XML://@*)");
  }

  boolean selects() {
    return key != null || pattern != null;
  }

  /** Whether the entry's name is meant; always when the target has no selector. */
  boolean matchesName(byte[] name, int from, int to, WorkBudget budget) {
    if (key != null) {
      return equalsKey(name, from, to);
    }
    return pattern == null || pattern.get().matches(name, from, to, budget);
  }

  private boolean equalsKey(byte[] name, int from, int to) {
    String wanted = key;
    if (wanted == null || to - from != wanted.length()) {
      return false;
    }
    for (int i = 0; i < wanted.length(); i++) {
      if (Text.lower(name[from + i]) != wanted.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
