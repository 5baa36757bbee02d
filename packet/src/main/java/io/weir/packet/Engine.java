package io.weir.packet;

import io.weir.net.IpPrefix;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * What carries out a policy: XDP programs, nftables rules, or nothing. Called by one thread at a
 * time.
 */
interface Engine extends AutoCloseable {

  /** Where it is at work, and how. */
  List<Attachment> attachments();

  /** Puts another policy in force. Counters and limits' memory go on. */
  void replace(PacketPolicy policy);

  /** Puts other lists in force, whole. */
  void replace(AddressLists lists);

  /** Bans addresses and networks longer than 16 bits on top of the lists, whatever those become. */
  void ban(Collection<IpPrefix> prefixes);

  /** Takes that back; what is not banned is left alone. */
  void unban(Collection<IpPrefix> prefixes);

  /** What was counted so far. */
  Counters counters();

  /** Hands over the sampled packets since the last call; says how many. */
  int drainSamples(Consumer<Sample> taker);

  /** What takes the place of this one may go on with; nothing unless said otherwise. */
  default List<Handover.Part> handover() {
    return List.of();
  }

  /** Lets go of all of it: another one has taken it over, and goes on. */
  void release();

  /** Ends all of it. */
  @Override
  void close();
}
