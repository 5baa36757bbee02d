package io.weir.packet;

/**
 * How one interface is guarded.
 *
 * @param interfaceName such as {@code eth0}
 * @param mode what guards it
 * @param why why not something better; empty for {@link Mode#NATIVE}
 */
public record Attachment(String interfaceName, Mode mode, String why) {

  /** From the best to the least. */
  public enum Mode {
    /** XDP in the driver. */
    NATIVE,
    /** XDP at the entry of the stack: the same rules at more cost. */
    GENERIC,
    /**
     * nftables rules for the same policy, without SYN cookies of our own, samples and balancing.
     */
    NFTABLES,
    /** Unguarded. */
    NONE
  }

  @Override
  public String toString() {
    return interfaceName + ": " + mode + (why.isEmpty() ? "" : " (" + why + ")");
  }
}
