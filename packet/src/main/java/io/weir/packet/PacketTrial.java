package io.weir.packet;

import io.weir.packet.bpf.BpfProgram;
import java.io.IOException;

/**
 * The packet plane on no interface: asks the kernel what it would do with a frame, and how long
 * that takes. Nothing is sent anywhere. Routes, sockets and neighbours are those of the calling
 * thread's network namespace.
 *
 * <p>Confined to the thread that made it.
 */
public final class PacketTrial implements AutoCloseable {

  private final XdpEngine engine;
  private BpfProgram.Trial trial;
  private int answer;

  /**
   * Loads the programs.
   *
   * @throws RuntimeException if the kernel refuses; the message says why
   */
  public PacketTrial(PacketPolicy policy, AddressLists lists) {
    engine = new XdpEngine(policy, lists, CookieSettings.ETHERNET);
    engine.explain();
    trial = engine.program().newTrial();
  }

  XdpEngine engine() {
    return engine;
  }

  private void renew(Runnable change) {
    trial.close();
    change.run();
    trial = engine.program().newTrial();
  }

  /** Puts another policy in force. */
  public void replace(PacketPolicy policy) {
    renew(() -> engine.replace(policy));
  }

  /** Puts other lists in force. */
  public void replace(AddressLists lists) {
    engine.replace(lists);
  }

  /** Balances those services. */
  public void balance(Balancing balancing) {
    renew(() -> engine.balance(balancing));
  }

  /**
   * Takes whoever has no connection now for a stranger, as the plane does once an attack has begun.
   *
   * @throws IOException if the kernel does not list its sockets
   */
  public void learnClients() throws IOException {
    engine.learnClients();
  }

  /** Lets every frame seem to come from another, random source from here on. */
  public void scatterSources() {
    renew(engine::scatterSources);
  }

  /**
   * Runs the program on {@code frame}, an Ethernet frame of 14 to 3500 octets; says how it ended.
   */
  public Reason judge(byte[] frame) {
    answer = trial.run(frame);
    return Reason.values()[answer >>> 8];
  }

  /** What the last verdict was to the kernel: 1 drop, 2 pass, 3 send back, 4 send elsewhere. */
  int action() {
    return answer & 0xff;
  }

  /** What the last frame became. */
  public byte[] frame() {
    return trial.frame();
  }

  /**
   * Runs the program {@code repeat} times on the same memory and returns the mean time in
   * nanoseconds.
   */
  public int nanoseconds(byte[] frame, int repeat) {
    trial.run(frame, repeat);
    return trial.nanoseconds();
  }

  /** The same for a program that does nothing: what the measuring itself costs. */
  public int nanosecondsOfNothing(byte[] frame, int repeat) {
    try (BpfProgram empty = engine.loadEmpty();
        BpfProgram.Trial desk = empty.newTrial()) {
      desk.run(frame, repeat);
      return desk.nanoseconds();
    }
  }

  @Override
  public void close() {
    trial.close();
    engine.close();
  }
}
