package io.weir.packet.bpf;

import static io.weir.packet.bpf.Kernel.INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A program attached to an interface. It is detached when this is closed or the process ends,
 * however it ends, unless another process holds it or {@linkplain BpfFileSystem it has a name}.
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
  private static final int LINK_DETACH = 34;
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

  /** The link that a descriptor, which belongs to the result from here on, stands for. */
  public static BpfLink adopt(int descriptor) {
    return new BpfLink(descriptor);
  }

  /** A second descriptor of the same thing, be it a link, a map or a program. */
  public static int duplicate(int descriptor) {
    return Kernel.duplicate(descriptor);
  }

  /** Closes a descriptor that nothing here stands for. */
  public static void close(int descriptor) {
    Kernel.close(descriptor);
  }

  /** What another process may hold it by. */
  public int descriptor() {
    return descriptor;
  }

  /** Detaches the program now, whoever else holds the link; nothing if that was done before. */
  public void detach() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = Kernel.attributes(arena);
      attributes.set(INT, 0, descriptor);
      int _ = Kernel.bpf(LINK_DETACH, attributes);
    }
  }

  /** {@link #detach}, and lets go of it. */
  public void detachAndClose() {
    detach();
    close();
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
