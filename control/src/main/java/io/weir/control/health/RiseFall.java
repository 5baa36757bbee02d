package io.weir.control.health;

/**
 * Turns single answers into a state that does not flutter: it takes {@code rise} good answers in a
 * row to become healthy, and {@code fall} bad ones to become unhealthy. But the very first answer
 * decides alone, as the state before it is only assumed.
 */
final class RiseFall {
  private final int rise;
  private final int fall;
  private boolean healthy;
  private boolean first = true;
  private int contrary;

  RiseFall(int rise, int fall, boolean healthy) {
    this.rise = rise;
    this.fall = fall;
    this.healthy = healthy;
  }

  /** Takes one answer and returns whether the backend is healthy now. */
  boolean observe(boolean well) {
    contrary = well == healthy ? 0 : contrary + 1;
    if (contrary >= (first ? 1 : healthy ? fall : rise)) {
      healthy = well;
      contrary = 0;
    }
    first = false;
    return healthy;
  }
}
