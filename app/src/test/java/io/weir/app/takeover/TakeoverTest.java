package io.weir.app.takeover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.Channel;
import io.weir.control.Controller;
import io.weir.control.Options;
import io.weir.packet.Handover;
import io.weir.proxy.ListeningSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TakeoverTest {
  @TempDir private Path folder;

  @Test
  void keepsConnectionsThatWaitToBeAccepted() throws Exception {
    CountDownLatch taken = new CountDownLatch(1);
    Controller old = serving(ListeningSockets.none());
    try (TakeoverServer _ =
            new TakeoverServer(socket(), running(old.proxy()::listeningSockets, taken::countDown));
        TakeoverClient client = new TakeoverClient(socket())) {
      InetSocketAddress address = address(old);
      old.close(); // nobody accepts any more; only the descriptors handed over hold the socket
      try (Socket waiting = new Socket()) {
        waiting.connect(address);
        waiting.getOutputStream().write(REQUEST);
        try (Controller next = serving(client.sockets())) {
          client.ready();
          taken.await();
          assertThat(address(next)).isEqualTo(address);
          byte[] start = waiting.getInputStream().readNBytes(12);
          assertThat(new String(start, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 204");
        }
      }
    }
  }

  @Test
  void doesNothingWhereTheNewProcessIsNeverReady() throws Exception {
    CountDownLatch taken = new CountDownLatch(1);
    try (Controller old = serving(ListeningSockets.none());
        TakeoverServer _ =
            new TakeoverServer(
                socket(), running(old.proxy()::listeningSockets, taken::countDown))) {
      new TakeoverClient(socket()).close();
      talk("garbage that is no word of this language");
      talk("");
      try (TakeoverClient second = new TakeoverClient(socket())) {
        assertThat(taken.getCount()).isOne();
        second.ready();
        taken.await();
      }
    }
  }

  @Test
  void isForThisUserOnly() throws Exception {
    try (TakeoverServer _ = new TakeoverServer(socket(), running(Map::of, () -> {}))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())))
          .isEqualTo("rw-------");
    }
    assertThat(socket()).doesNotExist();
  }

  @Test
  void leavesTheNameToTheProcessThatHasItNow() throws Exception {
    TakeoverServer old = new TakeoverServer(socket(), running(Map::of, () -> {}));
    try (TakeoverServer _ = new TakeoverServer(socket(), running(Map::of, () -> {}))) {
      old.close();
      new TakeoverClient(socket()).close();
    }
  }

  @Test
  void saysThatNobodyIsThere() {
    assertThatThrownBy(() -> new TakeoverClient(socket()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no running process");
  }

  private static TakeoverServer.Running running(
      Supplier<Map<InetSocketAddress, List<Channel>>> sockets, Runnable takenOver) {
    return new TakeoverServer.Running(sockets, () -> Handover.NONE, () -> {}, takenOver);
  }

  private static final byte[] REQUEST =
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private Controller serving(ListeningSockets sockets) throws Exception {
    String config =
        """
        management: off
        access_log: off
        workers: 2
        listeners:
          - name: web
            address: "127.0.0.1:0"
        routes:
          - name: all
            respond: { status: 204 }
        """;
    Path file = Files.writeString(folder.resolve("weir.yaml"), config);
    return Controller.start(file, sockets, new Options("test", Duration.ZERO));
  }

  private static InetSocketAddress address(Controller controller) {
    List<Channel> channels = controller.proxy().listeningSockets().values().iterator().next();
    return (InetSocketAddress) channels.getFirst().localAddress();
  }

  private Path socket() {
    return folder.resolve("weir.sock");
  }

  private void talk(String words) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket()));
      channel.write(ByteBuffer.wrap(words.getBytes(StandardCharsets.US_ASCII)));
    }
  }
}
