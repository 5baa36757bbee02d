package io.weir.control.packet;

import io.weir.net.IpPrefix;
import io.weir.packet.Attachment;
import io.weir.packet.Attachment.Mode;
import io.weir.packet.Handover;
import io.weir.packet.PacketPlane;
import io.weir.packet.PacketPlane.Change;
import io.weir.packet.PacketPlaneException;
import io.weir.packet.PlaneRecord;
import io.weir.packet.PlaneSettings;
import io.weir.proxy.BlockObserver;
import io.weir.proxy.upstream.Pool;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The packet plane as configurations come and go. A change of the operator's section is on trial
 * where the section says so; everything else holds at once. May be used from any thread.
 */
public final class PacketGuard implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PacketGuard.class.getName());

  private final PacketLog log = new PacketLog(this);
  private final Bans bans = new Bans();

  /** What another process left, until there is a plane in its place, or none is wanted. */
  private Handover before;

  private final PlaneRecord record;

  private @Nullable PacketPlane plane;

  /** What the running configuration wants. */
  private @Nullable PacketSnapshot wanted;

  /** What holds for good: what is returned to if nobody confirms. */
  private @Nullable PacketSnapshot confirmed;

  /** What was proposed last, and not confirmed so far. */
  private @Nullable Trial trial;

  /** Whether the log has it that the proposal was taken back. */
  private boolean told;

  private record Trial(PacketSnapshot wanted, Change change, long deadline) {

    private Optional<Duration> left() {
      return change.isOnTrial()
          ? Optional.of(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))
          : Optional.empty();
    }
  }

  /**
   * Guards nothing yet.
   *
   * @param before what another process hands over or has left; belongs to this
   * @param record of what is changed outside of this process
   */
  public PacketGuard(Handover before, PlaneRecord record) {
    this.before = before;
    this.record = record;
  }

  // ------------------------------------------------------------------ change

  /**
   * Brings the plane to what a configuration wants.
   *
   * @param next null for no plane
   * @throws IOException if that cannot be; all is as it was then
   */
  public synchronized void use(@Nullable PacketSnapshot next) throws IOException {
    try {
      if (next == null) {
        stop();
      } else if (plane == null) {
        begin(next);
      } else {
        change(plane, next);
      }
    } catch (PacketPlaneException refused) {
      throw new IOException(refused.getMessage(), refused);
    } catch (RuntimeException refused) {
      throw new IOException("packet plane: " + refused.getMessage(), refused);
    }
  }

  private void begin(PacketSnapshot next) throws PacketPlaneException {
    Handover old = before;
    before = Handover.NONE;
    plane = PacketPlane.start(next.settingsNow(), old, record);
    wanted = next;
    confirmed = next;
    tell(plane);
    tendBans();
    log.start();
  }

  private static void tell(PacketPlane plane) {
    for (Attachment attachment : plane.attachments()) {
      boolean none = attachment.mode() == Mode.NONE;
      LOG.log(none ? Level.WARNING : Level.INFO, "packet plane on {0}", attachment);
    }
    plane.problems().forEach(problem -> LOG.log(Level.WARNING, "packet plane: {0}", problem));
  }

  private void change(PacketPlane running, PacketSnapshot next) throws PacketPlaneException {
    PacketSnapshot good = confirmed == null ? next : confirmed;
    PacketSnapshot old = wanted == null ? next : wanted;
    PacketPlane changed = running;
    if (!next.settings().isSameFrameAs(old.settings())) {
      PlaneSettings unchanged = good.settings();
      changed = running.startAgain(next.settingsNow().with(unchanged.policy(), unchanged.lists()));
      plane = changed;
      tell(changed);
      ban(changed, bans.current());
    }
    propose(changed, good, next);
    changed.balance(next.balancing());
    wanted = next;
    tendBans();
  }

  private void propose(PacketPlane running, PacketSnapshot good, PacketSnapshot next) {
    Trial last = trial;
    boolean again = last != null && last.wanted.section().equals(next.section());
    if (next.confirmWithin().isEmpty() || next.section().equals(good.section())) {
      running.apply(next.settings().policy(), next.settings().lists());
      confirmed = next;
      trial = null;
    } else if (again && wasTakenBack()) {
      LOG.log(
          Level.WARNING,
          "packet plane: this packet_plane section was taken back and is not tried again until it changes");
    } else {
      Duration time =
          again && last != null ? last.left().orElseThrow() : next.confirmWithin().get();
      Change change = running.propose(next.settings().policy(), next.settings().lists(), time);
      told = false;
      trial = new Trial(next, change, System.nanoTime() + time.toNanos());
      LOG.log(
          Level.WARNING,
          "packet plane: the change of packet_plane holds for {0} s, unless `weir packet confirm` makes it last",
          time.toSeconds());
    }
  }

  /** Whether what was proposed last came to its end without being confirmed. */
  private boolean wasTakenBack() {
    return trial != null && !trial.change.isOnTrial();
  }

  /** Makes the change on trial last; says whether there was one. */
  public synchronized boolean confirm() {
    if (trial == null || !trial.change.confirm()) {
      return false;
    }
    confirmed = trial.wanted;
    trial = null;
    LOG.log(Level.INFO, "packet plane: the change of packet_plane is confirmed");
    return true;
  }

  /** Takes the change on trial back now; says whether there was one. */
  public synchronized boolean undo() {
    return trial != null && trial.change.takeBack();
  }

  private void stop() {
    log.close();
    if (plane != null) {
      plane.close();
      LOG.log(Level.INFO, "packet plane: off");
    }
    bans.clear();
    plane = null;
    wanted = null;
    confirmed = null;
    trial = null;
  }

  /** Sends packets of virtual services where that pool's backends are well. */
  public synchronized void healthChanged(Pool pool) {
    if (wanted != null && wanted.services().stream().anyMatch(each -> each.pool() == pool)) {
      rebalance();
    }
  }

  /** Looks at the backends of all virtual services again. */
  public synchronized void rebalance() {
    if (plane != null && wanted != null) {
      plane.balance(wanted.balancing());
    }
  }

  // ------------------------------------------------------------------ bans

  /** Bans those whom the proxy blocks, for as long and where the configuration wants it. */
  public BlockObserver bans() {
    return bans;
  }

  /**
   * Brings the plane's bans up to date. Once a second is enough: the proxy itself refuses clients
   * from the first moment of a block.
   */
  synchronized void tendBans() {
    PacketSnapshot holds = wasTakenBack() ? confirmed : wanted;
    if (plane == null || holds == null) {
      return;
    }
    boolean possible = plane.attachments().stream().anyMatch(at -> at.mode() != Mode.NONE);
    long now = System.nanoTime();
    bans.want(possible && holds.bans(), holds.neverBanned(), now);
    List<IpPrefix> begun = bans.begin(now);
    unban(plane, bans.over(now));
    ban(plane, begun);
    begun.forEach(log::banned);
  }

  private void ban(PacketPlane running, Collection<IpPrefix> clients) {
    if (clients.isEmpty()) {
      return;
    }
    try {
      running.ban(clients);
    } catch (RuntimeException refused) {
      bans.failed(clients, System.nanoTime());
      LOG.log(Level.WARNING, "packet plane: cannot ban: {0}", refused.getMessage());
    }
  }

  /** Where that fails it is tried again. */
  private void unban(PacketPlane running, Collection<IpPrefix> clients) {
    if (clients.isEmpty()) {
      return;
    }
    try {
      running.unban(clients);
      bans.end(clients);
    } catch (RuntimeException refused) {
      LOG.log(Level.WARNING, "packet plane: cannot unban: {0}", refused.getMessage());
    }
  }

  // ------------------------------------------------------------------ from process to process

  /** For another process; the descriptors stay this one's. */
  public synchronized Handover handover() {
    return plane == null ? Handover.NONE : plane.handover();
  }

  /** Another process guards in the place of this one. */
  public synchronized void release() {
    log.close();
    bans.clear();
    if (plane != null) {
      plane.release();
      plane = null;
    }
  }

  /** Another process tried to take its place, and did not. */
  public synchronized void reassert() {
    if (plane != null) {
      plane.reassert();
    }
  }

  /** The process before has ended: undoes what it did and this one does not go on with. */
  public synchronized void settle() {
    if (plane != null) {
      plane.settle();
    } else if (!before.isEmpty()) {
      record.end(before);
      before = Handover.NONE;
    }
  }

  // ------------------------------------------------------------------ observe

  /** What is to be seen; empty where there is no plane. */
  public synchronized Optional<PacketReport> report() {
    if (plane == null) {
      return Optional.empty();
    }
    return Optional.of(
        new PacketReport(
            plane.attachments(),
            plane.isUnderAttack(),
            plane.problems(),
            trial == null ? Optional.empty() : trial.left(),
            wasTakenBack(),
            plane.counters(),
            log.sources(),
            services(plane),
            bans.current().size(),
            bans.lost()));
  }

  private List<PacketReport.Service> services(PacketPlane running) {
    List<PacketReport.Service> services = new ArrayList<>();
    for (BalancedService each : wanted == null ? List.<BalancedService>of() : wanted.services()) {
      services.add(
          new PacketReport.Service(
              each.name(),
              each.virtual(),
              each.now().backends().stream()
                  .map(b -> new PacketReport.Backend(b, running.packets(each.virtual(), b)))
                  .toList()));
    }
    return services;
  }

  /** Lets someone look at the plane, if there is one. */
  synchronized void look(Consumer<PacketPlane> at) {
    if (wasTakenBack() && !told) {
      told = true;
      LOG.log(Level.WARNING, "packet plane: the change of packet_plane is taken back");
    }
    if (plane != null) {
      at.accept(plane);
    }
  }

  /** Ends with the process: what persists stays in force, all else is undone. */
  public synchronized void leave() {
    if (plane != null) {
      log.close();
      unban(plane, bans.current()); // nobody will be there to end them
      plane.leave();
      plane = null;
    }
    close();
  }

  /** Ends the plane: programs and rules go, the kernel's settings are put back. */
  @Override
  public synchronized void close() {
    stop();
    before.close();
  }
}
