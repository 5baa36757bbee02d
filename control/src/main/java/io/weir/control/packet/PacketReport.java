package io.weir.control.packet;

import io.weir.packet.Attachment;
import io.weir.packet.Counters;
import io.weir.packet.TopSources;
import io.weir.packet.VirtualService;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What is to be seen of the packet plane at one moment.
 *
 * @param attachments how each interface is guarded, and why not better
 * @param problems what is not as it should be, one sentence each
 * @param onTrial how long the last change still waits to be confirmed; empty if it does not
 * @param takenBack whether the running configuration's section was tried and taken back
 * @param sources the networks that most sampled packets claimed to come from lately
 * @param bans clients that are banned now, because the proxy blocks them
 * @param bansLost blocked clients that were not banned, for they were too many or the kernel
 *     refused
 */
public record PacketReport(
    List<Attachment> attachments,
    boolean underAttack,
    List<String> problems,
    Optional<Duration> onTrial,
    boolean takenBack,
    Counters counters,
    List<TopSources.Source> sources,
    List<Service> services,
    int bans,
    long bansLost) {

  /** A virtual service. */
  public record Service(String name, VirtualService virtual, List<Backend> backends) {}

  /**
   * One of its backends.
   *
   * @param packets that were sent to it since it was named; about
   */
  public record Backend(VirtualService.Backend backend, long packets) {}
}
