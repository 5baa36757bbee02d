package io.weir.waf.seclang;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads the arguments of a rule: targets, operator and actions. */
public final class RuleText {
  private RuleText() {}

  /**
   * What a rule looks at.
   *
   * @param name of the variable, upper case
   * @param selector an entry's name, a regular expression, an XPath; or null for all entries
   * @param regex whether the selector is a regular expression
   * @param count whether the number of entries is meant
   * @param exclude whether the entries are left out
   */
  public record TargetText(
      String name, @Nullable String selector, boolean regex, boolean count, boolean exclude) {}

  /** An operator and its argument. */
  public record OperatorText(boolean negated, String name, String argument) {}

  /** An action; the value is empty when there is none. */
  public record ActionText(String name, String value) {}

  /** Reads targets separated by bars (or commas, as in ctl actions). */
  public static List<TargetText> targets(String text) throws SyntaxException {
    List<TargetText> targets = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int begin = at;
      boolean inRegex = false;
      boolean inQuotes = false;
      while (at < text.length()) {
        char c = text.charAt(at);
        if (c == '\\' && inRegex && at + 1 < text.length()) {
          at++;
        } else if (c == '\'') {
          inQuotes = !inQuotes;
        } else if (c == '/'
            && !inQuotes
            && (inRegex || text.charAt(Math.max(begin, at - 1)) == ':')
            && !isXml(text, begin)) {
          inRegex = !inRegex;
        } else if ((c == '|' || c == ',') && !inRegex && !inQuotes) {
          break;
        }
        at++;
      }
      if (inRegex || inQuotes) {
        throw new SyntaxException("unterminated selector in \"" + text.substring(begin) + "\"");
      }
      targets.add(target(text.substring(begin, at).strip()));
      at++;
    }
    if (targets.isEmpty()) {
      throw new SyntaxException("no variables");
    }
    return targets;
  }

  /** XPath begins with a slash too and is no regular expression. */
  private static boolean isXml(String text, int begin) {
    int from = begin;
    while (from < text.length()
        && (text.charAt(from) == '!' || text.charAt(from) == '&' || text.charAt(from) == ' ')) {
      from++;
    }
    return text.regionMatches(true, from, "XML:", 0, 4);
  }

  private static TargetText target(String text) throws SyntaxException {
    String rest = text;
    boolean exclude = rest.startsWith("!");
    if (exclude) {
      rest = rest.substring(1);
    }
    boolean count = rest.startsWith("&");
    if (count) {
      rest = rest.substring(1);
    }
    int colon = rest.indexOf(':');
    String name = (colon < 0 ? rest : rest.substring(0, colon)).toUpperCase(Locale.ROOT);
    if (name.isEmpty()) {
      throw new SyntaxException("empty variable name in \"" + text + "\"");
    }
    if (colon < 0) {
      return new TargetText(name, null, false, count, exclude);
    }
    String selector = rest.substring(colon + 1);
    if (selector.length() > 1 && selector.startsWith("'") && selector.endsWith("'")) {
      selector = selector.substring(1, selector.length() - 1);
    }
    if (!name.equals("XML")
        && selector.length() > 1
        && selector.startsWith("/")
        && selector.endsWith("/")) {
      return new TargetText(
          name, selector.substring(1, selector.length() - 1), true, count, exclude);
    }
    return new TargetText(name, selector, false, count, exclude);
  }

  public static OperatorText operator(String text) {
    String rest = text.strip();
    boolean negated = rest.startsWith("!") && rest.length() > 1;
    if (negated) {
      rest = rest.substring(1).stripLeading();
    }
    if (!rest.startsWith("@")) {
      return new OperatorText(negated, "rx", rest);
    }
    int end = 1;
    while (end < rest.length() && !Character.isWhitespace(rest.charAt(end))) {
      end++;
    }
    int argument = end;
    while (argument < rest.length() && Character.isWhitespace(rest.charAt(argument))) {
      argument++;
    }
    return new OperatorText(negated, rest.substring(1, end), rest.substring(argument));
  }

  /** Reads actions separated by commas; values may stand in single quotes. */
  public static List<ActionText> actions(String text) throws SyntaxException {
    List<ActionText> actions = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == ',' || Character.isWhitespace(c)) {
        at++;
        continue;
      }
      int end = at;
      while (end < text.length() && text.charAt(end) != ':' && text.charAt(end) != ',') {
        end++;
      }
      String name = text.substring(at, end).strip();
      if (end == text.length() || text.charAt(end) == ',') {
        actions.add(new ActionText(name, ""));
        at = end;
        continue;
      }
      StringBuilder value = new StringBuilder();
      at = value(text, end + 1, value);
      actions.add(new ActionText(name, value.toString()));
    }
    return actions;
  }

  private static int value(String text, int from, StringBuilder value) throws SyntaxException {
    int at = from;
    boolean quoted = false;
    while (at < text.length()) {
      if (quoted) {
        int end = text.indexOf('\'', at);
        if (end < 0) {
          throw new SyntaxException("missing closing ' in actions");
        }
        quoted = end > at && text.charAt(end - 1) == '\\';
        value.append(text, at, quoted ? end - 1 : end).append(quoted ? "'" : "");
        at = end + 1;
        continue;
      }
      char c = text.charAt(at);
      if (c == '\'' && (value.isEmpty() || value.charAt(value.length() - 1) == '=')) {
        quoted = true;
      } else if (c == ',') {
        break;
      } else {
        value.append(c);
      }
      at++;
    }
    if (quoted) {
      throw new SyntaxException("missing closing ' in actions");
    }
    if (value.length() > 0 && text.charAt(at - 1) != '\'') {
      value.replace(0, value.length(), value.toString().strip());
    }
    return at;
  }
}
