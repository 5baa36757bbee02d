package io.weir.proxy.upstream;

/** The one hash of this package. Equal on every instance of a fleet, so it has no secret. */
final class Hash {
  static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

  private Hash() {}

  /** Every bit of the result depends on every bit given (Stafford's variant 13). */
  static long mix(long bits) {
    long once = (bits ^ bits >>> 30) * 0xbf58_476d_1ce4_e5b9L;
    long twice = (once ^ once >>> 27) * 0x94d0_49bb_1331_11ebL;
    return twice ^ twice >>> 31;
  }

  /** FNV-1a over the octets, then mixed, as FNV alone leaves the high bits of short keys poor. */
  static long of(byte[] bytes, int start, int end) {
    long hash = 0xcbf2_9ce4_8422_2325L;
    for (int i = start; i < end; i++) {
      hash = (hash ^ bytes[i] & 0xff) * 0x100_0000_01b3L;
    }
    return mix(hash);
  }

  /** A number from 0 to 1 from the bits that do not choose a place in a table. */
  static double fraction(long hash) {
    return (hash & 0xffff_ffffL) * 0x1p-32;
  }
}
