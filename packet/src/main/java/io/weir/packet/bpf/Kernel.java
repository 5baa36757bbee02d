package io.weir.packet.bpf;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** The few system calls beneath this package. Safe in any thread. */
final class Kernel {

  /**
   * Wide enough for every command's attributes; what a kernel does not know must be zero, and is.
   */
  static final int ATTRIBUTES = 128;

  private static final int DUPLICATE_CLOSE_ON_EXEC = 1030;

  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private static final long SYS_BPF =
      switch (System.getProperty("os.arch")) {
        case "aarch64" -> 280;
        default -> 321;
      };

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle BPF =
      function(
          "syscall",
          FunctionDescriptor.of(LONG, LONG, INT, ValueLayout.ADDRESS, INT),
          Linker.Option.firstVariadicArg(1));
  private static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(INT, INT));
  private static final MethodHandle FCNTL =
      function(
          "fcntl", FunctionDescriptor.of(INT, INT, INT, INT), Linker.Option.firstVariadicArg(2));
  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.ADDRESS, ValueLayout.ADDRESS, LONG, INT, INT, INT, LONG));
  private static final MethodHandle MOUNT =
      function(
          "mount",
          FunctionDescriptor.of(
              INT,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              LONG,
              ValueLayout.ADDRESS));
  private static final MethodHandle MUNMAP =
      function("munmap", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, LONG));

  private Kernel() {}

  @SuppressWarnings("restricted") // the libc functions named above, with the signatures they have
  private static MethodHandle function(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker.Option[] all = new Linker.Option[options.length + 1];
    System.arraycopy(options, 0, all, 1, options.length);
    all[0] = Linker.Option.captureCallState("errno");
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, all);
  }

  /** The attributes of one command: a piece of memory that is zero but for what is set. */
  static MemorySegment attributes(Arena arena) {
    return arena.allocate(ATTRIBUTES, 8);
  }

  /** Runs a command. Returns what the kernel answers, or -errno. */
  static int bpf(int command, MemorySegment attributes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long answer =
          (long) BPF.invokeExact(state, SYS_BPF, command, attributes, (int) attributes.byteSize());
      return answer < 0 ? -(int) ERRNO.get(state, 0L) : (int) answer;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Runs a command that must succeed. */
  static int bpf(int command, MemorySegment attributes, String what) {
    int answer = bpf(command, attributes);
    if (answer < 0) {
      throw new BpfException(what, -answer);
    }
    return answer;
  }

  /** Mounts a bpf file system that only its owner may look into. */
  static void mountBpf(String folder) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment bpf = arena.allocateFrom("bpf");
      MemorySegment mode = arena.allocateFrom("mode=0700");
      if ((int) MOUNT.invokeExact(state, bpf, arena.allocateFrom(folder), bpf, 0L, mode) < 0) {
        throw new BpfException("mount " + folder, (int) ERRNO.get(state, 0L));
      }
    } catch (BpfException e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  static void close(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      int _ = (int) CLOSE.invokeExact(arena.allocate(STATE), descriptor);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** A second descriptor of the same thing. */
  static int duplicate(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int answer = (int) FCNTL.invokeExact(state, descriptor, DUPLICATE_CLOSE_ON_EXEC, 0);
      if (answer < 0) {
        throw new BpfException("duplicate a descriptor", (int) ERRNO.get(state, 0L));
      }
      return answer;
    } catch (BpfException e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Maps {@code size} bytes of {@code descriptor} from {@code offset}, shared, until {@code arena}
   * closes.
   */
  @SuppressWarnings("restricted") // the size is the one that was mapped
  static MemorySegment map(Arena arena, int descriptor, long offset, long size, boolean writable) {
    try {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment mapped =
          (MemorySegment)
              MMAP.invokeExact(
                  state, MemorySegment.NULL, size, writable ? 3 : 1, 1, descriptor, offset);
      if (mapped.address() == -1) {
        throw new BpfException("mmap", (int) ERRNO.get(state, 0L));
      }
      return mapped.reinterpret(size, arena, Kernel::unmap);
    } catch (BpfException e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static void unmap(MemorySegment mapped) {
    try (Arena arena = Arena.ofConfined()) {
      int _ = (int) MUNMAP.invokeExact(arena.allocate(STATE), mapped, mapped.byteSize());
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
