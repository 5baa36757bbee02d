package io.weir.packet;

/** A trial, with names for the kernel's actions. */
final class Desk implements AutoCloseable {

  static final int DROP = 1;
  static final int PASS = 2;
  static final int SEND_BACK = 3;

  /** All that is decided by a frame alone: no routes, no rates. */
  static final PacketPolicy POLICY =
      new PacketPolicy(
          PacketPolicy.ReversePath.OFF,
          false,
          true,
          Reflectors.KNOWN,
          Rate.UNLIMITED,
          Rate.UNLIMITED,
          SynLimits.NONE,
          0);

  final XdpEngine engine;
  private final PacketTrial trial;

  Desk(PacketPolicy policy, AddressLists lists) {
    trial = new PacketTrial(policy, lists);
    engine = trial.engine();
  }

  void replace(PacketPolicy policy) {
    trial.replace(policy);
  }

  void balance(Balancing balancing) {
    trial.balance(balancing);
  }

  Reason judge(byte[] frame) {
    return trial.judge(frame);
  }

  int action() {
    return trial.action();
  }

  byte[] frame() {
    return trial.frame();
  }

  @Override
  public void close() {
    trial.close();
  }
}
