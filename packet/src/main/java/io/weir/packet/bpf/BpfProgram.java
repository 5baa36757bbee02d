package io.weir.packet.bpf;

import static io.weir.packet.bpf.Kernel.INT;
import static io.weir.packet.bpf.Kernel.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A program that the verifier has accepted. */
public final class BpfProgram implements AutoCloseable {

  private static final int TEST_RUN = 10;

  private final int descriptor;

  BpfProgram(int descriptor) {
    this.descriptor = descriptor;
  }

  int descriptor() {
    return descriptor;
  }

  /** A desk to run this program on made-up packets at; nothing reaches any interface. */
  public Trial newTrial() {
    return new Trial();
  }

  @Override
  public void close() {
    Kernel.close(descriptor);
  }

  /**
   * Runs the program on packets that never were on any wire, by the kernel's own test run. Memory
   * is taken once, so that millions of packets can be tried. Confined to the thread that made it.
   */
  public final class Trial implements AutoCloseable {

    /** The longest frame: what fits one page beside the headroom. */
    public static final int MAX_FRAME = 3500;

    private static final int OUTPUT = 4096;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment attributes = Kernel.attributes(arena).asSlice(0, 80);
    private final MemorySegment input = arena.allocate(MAX_FRAME, 8);
    private final MemorySegment output = arena.allocate(OUTPUT, 8);

    private Trial() {
      attributes.set(INT, 0, descriptor);
      attributes.set(LONG, 16, input.address());
      attributes.set(LONG, 24, output.address());
    }

    /** Runs it once on {@code frame}; returns what the program returned. */
    public int run(byte[] frame) {
      return run(frame, 1);
    }

    /**
     * Runs it {@code repeat} times on the same memory; a packet that the program rewrote stays
     * rewritten.
     */
    public int run(byte[] frame, int repeat) {
      MemorySegment.copy(frame, 0, input, ValueLayout.JAVA_BYTE, 0, frame.length);
      attributes.set(INT, 8, frame.length);
      attributes.set(INT, 12, OUTPUT);
      attributes.set(INT, 32, repeat);
      Kernel.bpf(TEST_RUN, attributes, "test run");
      return attributes.get(INT, 4);
    }

    /** The frame as the program left it. */
    public byte[] frame() {
      return output.asSlice(0, attributes.get(INT, 12)).toArray(ValueLayout.JAVA_BYTE);
    }

    /** The mean time of a run, in nanoseconds. */
    public int nanoseconds() {
      return attributes.get(INT, 36);
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
