package io.weir.waf.injection;

import java.util.Arrays;

/**
 * Cuts a value into SQL tokens, in one of three readings: as it stands, or as the rest of a string
 * that its first quote ends. No dialect is followed strictly: what any of the common databases
 * would read counts. Lists are folded, so that {@code 1,2,3} is one number, and words in a row are
 * one word.
 *
 * <p>Confined to one thread; used again for value after value.
 */
final class SqlTokenizer {
  private byte[] in = {};
  private int at;
  private int to;
  private SqlToken[] tokens = new SqlToken[64];
  private int count;
  private final byte[] word = new byte[32];
  private boolean unclosedSingle;
  private boolean unclosedDouble;
  private boolean unclosedBack;

  SqlToken[] tokens() {
    return tokens;
  }

  int count() {
    return count;
  }

  /**
   * Begins to read.
   *
   * @param quote 0 to read the value as it stands, or the quote that ends the string it is in
   * @return false when that reading is none: the quote does not occur
   */
  boolean read(byte[] text, int from, int end, int quote) {
    in = text;
    to = end;
    at = from;
    count = 0;
    unclosedSingle = false;
    unclosedDouble = false;
    unclosedBack = false;
    if (quote == 0) {
      add(SqlToken.BEGIN);
    } else {
      while (at < to && in[at] != quote) {
        at++;
      }
      if (at == to) {
        return false;
      }
      at++;
      add(quote == '\'' ? SqlToken.QUOTE_CLOSED : SqlToken.DOUBLE_QUOTE_CLOSED);
    }
    return true;
  }

  /**
   * Reads on until there are so many tokens; those before the last two are final.
   *
   * @return whether the value goes on
   */
  boolean fill(int tokens) {
    while (at < to && count < tokens) {
      next();
    }
    if (at < to) {
      return true;
    }
    add(SqlToken.END);
    return false;
  }

  /** The offset behind what was read so far. */
  int position() {
    return Math.min(at, to);
  }

  /** Forgets the first tokens. */
  void drop(int first) {
    System.arraycopy(tokens, first, tokens, 0, count - first);
    count -= first;
  }

  private void add(SqlToken token) {
    if (token == SqlToken.WORD && count > 0 && tokens[count - 1] == SqlToken.WORD) {
      return;
    }
    if (isValue(token)
        && count > 1
        && tokens[count - 1] == SqlToken.COMMA
        && isValue(tokens[count - 2])) {
      count--; // the list so far stands for its elements
      return;
    }
    if (token == SqlToken.OPEN && count > 0 && tokens[count - 1] == SqlToken.OPEN
        || token == SqlToken.CLOSE && count > 0 && tokens[count - 1] == SqlToken.CLOSE) {
      return;
    }
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, count * 2);
    }
    tokens[count++] = token;
  }

  private static boolean isValue(SqlToken token) {
    return switch (token) {
      case NUMBER, HEX, STRING, WORD, VARIABLE, SYSTEM_VARIABLE, QUOTED_NAME, NULL -> true;
      default -> false;
    };
  }

  private boolean is(int offset, int octet) {
    return at + offset < to && in[at + offset] == octet;
  }

  private void next() {
    int octet = in[at];
    if (octet <= ' ' && octet >= 0 || octet == (byte) 0xa0) {
      at++;
    } else if (octet >= '0' && octet <= '9' || octet == '.' && isDigit(1)) {
      number();
    } else if (isWordStart(octet)) {
      word();
    } else {
      sign(octet);
    }
  }

  private boolean isDigit(int offset) {
    return at + offset < to && in[at + offset] >= '0' && in[at + offset] <= '9';
  }

  private static boolean isWordStart(int octet) {
    return (octet | 32) >= 'a' && (octet | 32) <= 'z' && octet > 0
        || octet == '_'
        || octet < 0
        || octet == '$';
  }

  private void number() {
    int begin = at;
    if (in[at] == '0' && at + 2 < to && (in[at + 1] | 32) == 'x' && isHex(in[at + 2])) {
      at += 2;
      while (at < to && isHex(in[at])) {
        at++;
      }
      add(SqlToken.HEX);
      return;
    }
    while (at < to && (in[at] >= '0' && in[at] <= '9' || in[at] == '.')) {
      at++;
    }
    if (at + 1 < to
        && (in[at] | 32) == 'e'
        && (in[at + 1] >= '0' && in[at + 1] <= '9' || in[at + 1] == '-' || in[at + 1] == '+')) {
      at += 2;
      while (at < to && in[at] >= '0' && in[at] <= '9') {
        at++;
      }
      add(SqlToken.NUMBER);
      return;
    }
    // A number that runs into letters is a word, unless these are a keyword (1union).
    if (at < to && isWordStart(in[at]) && !keywordFollows()) {
      while (at < to && isWordPart(in[at])) {
        at++;
      }
      add(SqlToken.WORD);
      return;
    }
    assert at > begin;
    add(SqlToken.NUMBER);
  }

  private boolean keywordFollows() {
    int end = at;
    while (end < to && isWordPart(in[end])) {
      end++;
    }
    return kind(at, end, false) != SqlToken.WORD;
  }

  private static boolean isHex(int octet) {
    return octet > 0 && Character.digit(octet, 16) >= 0;
  }

  private static boolean isWordPart(int octet) {
    return isWordStart(octet) || octet >= '0' && octet <= '9';
  }

  private SqlToken kind(int from, int end, boolean call) {
    int length = Math.min(end - from, word.length); // no keyword is as long as that
    for (int i = 0; i < length; i++) {
      int octet = in[from + i];
      word[i] = (byte) (octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
    }
    return SqlToken.ofWord(word, length, call);
  }

  private void word() {
    int begin = at;
    skipWord();
    // Prefixed strings: N'...', x'...', b'...'.
    if (at - begin == 1
        && at < to
        && in[at] == '\''
        && "nNxXbBeE".indexOf(in[begin]) >= 0
        && closing(at) > 0) {
      string();
      return;
    }
    SqlToken token = kind(begin, at, isCalled());
    // A name with dots is one name; what is called through it is a call.
    while (token == SqlToken.WORD && is(0, '.') && at + 1 < to && isWordStart(in[at + 1])) {
      begin = ++at;
      skipWord();
      token = kind(begin, at, isCalled());
    }
    add(token);
  }

  private void skipWord() {
    while (at < to && isWordPart(in[at])) {
      at++;
    }
  }

  private boolean isCalled() {
    int after = at;
    while (after < to && in[after] == ' ') {
      after++;
    }
    return after < to && in[after] == '(';
  }

  /**
   * Where the string that opens here ends, or -1. A quote that has no end has none further on
   * either: escapes are cut into pairs alike from both. That is remembered, or many quotes would be
   * looked for to the end of the value each.
   */
  private int closing(int open) {
    int quote = in[open];
    if (quote == '\'' && unclosedSingle || quote == '"' && unclosedDouble) {
      return -1;
    }
    if (quote == '`' && unclosedBack) {
      return -1;
    }
    for (int i = open + 1; i < to; i++) {
      if (in[i] == '\\') {
        i++;
      } else if (in[i] == quote) {
        return i;
      }
    }
    switch (quote) {
      case '\'' -> unclosedSingle = true;
      case '"' -> unclosedDouble = true;
      default -> unclosedBack = true;
    }
    return -1;
  }

  private void string() {
    int close = closing(at);
    if (close < 0) {
      // What follows may be more of the statement: the one around it has quotes of its own.
      add(SqlToken.OPEN_STRING);
      at++;
      return;
    }
    at = close + 1;
    add(SqlToken.STRING);
  }

  private void sign(int octet) {
    switch (octet) {
      case '\'', '"' -> string();
      case '`' -> {
        int close = closing(at);
        at = close < 0 ? at + 1 : close + 1;
        add(close < 0 ? SqlToken.OTHER : SqlToken.QUOTED_NAME);
      }
      case '@' -> variable();
      case '/' -> slash();
      case '-' -> dash();
      case '#' -> {
        add(SqlToken.HASH_COMMENT);
        at = endOfLine();
      }
      case '|' -> pair('|', SqlToken.PIPES, SqlToken.OPERATOR);
      case '&' -> pair('&', SqlToken.AMPERSANDS, SqlToken.OPERATOR);
      case '!' -> pair('=', SqlToken.COMPARISON, SqlToken.NOT_SIGN);
      case '<' -> {
        at += is(1, '=') ? is(2, '>') ? 3 : 2 : is(1, '>') || is(1, '<') ? 2 : 1;
        add(SqlToken.COMPARISON);
      }
      case '>' -> {
        at += is(1, '=') || is(1, '>') ? 2 : 1;
        add(SqlToken.COMPARISON);
      }
      case ':' -> pair('=', SqlToken.EQUALS, SqlToken.COLON);
      default -> {
        at++;
        add(single(octet));
      }
    }
  }

  private void pair(int second, SqlToken both, SqlToken alone) {
    boolean pair = is(1, second);
    at += pair ? 2 : 1;
    add(pair ? both : alone);
  }

  private static SqlToken single(int octet) {
    return switch (octet) {
      case '(' -> SqlToken.OPEN;
      case ')' -> SqlToken.CLOSE;
      case ',' -> SqlToken.COMMA;
      case ';' -> SqlToken.SEMICOLON;
      case '.' -> SqlToken.DOT;
      case '*' -> SqlToken.STAR;
      case '+' -> SqlToken.PLUS_MINUS;
      case '%', '^', '~' -> SqlToken.OPERATOR;
      case '=' -> SqlToken.EQUALS;
      case '{', '}' -> SqlToken.BRACE;
      case '\\' -> SqlToken.BACKSLASH;
      default -> SqlToken.OTHER;
    };
  }

  private void variable() {
    boolean system = is(1, '@');
    at += system ? 2 : 1;
    int begin = at;
    if (at < to && (in[at] == '`' || in[at] == '\'' || in[at] == '"')) {
      int close = closing(at);
      at = close < 0 ? at + 1 : close + 1;
    }
    while (at < to && (isWordPart(in[at]) || in[at] == '.')) {
      at++;
    }
    add(system ? SqlToken.SYSTEM_VARIABLE : at == begin ? SqlToken.OTHER : SqlToken.VARIABLE);
  }

  private void slash() {
    if (!is(1, '*')) {
      at++;
      add(SqlToken.OPERATOR);
      return;
    }
    if (is(2, '!')) {
      add(SqlToken.VERSION_COMMENT);
      at += 3;
      while (at < to && in[at] >= '0' && in[at] <= '9') {
        at++;
      }
      return;
    }
    int i = at + 2;
    while (i + 1 < to && (in[i] != '*' || in[i + 1] != '/')) {
      i++;
    }
    if (i + 1 >= to) {
      add(SqlToken.OPEN_COMMENT);
      at = to;
    } else {
      add(SqlToken.INLINE_COMMENT);
      at = i + 2;
    }
  }

  private void dash() {
    if (!is(1, '-')) {
      at++;
      add(SqlToken.PLUS_MINUS);
      return;
    }
    add(SqlToken.DASH_COMMENT);
    at = endOfLine();
  }

  private int endOfLine() {
    int i = at;
    while (i < to && in[i] != '\n') {
      i++;
    }
    return i;
  }
}
