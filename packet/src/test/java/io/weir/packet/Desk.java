package io.weir.packet;

import io.weir.packet.bpf.BpfProgram;

/** An engine on no interface, to try packets at. */
final class Desk implements AutoCloseable {

  static final int DROP = 1;
  static final int PASS = 2;
  static final int SEND_BACK = 3;
  static final int REDIRECT = 4;

  final XdpEngine engine;
  private BpfProgram.Trial trial;
  private int action;

  Desk(PacketPolicy policy, AddressLists lists) {
    engine = new XdpEngine(policy, lists, CookieSettings.ETHERNET);
    engine.explain();
    trial = engine.program().newTrial();
  }

  void replace(PacketPolicy policy) {
    trial.close();
    engine.replace(policy);
    trial = engine.program().newTrial();
  }

  Reason judge(byte[] frame) {
    int answer = trial.run(frame);
    action = answer & 0xff;
    return Reason.values()[answer >>> 8];
  }

  /** What the last packet's verdict was to the kernel. */
  int action() {
    return action;
  }

  /** What the last packet became. */
  byte[] frame() {
    return trial.frame();
  }

  @Override
  public void close() {
    trial.close();
    engine.close();
  }
}
