package io.weir.control;

import java.time.Duration;

/**
 * How the control plane runs, apart from the configuration.
 *
 * @param version of the program, for metrics and status
 * @param watchEvery how often the configuration and the files it names are looked at for changes;
 *     zero for never. A change is taken up when it has rested for as long
 */
public record Options(String version, Duration watchEvery) {
  /** Looks twice a second. */
  public static Options of(String version) {
    return new Options(version, Duration.ofMillis(500));
  }
}
