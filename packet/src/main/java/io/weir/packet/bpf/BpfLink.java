package io.weir.packet.bpf;

import static io.weir.packet.bpf.Kernel.INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A program attached to an interface. It is detached when this is closed or the process ends,
 * however it ends.
 */
public final class BpfLink implements AutoCloseable {

  /** Where the program runs. */
  public enum Mode {
    /** In the driver, before a packet buffer is made. */
    NATIVE(1 << 2),
    /** At the entry of the stack, for drivers that cannot. */
    GENERIC(1 << 1);

    private final int flags;

    Mode(int flags) {
      this.flags = flags;
    }
  }

  private static final int LINK_CREATE = 28;
  private static final int LINK_UPDATE = 29;
  private static final int XDP = 37;

  private final int descriptor;

  private BpfLink(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Attaches {@code program} to the interface of that index, in the calling thread's network
   * namespace.
   *
   * @throws BpfException if the driver cannot, or another program is there
   */
  public static BpfLink attach(BpfProgram program, int interfaceIndex, Mode mode) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = Kernel.attributes(arena);
      attributes.set(INT, 0, program.descriptor());
      attributes.set(INT, 4, interfaceIndex);
      attributes.set(INT, 8, XDP);
      attributes.set(INT, 12, mode.flags);
      return new BpfLink(
          Kernel.bpf(LINK_CREATE, attributes, "attach to interface " + interfaceIndex));
    }
  }

  /** Exchanges the program: each packet meets the old one or the new one, none meets neither. */
  public void replace(BpfProgram program) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = Kernel.attributes(arena);
      attributes.set(INT, 0, descriptor);
      attributes.set(INT, 4, program.descriptor());
      Kernel.bpf(LINK_UPDATE, attributes, "replace the program");
    }
  }

  @Override
  public void close() {
    Kernel.close(descriptor);
  }
}
