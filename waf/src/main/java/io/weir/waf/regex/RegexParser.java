package io.weir.waf.regex;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads the regular part of PCRE's syntax, octet by octet, with the flags of ModSecurity: the dot
 * matches newlines, {@code $} matches at the end and before a final newline, and octets above 127
 * are no letters. What needs backtracking (references, look-around, atomic groups) is refused.
 *
 * <p>A parser by descent: one method for each level of precedence. Depth and size are limited.
 */
public final class RegexParser {
  private static final int MAX_DEPTH = 250;
  private static final int MAX_REPEAT = 1000;

  private final byte[] text;
  private int at;
  private int groups;
  private int depth;
  private boolean ignoreCase;
  private boolean multiline;
  private boolean dotAll = true;
  private boolean extended;

  private RegexParser(byte[] text) {
    this.text = text;
  }

  /** A parsed pattern and its number of capturing groups. */
  public record Parsed(Node node, int groups) {}

  public static Parsed parse(String pattern, boolean ignoreCase) throws RegexException {
    RegexParser parser = new RegexParser(pattern.getBytes(StandardCharsets.UTF_8));
    parser.ignoreCase = ignoreCase;
    Node node = parser.choice();
    if (parser.at < parser.text.length) {
      throw parser.error("unmatched )");
    }
    return new Parsed(node, parser.groups);
  }

  private Node choice() throws RegexException {
    if (++depth > MAX_DEPTH) {
      throw error("groups nested deeper than " + MAX_DEPTH);
    }
    // Flags set inside a group end with it, but hold for its later alternatives.
    boolean ignoreCaseBefore = ignoreCase;
    boolean multilineBefore = multiline;
    boolean dotAllBefore = dotAll;
    boolean extendedBefore = extended;
    List<Node> alternatives = new ArrayList<>();
    alternatives.add(sequence());
    while (at < text.length && text[at] == '|') {
      at++;
      alternatives.add(sequence());
    }
    ignoreCase = ignoreCaseBefore;
    multiline = multilineBefore;
    dotAll = dotAllBefore;
    extended = extendedBefore;
    depth--;
    return alternatives.size() == 1 ? alternatives.getFirst() : new Node.Choice(alternatives);
  }

  private Node sequence() throws RegexException {
    List<Node> parts = new ArrayList<>();
    while (at < text.length && text[at] != '|' && text[at] != ')') {
      if (extended && skipExtended()) {
        continue;
      }
      if (startsWith("\\Q")) {
        quoted(parts);
        continue;
      }
      Node atom = atom();
      if (atom != Node.EMPTY || quantifierFollows()) {
        parts.add(quantified(atom));
      }
    }
    return parts.size() == 1 ? parts.getFirst() : new Node.Sequence(parts);
  }

  private boolean skipExtended() {
    int octet = text[at] & 0xff;
    if (ByteSet.SPACES.contains(octet)) {
      at++;
      return true;
    }
    if (octet != '#') {
      return false;
    }
    while (at < text.length && text[at] != '\n') {
      at++;
    }
    return true;
  }

  private void quoted(List<Node> parts) throws RegexException {
    at += 2;
    while (at < text.length && !startsWith("\\E")) {
      parts.add(quantified(octet(text[at++] & 0xff)));
    }
    at = Math.min(text.length, at + 2);
  }

  private boolean quantifierFollows() {
    return at < text.length
        && (text[at] == '*' || text[at] == '+' || text[at] == '?' || isCountedRepeat());
  }

  private Node quantified(Node atom) throws RegexException {
    Node result = atom;
    int levels = 0;
    while (quantifierFollows()) {
      if (++levels > 3) {
        throw error("more than three quantifiers in a row");
      }
      int min = 0;
      int max = -1;
      switch (text[at]) {
        case '*' -> at++;
        case '+' -> {
          min = 1;
          at++;
        }
        case '?' -> {
          max = 1;
          at++;
        }
        default -> {
          int close = indexOf('}');
          String[] bounds =
              new String(text, at + 1, close - at - 1, StandardCharsets.ISO_8859_1).split(",", -1);
          min = bounds[0].isEmpty() ? 0 : count(bounds[0]);
          max = bounds.length == 1 ? min : bounds[1].isEmpty() ? -1 : count(bounds[1]);
          at = close + 1;
          if (max >= 0 && min > max) {
            throw error("numbers out of order in {} quantifier");
          }
        }
      }
      boolean greedy = true;
      if (at < text.length && text[at] == '?') {
        greedy = false;
        at++;
      } else if (at < text.length && text[at] == '+') {
        throw error("possessive quantifiers are not supported");
      }
      result = new Node.Repeat(result, min, max, greedy);
    }
    return result;
  }

  private int count(String digits) throws RegexException {
    if (digits.length() > 4 || Integer.parseInt(digits) > MAX_REPEAT) {
      throw error("repetition " + digits + " (expected: at most " + MAX_REPEAT + ")");
    }
    return Integer.parseInt(digits);
  }

  /** Whether an opening brace begins a quantifier; otherwise it is an ordinary octet. */
  private boolean isCountedRepeat() {
    if (text[at] != '{') {
      return false;
    }
    int close = indexOf('}');
    if (close < 0) {
      return false;
    }
    int digits = 0;
    int commas = 0;
    for (int i = at + 1; i < close; i++) {
      if (text[i] == ',') {
        commas++;
      } else if (text[i] >= '0' && text[i] <= '9') {
        digits++;
      } else {
        return false;
      }
    }
    return digits > 0 && commas <= 1;
  }

  private int indexOf(char wanted) {
    for (int i = at; i < text.length; i++) {
      if (text[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private Node atom() throws RegexException {
    int octet = text[at++] & 0xff;
    return switch (octet) {
      case '.' -> new Node.Octet(dotAll ? ByteSet.ALL : ByteSet.NEWLINE.complement());
      case '^' -> new Node.Assertion(multiline ? Node.Kind.LINE_START : Node.Kind.TEXT_START);
      case '$' ->
          new Node.Assertion(multiline ? Node.Kind.LINE_END : Node.Kind.TEXT_END_OR_FINAL_NEWLINE);
      case '[' -> new Node.Octet(charClass());
      case '(' -> group();
      case '\\' -> escape();
      case '*', '+', '?' -> throw error("nothing to repeat");
      default -> octet(octet);
    };
  }

  private Node octet(int octet) {
    return new Node.Octet(folded(ByteSet.of(octet)));
  }

  private ByteSet folded(ByteSet set) {
    return ignoreCase ? set.foldCase() : set;
  }

  private Node group() throws RegexException {
    if (at >= text.length || text[at] != '?') {
      int index = ++groups;
      return new Node.Group(closed(choice()), index);
    }
    at++;
    if (startsWith("#")) {
      int close = indexOf(')');
      if (close < 0) {
        throw error("missing ) after comment");
      }
      at = close + 1;
      return Node.EMPTY;
    }
    if (startsWith("=") || startsWith("!") || startsWith("<=") || startsWith("<!")) {
      throw error("look-around is not supported");
    }
    if (startsWith(">")) {
      throw error("atomic groups are not supported");
    }
    if (startsWith("P<") || startsWith("<") || startsWith("'")) {
      char end = startsWith("'") ? '\'' : '>';
      at += startsWith("P") ? 2 : 1;
      int close = indexOf(end);
      if (close < 0) {
        throw error("missing terminator in group name");
      }
      at = close + 1;
      int index = ++groups;
      return new Node.Group(closed(choice()), index);
    }
    return flags();
  }

  private Node flags() throws RegexException {
    boolean ignoreCaseBefore = ignoreCase;
    boolean multilineBefore = multiline;
    boolean dotAllBefore = dotAll;
    boolean extendedBefore = extended;
    boolean on = true;
    while (at < text.length) {
      switch (text[at++]) {
        case '-' -> on = false;
        case 'i' -> ignoreCase = on;
        case 'm' -> multiline = on;
        case 's' -> dotAll = on;
        case 'x' -> extended = on;
        case ')' -> {
          return Node.EMPTY;
        }
        case ':' -> {
          Node node = closed(choice());
          ignoreCase = ignoreCaseBefore;
          multiline = multilineBefore;
          dotAll = dotAllBefore;
          extended = extendedBefore;
          return node;
        }
        default -> throw error("unknown group syntax or flag");
      }
    }
    throw error("missing )");
  }

  private Node closed(Node node) throws RegexException {
    if (at >= text.length) {
      throw error("missing )");
    }
    at++;
    return node;
  }

  private Node escape() throws RegexException {
    if (at >= text.length) {
      throw error("\\ at the end");
    }
    int octet = text[at] & 0xff;
    switch (octet) {
      case 'b' -> {
        at++;
        return new Node.Assertion(Node.Kind.WORD_BOUNDARY);
      }
      case 'B' -> {
        at++;
        return new Node.Assertion(Node.Kind.NOT_WORD_BOUNDARY);
      }
      case 'A' -> {
        at++;
        return new Node.Assertion(Node.Kind.TEXT_START);
      }
      case 'z' -> {
        at++;
        return new Node.Assertion(Node.Kind.TEXT_END);
      }
      case 'Z' -> {
        at++;
        return new Node.Assertion(Node.Kind.TEXT_END_OR_FINAL_NEWLINE);
      }
      case 'E' -> {
        at++;
        return Node.EMPTY;
      }
      case 'R' -> {
        at++;
        Node crlf =
            new Node.Sequence(
                List.of(new Node.Octet(ByteSet.of('\r')), new Node.Octet(ByteSet.NEWLINE)));
        return new Node.Choice(List.of(crlf, new Node.Octet(ByteSet.of("\n\u000b\f\r\u0085"))));
      }
      default -> {
        if (octet >= '1' && octet <= '9') {
          throw error("back references are not supported");
        }
        ByteSet set = escapedSet();
        return new Node.Octet(set.size() == 1 ? folded(set) : set);
      }
    }
  }

  /** An escape that stands for octets, in or outside of a class; the backslash has been read. */
  private ByteSet escapedSet() throws RegexException {
    if (at >= text.length) {
      throw error("\\ at the end");
    }
    int octet = text[at++] & 0xff;
    return switch (octet) {
      case 'd' -> ByteSet.DIGITS;
      case 'D' -> ByteSet.DIGITS.complement();
      case 'w' -> ByteSet.WORD;
      case 'W' -> ByteSet.WORD.complement();
      case 's' -> ByteSet.SPACES;
      case 'S' -> ByteSet.SPACES.complement();
      case 'h' -> ByteSet.of(" \t\u00a0");
      case 'H' -> ByteSet.of(" \t\u00a0").complement();
      case 'v' -> ByteSet.of("\n\u000b\f\r\u0085");
      case 'V' -> ByteSet.of("\n\u000b\f\r\u0085").complement();
      case 'N' -> ByteSet.NEWLINE.complement();
      case 'n' -> ByteSet.NEWLINE;
      case 'r' -> ByteSet.of('\r');
      case 't' -> ByteSet.of('\t');
      case 'f' -> ByteSet.of('\f');
      case 'a' -> ByteSet.of(7);
      case 'e' -> ByteSet.of(27);
      case '0' -> ByteSet.of(octal());
      case 'x' -> ByteSet.of(hex());
      case 'c' -> {
        if (at >= text.length) {
          throw error("\\c at the end");
        }
        yield ByteSet.of((Character.toUpperCase(text[at++] & 0x7f) ^ 0x40) & 0xff);
      }
      default -> {
        if (octet < 128 && Character.isLetterOrDigit(octet)) {
          throw error("unsupported escape \\" + (char) octet);
        }
        yield ByteSet.of(octet);
      }
    };
  }

  private int octal() {
    int value = 0;
    for (int i = 0; i < 2 && at < text.length && text[at] >= '0' && text[at] <= '7'; i++) {
      value = value * 8 + text[at++] - '0';
    }
    return value;
  }

  private int hex() throws RegexException {
    if (at < text.length && text[at] == '{') {
      int close = indexOf('}');
      if (close < 0 || close == at + 1 || close - at > 7) {
        throw error("malformed \\x{");
      }
      int value = 0;
      for (int i = at + 1; i < close; i++) {
        int digit = Character.digit(text[i], 16);
        if (digit < 0) {
          throw error("malformed \\x{");
        }
        value = value * 16 + digit;
      }
      if (value > 255) {
        throw error("\\x{...} above 0xff: patterns match octets");
      }
      at = close + 1;
      return value;
    }
    int value = 0;
    for (int i = 0; i < 2 && at < text.length && Character.digit(text[at], 16) >= 0; i++) {
      value = value * 16 + Character.digit(text[at++], 16);
    }
    return value;
  }

  private ByteSet charClass() throws RegexException {
    int open = at;
    boolean negated = startsWith("^");
    if (negated) {
      at++;
    }
    ByteSet set = ByteSet.NONE;
    boolean first = true;
    while (true) {
      if (at >= text.length) {
        at = open;
        throw error("missing ]");
      }
      if (text[at] == ']' && !first) {
        at++;
        break;
      }
      first = false;
      ByteSet item = classItem();
      if (item.size() == 1 && at + 1 < text.length && text[at] == '-' && text[at + 1] != ']') {
        int before = at++;
        ByteSet end = classItem();
        if (end.size() == 1) {
          if (single(item) > single(end)) {
            throw error("range out of order in class");
          }
          item = ByteSet.range(single(item), single(end));
        } else {
          at = before; // a hyphen before a class such as \w is an ordinary octet
        }
      }
      set = set.union(item);
    }
    set = folded(set);
    return negated ? set.complement() : set;
  }

  private ByteSet classItem() throws RegexException {
    if (at >= text.length) {
      throw error("missing ]");
    }
    int octet = text[at++] & 0xff;
    if (octet == '[' && startsWith(":")) {
      for (int close = at + 1; close + 1 < text.length; close++) {
        if (text[close] == ':' && text[close + 1] == ']') {
          String name = new String(text, at + 1, close - at - 1, StandardCharsets.ISO_8859_1);
          if (name.startsWith("^") || name.chars().allMatch(Character::isLetter)) {
            at = close + 2;
            return posixClass(name);
          }
          break;
        }
      }
    }
    if (octet != '\\') {
      return ByteSet.of(octet);
    }
    if (at < text.length && text[at] == 'b') {
      at++;
      return ByteSet.of(8);
    }
    if (at < text.length && text[at] >= '1' && text[at] <= '7') {
      int value = text[at++] - '0';
      for (int i = 0; i < 2 && at < text.length && text[at] >= '0' && text[at] <= '7'; i++) {
        value = value * 8 + text[at++] - '0';
      }
      return ByteSet.of(value & 0xff);
    }
    return escapedSet();
  }

  private ByteSet posixClass(String name) throws RegexException {
    if (name.startsWith("^")) {
      return posixClass(name.substring(1)).complement();
    }
    ByteSet letters = ByteSet.range('a', 'z').union(ByteSet.range('A', 'Z'));
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "alpha" -> letters;
      case "digit" -> ByteSet.DIGITS;
      case "alnum" -> letters.union(ByteSet.DIGITS);
      case "lower" -> ByteSet.range('a', 'z');
      case "upper" -> ByteSet.range('A', 'Z');
      case "space" -> ByteSet.SPACES;
      case "blank" -> ByteSet.of(" \t");
      case "punct" ->
          ByteSet.range('!', '~').complement().union(letters).union(ByteSet.DIGITS).complement();
      case "print" -> ByteSet.range(' ', '~');
      case "graph" -> ByteSet.range('!', '~');
      case "cntrl" -> ByteSet.range(0, 31).union(ByteSet.of(127));
      case "xdigit" -> ByteSet.DIGITS.union(ByteSet.range('a', 'f')).union(ByteSet.range('A', 'F'));
      case "word" -> ByteSet.WORD;
      case "ascii" -> ByteSet.range(0, 127);
      default -> throw error("unknown class [:" + name + ":]");
    };
  }

  private static int single(ByteSet set) {
    for (int octet = 0; octet < 256; octet++) {
      if (set.contains(octet)) {
        return octet;
      }
    }
    throw new IllegalArgumentException("empty set");
  }

  private boolean startsWith(String wanted) {
    if (at + wanted.length() > text.length) {
      return false;
    }
    for (int i = 0; i < wanted.length(); i++) {
      if (text[at + i] != wanted.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private RegexException error(String message) {
    return new RegexException(message + " at offset " + at);
  }
}
