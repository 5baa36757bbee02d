package io.weir.packet;

import io.weir.packet.Attachment.Mode;
import java.util.List;
import java.util.Set;

/**
 * What the plane guards, and how it may do so.
 *
 * @param interfaces names of the interfaces towards the clients
 * @param policy what is refused
 * @param lists what is known of addresses
 * @param modes the ways that may be tried, always from the best to the least; {@link Mode#NONE}
 *     among them lets the plane go on unguarded where none works
 * @param synCookies whether cookies may be used at all, the kernel's and ours
 * @param synBacklog half-open connections that the kernel keeps for each listening socket; 0: what
 *     the kernel has
 * @param balancing what is balanced on layer 4; that needs XDP
 * @param persist whether programs and rules stay in force when the process ends
 */
public record PlaneSettings(
    List<String> interfaces,
    PacketPolicy policy,
    AddressLists lists,
    Set<Mode> modes,
    boolean synCookies,
    int synBacklog,
    Balancing balancing,
    boolean persist) {

  /** Copies the collections. */
  public PlaneSettings {
    interfaces = List.copyOf(interfaces);
    modes = Set.copyOf(modes);
    if (interfaces.isEmpty()) {
      throw new IllegalArgumentException("interfaces: none (expected: at least one)");
    }
    if (synBacklog < 0) {
      throw new IllegalArgumentException("max_syn_backlog: " + synBacklog + " (expected: >= 0)");
    }
  }

  /** Settings of a plane that ends with its process. */
  public PlaneSettings(
      List<String> interfaces,
      PacketPolicy policy,
      AddressLists lists,
      Set<Mode> modes,
      boolean synCookies,
      int synBacklog,
      Balancing balancing) {
    this(interfaces, policy, lists, modes, synCookies, synBacklog, balancing, false);
  }

  /** Every way may be tried, with cookies and a backlog of 65536. */
  public static PlaneSettings of(List<String> interfaces, PacketPolicy policy, AddressLists lists) {
    return new PlaneSettings(
        interfaces, policy, lists, Set.of(Mode.values()), true, 65536, Balancing.NONE);
  }

  /** The same with another policy and other lists. */
  public PlaneSettings with(PacketPolicy other, AddressLists otherLists) {
    return new PlaneSettings(
        interfaces, other, otherLists, modes, synCookies, synBacklog, balancing, persist);
  }

  /** The same with other services. */
  public PlaneSettings with(Balancing other) {
    return new PlaneSettings(
        interfaces, policy, lists, modes, synCookies, synBacklog, other, persist);
  }

  /** The same, to stay in force when the process ends, or not. */
  public PlaneSettings persisting(boolean other) {
    return new PlaneSettings(
        interfaces, policy, lists, modes, synCookies, synBacklog, balancing, other);
  }

  /** Whether only policy, lists and services differ, which a running plane can exchange. */
  public boolean isSameFrameAs(PlaneSettings other) {
    return interfaces.equals(other.interfaces)
        && modes.equals(other.modes)
        && synCookies == other.synCookies
        && synBacklog == other.synBacklog
        && persist == other.persist;
  }
}
