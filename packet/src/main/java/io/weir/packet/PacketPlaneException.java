package io.weir.packet;

/** The plane cannot guard what it should; the message says why each way failed. */
public final class PacketPlaneException extends Exception {

  private static final long serialVersionUID = 1;

  PacketPlaneException(String message) {
    super(message);
  }
}
