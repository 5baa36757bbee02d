package io.weir.waf.regex;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Fixed phrases, found in any case of ASCII letters. Immutable and thread-safe; what finds them is
 * made when it is first asked.
 */
public final class PhraseSet {
  private static final int PREFIX = 8;

  private final byte[][] phrases;
  private final Lazy<LiteralScanner> scanner = new Lazy<>(this::make);

  /**
   * @param texts Latin-1
   */
  public PhraseSet(Collection<String> texts) {
    Set<String> distinct = new LinkedHashSet<>();
    for (String text : texts) {
      if (!text.isEmpty()) {
        distinct.add(ByteSet.lowerAscii(text));
      }
    }
    phrases = new byte[distinct.size()][];
    int count = 0;
    for (String text : distinct) {
      phrases[count++] = text.getBytes(StandardCharsets.ISO_8859_1);
    }
  }

  private LiteralScanner make() {
    LiteralScanner.Builder builder = new LiteralScanner.Builder();
    for (int i = 0; i < phrases.length; i++) {
      builder.add(prefix(phrases[i]), i);
    }
    return builder.build();
  }

  private static String prefix(byte[] phrase) {
    return new String(phrase, 0, Math.min(PREFIX, phrase.length), StandardCharsets.ISO_8859_1);
  }

  /** The first octets of the phrases, of which one occurs wherever a phrase does. */
  public Set<String> words() {
    Set<String> words = new LinkedHashSet<>();
    for (byte[] phrase : phrases) {
      words.add(prefix(phrase));
    }
    return words;
  }

  /** Offset and length of a phrase that occurs, as upper and lower half; or -1. */
  public long find(byte[] text, int from, int to) {
    long found = scanner.get().find(text, from, to, phrases, PREFIX);
    return found < 0 ? -1 : found >> 32 << 32 | phrases[(int) found].length;
  }
}
