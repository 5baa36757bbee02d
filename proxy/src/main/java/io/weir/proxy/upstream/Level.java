package io.weir.proxy.upstream;

import org.jspecify.annotations.Nullable;

/**
 * Backends that are asked together before others are: a priority group, or the part of it in the
 * own zone. Fixed by the configuration; which of them may be chosen now is {@link Candidates}'
 * matter.
 *
 * @param members those with a weight, by name
 * @param table for {@link Maglev}; null with another algorithm
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, never leaves the package
record Level(Backend[] members, char @Nullable [] table) {

  static Level of(Backend[] members, Algorithm algorithm) {
    return new Level(members, algorithm == Algorithm.MAGLEV ? Maglev.table(members) : null);
  }

  /** How many are in service, be they well or not. */
  int inService() {
    int count = 0;
    for (Backend member : members) {
      count += member.isDraining() ? 0 : 1;
    }
    return count;
  }

  /** How many may be chosen. */
  int eligible() {
    int count = 0;
    for (Backend member : members) {
      count += member.isEligible() ? 1 : 0;
    }
    return count;
  }

  /** Whether at least this share of those in service may be chosen, and at least one. */
  boolean hasShare(int percent) {
    int eligible = eligible();
    return eligible > 0 && (long) eligible * 100 >= (long) inService() * percent;
  }
}
