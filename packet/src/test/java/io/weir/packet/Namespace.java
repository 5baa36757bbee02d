package io.weir.packet;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A network namespace of its own, and a thread that lives in it; both gone when closed. */
final class Namespace implements AutoCloseable {

  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final int CLONE_NEWNET = 0x4000_0000;

  private final String name =
      "weir-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name(name).daemon().factory());

  Namespace() throws Exception {
    command("ip", "netns", "add", name);
    run(() -> {
      enter(name);
      return "";
    });
    sh("ip link set lo up");
  }

  String name() {
    return name;
  }

  @SuppressWarnings("restricted") // libc's open and setns, with the signatures they have
  private static void enter(String name) {
    Linker linker = Linker.nativeLinker();
    MethodHandle open =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    MethodHandle setns =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("setns"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    MethodHandle close =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("close"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      int descriptor = (int) open.invokeExact(arena.allocateFrom("/run/netns/" + name), 0);
      int entered = (int) setns.invokeExact(descriptor, CLONE_NEWNET);
      int _ = (int) close.invokeExact(descriptor);
      if (entered != 0) {
        throw new IllegalStateException("setns " + name);
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Runs {@code task} on the thread that lives here. */
  <T> T run(Callable<T> task) throws Exception {
    try {
      return thread.submit(task).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Closes {@code thing} on the thread that lives here. */
  void close(AutoCloseable thing) throws Exception {
    run(() -> {
      thing.close();
      return "";
    });
  }

  /** Runs a shell command in here; it must succeed. Returns what it wrote. */
  String sh(String line) throws Exception {
    return command("ip", "netns", "exec", name, "sh", "-ec", line);
  }

  private static String command(String... line) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", line) + ": " + output);
    }
    return output;
  }

  /**
   * Joins both by a cable: {@code name} here with address 10.N.0.1/24 and fd00:N::1/64, {@code
   * name} there with .2 and ::2. Checksums are computed rather than left to a card that is not
   * there.
   */
  void connect(Namespace other, String link, int n) throws Exception {
    command(
        "ip",
        "link",
        "add",
        link,
        "netns",
        name,
        "type",
        "veth",
        "peer",
        "name",
        link,
        "netns",
        other.name);
    List<Namespace> ends = new ArrayList<>(List.of(this, other));
    for (int i = 0; i < 2; i++) {
      ends.get(i)
          .sh(
              "ethtool -K %1$s tx off >/dev/null; ip link set %1$s up; ip addr add 10.%2$d.0.%3$d/24 dev %1$s; ip addr add fd00:%2$d::%3$d/64 dev %1$s nodad"
                  .formatted(link, n, i + 1));
    }
  }

  @Override
  public void close() throws IOException {
    thread.shutdownNow();
    try {
      command("ip", "netns", "delete", name);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
