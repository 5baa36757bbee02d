package io.weir.waf.regex;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/**
 * Changes a file of patterns and makes its checksum right again: whatever stands in it, reading and
 * matching end, and end well.
 */
class PatternCacheFuzzer {
  private static final int HEAD = 16;

  @FuzzTest
  void readsAnyFile(FuzzedDataProvider data) throws Exception {
    byte[] file = PatternCacheTest.file();
    for (int i = data.consumeInt(0, 8); i > 0; i--) {
      file[data.consumeInt(HEAD, file.length - 1)] = data.consumeByte();
    }
    check(data.consumeBoolean() ? data.consumeRemainingAsBytes() : file);
  }

  @Test
  void readsAFileWithAnyOctetChanged() throws Exception {
    byte[] whole = PatternCacheTest.file();
    Random random = new Random(20261122);
    for (int at = HEAD; at < whole.length; at++) {
      byte[] changed = whole.clone();
      changed[at] = (byte) (random.nextBoolean() ? random.nextInt() : changed[at] + 1);
      check(changed);
    }
  }

  private static void check(byte[] octets) throws RegexException {
    if (octets.length >= HEAD) {
      CRC32 crc = new CRC32();
      crc.update(octets, HEAD, octets.length - HEAD);
      ByteBuffer.wrap(octets).order(ByteOrder.LITTLE_ENDIAN).putLong(8, crc.getValue());
    }
    PatternCache cache;
    try {
      cache = PatternCache.of(octets, null);
    } catch (IllegalArgumentException e) {
      return;
    }
    for (String pattern : PatternCacheTest.PATTERNS) {
      run(cache.pattern(pattern));
    }
  }

  private static void run(CompiledPattern pattern) {
    byte[] text = PatternCacheTest.text("1' union  select aaa b\nxyz \"\u00e4\u00e4\u00e4");
    WorkBudget budget = new WorkBudget();
    budget.reset(1 << 20);
    Automaton automaton = new Automaton(pattern.program(), new AutomataMemory(1 << 20));
    automaton.matches(text, 0, text.length, budget);
    new CaptureMatcher(pattern.program()).find(text, 0, 0, text.length, budget);
    LiteralScanner.Builder words = new LiteralScanner.Builder();
    if (pattern.words() != null) {
      pattern.words().forEach(word -> words.add(word, 0));
    }
    long[] found = new long[1];
    words.build().scan(text, 0, text.length, found);
    assertThat(found[0]).isBetween(0L, 1L);
  }
}
