package io.weir.waf.injection;

import io.weir.waf.regex.ByteSet;
import io.weir.waf.regex.WorkBudget;
import java.io.IOException;
import java.io.InputStream;

/**
 * Tells whether a value continues an SQL statement. Each of its readings is cut into tokens; each
 * token is weighed together with the one and the two before it; and the sum since it was last zero
 * is watched (Page's cumulative sum test, 1954), so that what stands in front of an attack does not
 * hide it. The weights were learned from lines of attacks and of harmless text by the trainer
 * beside the tests; they are hashed into a small table.
 *
 * <p>Thread-safe. Linear in the value; a value without quotes, digits next to signs, or two words
 * has one reading only.
 */
public final class SqlInjection {
  /** One of these is in what continues a statement: a name or a number alone does not. */
  public static final ByteSet SIGNS = ByteSet.WORD.union(ByteSet.of('.')).complement();

  private static final int PART = 1024;

  /** Units of {@link WorkBudget} for an octet read as SQL. */
  private static final long READ_WORK = 3;

  static final int TABLE = 1 << 14;
  static final int THRESHOLD = 100;
  private static final byte[] WEIGHTS = load();
  private static final ThreadLocal<SqlTokenizer> TOKENIZER =
      ThreadLocal.withInitial(SqlTokenizer::new);

  private SqlInjection() {}

  private static byte[] load() {
    try (InputStream in = SqlInjection.class.getResourceAsStream("sql-weights.bin")) {
      if (in == null) {
        return new byte[TABLE];
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException("sql-weights.bin cannot be read", e);
    }
  }

  /** Whether a value looks like a part of a statement; charges for what it reads of it. */
  public static boolean detects(byte[] in, int from, int to, WorkBudget budget) {
    budget.charge(to - from);
    if (to - from < 2 || !SIGNS.occursIn(in, from, to)) {
      return false;
    }
    SqlTokenizer tokenizer = TOKENIZER.get();
    return reads(tokenizer, in, from, to, 0, budget)
        || reads(tokenizer, in, from, to, '\'', budget)
        || reads(tokenizer, in, from, to, '"', budget);
  }

  private static boolean reads(
      SqlTokenizer tokenizer, byte[] in, int from, int to, int quote, WorkBudget budget) {
    boolean yes =
        tokenizer.read(in, from, to, quote) && score(tokenizer, WEIGHTS, THRESHOLD) >= THRESHOLD;
    budget.charge(READ_WORK * (tokenizer.position() - from));
    return yes;
  }

  /**
   * The largest sum of weights over neighbouring tokens, or the first that reaches {@code enough};
   * a part of the tokens is held at a time.
   */
  static int score(SqlTokenizer tokenizer, byte[] weights, int enough) {
    int sum = 0;
    int best = 0;
    int before = 0;
    int last = 0;
    boolean more = true;
    while (more && best < enough) {
      more = tokenizer.fill(PART);
      int end = more ? tokenizer.count() - 2 : tokenizer.count();
      for (int i = 0; i < end; i++) {
        int token = tokenizer.tokens()[i].ordinal() + 1;
        sum = Math.max(0, sum + weight(before, last, token, weights));
        best = Math.max(best, sum);
        before = last;
        last = token;
      }
      tokenizer.drop(end);
    }
    return best;
  }

  static int weight(int before, int last, int token, byte[] weights) {
    return weights[single(token)]
        + weights[pair(last, token)]
        + weights[triple(before, last, token)];
  }

  static int single(int token) {
    return token;
  }

  static int pair(int last, int token) {
    return 128 + ((last * 67 + token) * 0x9e3779b1 >>> 19) % (TABLE - 128);
  }

  static int triple(int before, int last, int token) {
    return 128 + (((before * 71 + last) * 73 + token) * 0x85ebca6b >>> 17) % (TABLE - 128);
  }
}
