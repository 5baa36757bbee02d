package io.weir.proxy.http;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The tolerances that a listener grants. Immutable; safe in any thread.
 *
 * @param granted as bits, for one comparison a request
 * @param paths how paths are brought to their one meaning
 */
public record Tolerances(int granted, PathNormaliser paths) {
  /** What is granted where nothing else is said. */
  public static final Tolerances DEFAULT =
      of(
          Arrays.stream(Tolerance.values())
              .filter(Tolerance::isGrantedByDefault)
              .collect(Collectors.toUnmodifiableSet()));

  /** None but these. */
  public static Tolerances of(Set<Tolerance> granted) {
    return new Tolerances(
        granted.stream().mapToInt(Tolerance::bit).sum(),
        new PathNormaliser(
            !granted.contains(Tolerance.EMPTY_SEGMENTS),
            granted.contains(Tolerance.ENCODED_SLASHES),
            granted.contains(Tolerance.PATH_PARAMETERS),
            granted.contains(Tolerance.UNENCODED_TARGET)));
  }

  /** Whether a request needs none but these. */
  public boolean cover(Head head) {
    return (head.deviations & ~granted) == 0;
  }
}
