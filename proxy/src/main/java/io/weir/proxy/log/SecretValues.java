package io.weir.proxy.log;

/**
 * Finds values in a URL that must not be stored: those whose name contains {@code password}, {@code
 * token}, {@code secret} or {@code key}, in whatever case and percent-encoded or not. A name begins
 * behind any of {@code ? # & ; =} and ends before {@code =}; the value goes on to the next {@code
 * &} or {@code #}. That reads more as a name than any server does, which costs some values that
 * were harmless and saves those of parsers that differ.
 *
 * <p>Linear in the text. Confined to one thread.
 */
final class SecretValues {
  private final byte[] name = new byte[AccessLogField.QUERY.cap];
  private int start;
  private int end;

  /** Finds the first secret value; its place is then {@link #start()} and {@link #end()}. */
  boolean find(byte[] text, int from, int to) {
    int nameStart = from;
    for (int at = from; at < to; at++) {
      switch (text[at]) {
        case '&', ';', '?', '#' -> nameStart = at + 1;
        case '=' -> {
          if (isSecret(text, nameStart, at) && hasValue(text, at + 1, to)) {
            return true;
          }
          nameStart = at + 1;
        }
        default -> {}
      }
    }
    return false;
  }

  /** Where the value found begins. */
  int start() {
    return start;
  }

  /** Where the value found ends, exclusive. */
  int end() {
    return end;
  }

  private boolean hasValue(byte[] text, int from, int to) {
    int at = from;
    while (at < to && text[at] != '&' && text[at] != '#') {
      at++;
    }
    start = from;
    end = at;
    return at > from;
  }

  private boolean isSecret(byte[] text, int from, int to) {
    int length = normalise(text, from, to);
    for (int at = 0; at < length; at++) {
      boolean found =
          switch (name[at]) {
            case 'p' -> nameHas("password", at, length);
            case 't' -> nameHas("token", at, length);
            case 's' -> nameHas("secret", at, length);
            case 'k' -> nameHas("key", at, length);
            default -> false;
          };
      if (found) {
        return true;
      }
    }
    return false;
  }

  /** Puts the name, decoded and in lower case, into {@link #name} and returns its length. */
  private int normalise(byte[] text, int from, int to) {
    int length = 0;
    for (int at = from; at < to; at++) {
      int value = text[at];
      if (value == '%' && at + 2 < to) {
        int decoded = PercentCode.decode(text[at + 1], text[at + 2]);
        if (decoded >= 0) {
          value = decoded;
          at += 2;
        }
      }
      name[length++] = (byte) (value >= 'A' && value <= 'Z' ? value | 0x20 : value);
    }
    return length;
  }

  private boolean nameHas(String word, int at, int length) {
    if (length - at < word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (name[at + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
