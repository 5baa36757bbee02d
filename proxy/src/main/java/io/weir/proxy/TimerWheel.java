package io.weir.proxy;

/**
 * Deadlines of one event loop: a hashed wheel (Varghese and Lauck, 1987) whose timers move lazily.
 *
 * <p>A connection moves its deadline with every request, nearly always to a later time. So {@link
 * #arm} only notes the new time; the timer stays in its slot, and when the wheel comes by and finds
 * it not due, it is put where it belongs then. A request costs one field write, a connection about
 * one move per timeout. Times are exact to one tick.
 *
 * <p>Confined to one event loop; times are {@link System#nanoTime} values.
 */
public final class TimerWheel {
  /** A tick is 2^27 ns, about 134 ms. */
  private static final int TICK_SHIFT = 27;

  private static final int SLOTS = 512;
  private static final long NEVER = Long.MAX_VALUE;

  /**
   * Timers that go off in one turn. A thousand slow clients that came together end together, at up
   * to 100 µs each; nobody else should wait for all of them.
   */
  private static final int MOST_IN_A_TURN = 32;

  private final Timer[] slots = new Timer[SLOTS];

  /** Timers of the slots that the wheel has passed, not looked at yet. */
  private final Timer passed = new Timer((timer, at) -> {});

  private final long origin;
  private long tick;

  /** What happens when a deadline has passed. */
  public interface Owner {
    /** The deadline has passed; the timer is unarmed and may be armed again. */
    void expired(Timer timer, long now);
  }

  /** One deadline that can be moved any number of times. */
  public static final class Timer {
    private final Owner owner;
    private Timer previous = this;
    private Timer next = this;
    private long deadline = NEVER;
    private long slotTick;

    /** An unarmed timer. */
    public Timer(Owner owner) {
      this.owner = owner;
    }

    /** Whether it will go off. */
    public boolean isArmed() {
      return deadline != NEVER;
    }

    /** It will not go off; costs nothing. */
    public void disarm() {
      deadline = NEVER;
    }

    private boolean isLinked() {
      return next != this;
    }

    private void unlink() {
      previous.next = next;
      next.previous = previous;
      previous = next = this;
    }

    private void linkBehind(Timer head) {
      next = head.next;
      previous = head;
      next.previous = this;
      head.next = this;
    }
  }

  /** An empty wheel that starts now. */
  public TimerWheel(long now) {
    origin = now;
    for (int i = 0; i < SLOTS; i++) {
      slots[i] = new Timer((timer, at) -> {});
    }
  }

  /** Time between two ticks in nanoseconds. */
  public static long tickNanos() {
    return 1L << TICK_SHIFT;
  }

  /** Sets the deadline, to whatever time. */
  public void arm(Timer timer, long deadline) {
    timer.deadline = deadline;
    long due = dueTick(deadline);
    if (timer.isLinked()) {
      if (timer.slotTick <= due) {
        return;
      }
      timer.unlink();
    }
    link(timer, due);
  }

  /** Takes the timer out for good, so that nothing holds on to its owner. */
  public void remove(Timer timer) {
    timer.disarm();
    timer.unlink();
  }

  /**
   * Lets what is due by now go off, as far as it fits into a turn.
   *
   * @return whether some is left, for which this has to be called again
   */
  public boolean advance(long now) {
    long until = (now - origin) >> TICK_SHIFT;
    // After a long pause one round meets every timer.
    tick = Math.max(tick, until - SLOTS);
    while (tick < until) {
      tick++;
      pass(slots[(int) (tick & SLOTS - 1)]);
    }
    return expire(now);
  }

  private void pass(Timer slot) {
    if (slot.isLinked()) {
      slot.next.previous = passed.previous;
      passed.previous.next = slot.next;
      slot.previous.next = passed;
      passed.previous = slot.previous;
      slot.next = slot.previous = slot;
    }
  }

  private boolean expire(long now) {
    for (int left = MOST_IN_A_TURN; passed.isLinked() && left > 0; ) {
      Timer timer = passed.next;
      timer.unlink();
      if (timer.deadline - now <= 0) {
        timer.deadline = NEVER;
        timer.owner.expired(timer, now);
        left--;
      } else if (timer.deadline != NEVER) {
        link(timer, dueTick(timer.deadline));
      }
    }
    return passed.isLinked();
  }

  private long dueTick(long deadline) {
    long due = ((deadline - origin) >> TICK_SHIFT) + 1;
    return Math.clamp(due, tick + 1, tick + SLOTS - 1);
  }

  private void link(Timer timer, long due) {
    timer.slotTick = due;
    timer.linkBehind(slots[(int) (due & SLOTS - 1)]);
  }
}
