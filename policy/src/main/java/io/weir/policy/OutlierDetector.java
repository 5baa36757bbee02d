package io.weir.policy;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Watches how the backends of one pool answer and ejects those that fail several times in a row,
 * for a time: passive health checking.
 *
 * <p>Two runs are counted for each backend. Server errors are what the backend answered with (500
 * to 599); gateway failures are answers of 502, 503 and 504 and what kept it from answering:
 * connection refused, timeout, reset. A gateway failure counts as both. A success ends both runs.
 *
 * <p>The n-th ejection lasts n times the base. A backend that stays in for one base time has one
 * earlier ejection forgiven for each, so n tells of its recent past, not of all of it. What an
 * ejected backend still answers to earlier requests is not counted.
 *
 * <p>Safe in any thread. Asking and counting take no lock; only the rare ejection does. Neither a
 * success nor a lower limit brings an ejected backend back before its time.
 */
public final class OutlierDetector {

  private final List<Member> members = new CopyOnWriteArrayList<>();
  private final long originNanos;

  /**
   * @param originNanos a time not after any that will be passed in
   */
  public OutlierDetector(long originNanos) {
    this.originNanos = originNanos - 1; // so that every time passed in is after "never", 0
  }

  /** Takes a backend into the pool, with a clean past. */
  public Member add() {
    Member member = new Member();
    members.add(member);
    return member;
  }

  /** Takes a backend out of the pool, and so out of what percentages are reckoned of. */
  public void remove(Member member) {
    members.remove(member);
  }

  /** The number of backends of the pool that are ejected now. */
  public int ejected(long nowNanos) {
    int ejected = 0;
    for (Member member : members) {
      ejected += member.isEjected(nowNanos) ? 1 : 0;
    }
    return ejected;
  }

  private synchronized boolean tryEject(Member member, OutlierLimits limits, long nowNanos) {
    if (member.isEjected(nowNanos) || ejected(nowNanos) >= limits.maxEjected(members.size())) {
      return false;
    }
    member.eject(limits, nowNanos - originNanos);
    return true;
  }

  /** One backend of the pool. */
  public final class Member {

    private final AtomicInteger serverErrors = new AtomicInteger();
    private final AtomicInteger gatewayFailures = new AtomicInteger();

    /** When the last ejection ended or will end; 0 if there was none. */
    private volatile long ejectedUntil;

    /** How many ejections are not forgiven; guarded by the detector. */
    private long ejections;

    private Member() {}

    /** Says whether the backend is to be left out now. */
    public boolean isEjected(long nowNanos) {
      return ejectedUntil > nowNanos - originNanos;
    }

    /** For how long the backend is still to be left out; 0 or less where it is not. */
    public long ejectionLeftNanos(long nowNanos) {
      return ejectedUntil - (nowNanos - originNanos);
    }

    /** Counts an answer that is not a server error. */
    public void onSuccess() {
      if (serverErrors.get()
          != 0) { // read first: writing each time would pass the cache line about
        serverErrors.set(0);
      }
      if (gatewayFailures.get() != 0) {
        gatewayFailures.set(0);
      }
    }

    /**
     * Counts an answer of 500 to 599 other than 502, 503 and 504, and ejects if that is one too
     * many.
     *
     * @return whether the backend was ejected by this
     */
    public boolean onServerError(OutlierLimits limits, long nowNanos) {
      if (isEjected(nowNanos)) {
        return false;
      }
      gatewayFailures.set(0);
      return reaches(limits.consecutiveServerErrors(), serverErrors.incrementAndGet())
          && tryEject(this, limits, nowNanos);
    }

    /**
     * Counts an answer of 502, 503 or 504, or none at all, and ejects if that is one too many.
     *
     * @return whether the backend was ejected by this
     */
    public boolean onGatewayFailure(OutlierLimits limits, long nowNanos) {
      if (isEjected(nowNanos)) {
        return false;
      }
      boolean failures =
          reaches(limits.consecutiveGatewayFailures(), gatewayFailures.incrementAndGet());
      boolean errors = reaches(limits.consecutiveServerErrors(), serverErrors.incrementAndGet());
      return (failures || errors) && tryEject(this, limits, nowNanos);
    }

    private static boolean reaches(int limit, int count) {
      return limit > 0 && count >= limit;
    }

    private void eject(OutlierLimits limits, long now) {
      long forgiven = ejections == 0 ? 0 : (now - ejectedUntil) / limits.baseEjectionNanos();
      ejections = Math.max(ejections - forgiven, 0) + 1;
      ejectedUntil = now + limits.ejectionNanos(ejections);
      serverErrors.set(0);
      gatewayFailures.set(0);
    }
  }
}
