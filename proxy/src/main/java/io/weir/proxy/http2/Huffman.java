package io.weir.proxy.http2;

/**
 * HPACK's Huffman code (RFC 7541 §5.2, appendix B).
 *
 * <p>The code is canonical: codes grow with their length and, within a length, with the symbol. So
 * the 257 code lengths are the whole table; codes and decoding tables follow from them. Codes of up
 * to nine bits, which is nearly all of what is sent, decode by one look-up; longer ones by
 * comparing with the first code of each length.
 */
final class Huffman {
  /** Length of each symbol's code, 'A' is 5 bits and 'Z' is 30; the last is EOS. */
  private static final String LENGTHS =
      "ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHF"
          + "IBCCCCCCCCCCCCCCCCCCCCCCDCDIOIJBKABABABBBACCBBBABCBAABCCCCCKGJIX"
          + "PRPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRTQRSSQQRQSRSSPRRRSRRS"
          + "VVPORSRUVVVWWVTUOQVWWVWTQQVVXWWWPTPQRQQSRRUUTTVSVWVVWWWWWXWWWWWV"
          + "Z";

  private static final int EOS = 256;
  private static final int LONGEST = 30;
  private static final int FAST_BITS = 9;

  private static final int[] CODE = new int[257];
  private static final byte[] LENGTH = new byte[257];

  /** By the next nine bits: symbol and code length, or 0 where the code is longer. */
  private static final short[] FAST = new short[1 << FAST_BITS];

  /** By length: first code, and where its symbols start in {@link #BY_CODE}. */
  private static final int[] FIRST_CODE = new int[LONGEST + 2];

  private static final int[] FIRST_SYMBOL = new int[LONGEST + 2];
  private static final short[] BY_CODE = new short[257];

  static {
    int code = 0;
    int rank = 0;
    for (int length = 5; length <= LONGEST; length++) {
      FIRST_CODE[length] = code;
      FIRST_SYMBOL[length] = rank;
      for (int symbol = 0; symbol <= EOS; symbol++) {
        if (LENGTHS.charAt(symbol) - 'A' + 5 == length) {
          assign(symbol, code++, length);
          BY_CODE[rank++] = (short) symbol;
        }
      }
      code <<= 1;
    }
    FIRST_SYMBOL[LONGEST + 1] = rank;
  }

  private Huffman() {}

  private static void assign(int symbol, int code, int length) {
    CODE[symbol] = code;
    LENGTH[symbol] = (byte) length;
    if (length <= FAST_BITS) {
      int spare = FAST_BITS - length;
      for (int i = 0; i < 1 << spare; i++) {
        FAST[code << spare | i] = (short) (symbol << 4 | length);
      }
    }
  }

  /** Most octets that {@code length} octets of code can become: the shortest code has five bits. */
  static int maxDecoded(int length) {
    return length * 8 / 5;
  }

  /**
   * Decodes into {@code dst}, which has room for {@link #maxDecoded} octets.
   *
   * @return the offset behind the last octet written, or -1 where the code holds EOS or is not
   *     padded by less than eight one bits
   */
  static int decode(byte[] src, int offset, int length, byte[] dst, int at) {
    long bits = 0;
    int count = 0;
    int in = offset;
    int end = offset + length;
    int out = at;
    while (true) {
      while (count <= 56 && in < end) {
        bits = bits << 8 | src[in++] & 0xff;
        count += 8;
      }
      if (count < FAST_BITS) {
        break;
      }
      int entry = FAST[(int) (bits >>> count - FAST_BITS) & (1 << FAST_BITS) - 1];
      if (entry != 0) {
        dst[out++] = (byte) (entry >> 4);
        count -= entry & 15;
        continue;
      }
      int found = decodeLong(bits, count);
      if (found < 0) {
        return -1;
      }
      dst[out++] = (byte) (found >> 5);
      count -= found & 31;
    }
    // Fewer bits are left than the table looks at: the missing ones count as ones.
    while (count >= 5) {
      int window = (int) (bits << FAST_BITS - count | (1 << FAST_BITS - count) - 1);
      int entry = FAST[window & (1 << FAST_BITS) - 1];
      if (entry == 0 || (entry & 15) > count) {
        break;
      }
      dst[out++] = (byte) (entry >> 4);
      count -= entry & 15;
    }
    return isPadding(bits, count) ? out : -1;
  }

  /** Symbol and length of a code beyond the fast table, or -1 for EOS or where it is cut short. */
  private static int decodeLong(long bits, int count) {
    for (int length = FAST_BITS + 1; length <= Math.min(LONGEST, count); length++) {
      int code = (int) (bits >>> count - length) & (1 << length) - 1;
      int rank = code - FIRST_CODE[length];
      if (rank < FIRST_SYMBOL[length + 1] - FIRST_SYMBOL[length]) {
        int symbol = BY_CODE[FIRST_SYMBOL[length] + rank];
        return symbol == EOS ? -1 : symbol << 5 | length;
      }
    }
    return -1;
  }

  private static boolean isPadding(long bits, int count) {
    long ones = (1L << count) - 1;
    return count < 8 && (bits & ones) == ones;
  }

  /** Octets that the code of these octets takes. */
  static int encodedLength(byte[] src, int offset, int length) {
    long bits = 0;
    for (int i = offset; i < offset + length; i++) {
      bits += LENGTH[src[i] & 0xff];
    }
    return (int) (bits + 7 >>> 3);
  }

  /** Encodes and returns the offset behind the last octet written. */
  static int encode(byte[] src, int offset, int length, byte[] dst, int at) {
    long bits = 0;
    int count = 0;
    int out = at;
    for (int i = offset; i < offset + length; i++) {
      int symbol = src[i] & 0xff;
      bits = bits << LENGTH[symbol] | CODE[symbol];
      count += LENGTH[symbol];
      while (count >= 8) {
        count -= 8;
        dst[out++] = (byte) (bits >>> count);
      }
    }
    if (count > 0) {
      dst[out++] = (byte) (bits << 8 - count | 0xff >> count);
    }
    return out;
  }
}
