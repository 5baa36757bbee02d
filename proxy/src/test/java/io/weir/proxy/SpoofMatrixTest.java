package io.weir.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import io.weir.net.IpPrefixSet;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.HeadLimits;
import io.weir.proxy.http.Tolerances;
import io.weir.proxy.http1.HeadParser;
import io.weir.proxy.identity.ProxyHeaderHandler;
import io.weir.proxy.identity.Trust;
import io.weir.proxy.identity.Trust.ForwardedTrust;
import io.weir.proxy.identity.Trust.ProxyProtocolMode;
import io.weir.proxy.identity.Trust.ProxyProtocolRule;
import io.weir.proxy.route.RouteTable;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.stage.RequestStage;
import io.weir.proxy.stage.Stage;
import io.weir.proxy.stage.Stages;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs each row of the spoof matrix through the handler of the PROXY protocol and the stage
 * IDENTIFY. The module {@code it} runs the same rows against the program over real sockets.
 */
class SpoofMatrixTest {
  private static final Path MATRIX =
      Path.of("src/test/resources/io/weir/proxy/identity/spoof-matrix.tsv");
  private static final long TIMEOUT = TimeUnit.SECONDS.toNanos(10);
  private static final Proxy PROXY = new Proxy(1, ListeningSockets.none());

  /** How far the loop's timers are ahead of the clock: they never go back. */
  private static long ahead;

  private record Row(
      int line, String listener, String peer, String header, List<String> fields, String expected) {

    static Row of(int line, String text) {
      String[] cells = text.split("\t", -1);
      List<String> fields = cells[4].equals("-") ? List.of() : List.of(cells[4].split(" \\|\\| "));
      return new Row(line, cells[0], cells[2], cells[3], fields, cells[5]);
    }

    byte[] octets() {
      if (header.startsWith("hex:")) {
        return HexFormat.of().parseHex(header.substring(4));
      }
      return header.equals("-") ? new byte[0] : unescaped(header.substring(5));
    }

    private static byte[] unescaped(String text) {
      return text.replace("\\r", "\r")
          .replace("\\n", "\n")
          .replace("\\t", "\t")
          .getBytes(ISO_8859_1);
    }

    boolean waits() {
      return fields.equals(List.of("wait"));
    }

    byte[] request() {
      StringBuilder head = new StringBuilder("GET / HTTP/1.1\r\nHost: www.example.com\r\n");
      fields.forEach(field -> head.append(field.replace("\\t", "\t")).append("\r\n"));
      return head.append("\r\n").toString().getBytes(ISO_8859_1);
    }
  }

  private static List<Row> rows() throws IOException {
    List<String> lines = Files.readAllLines(MATRIX);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).startsWith("#")) {
        rows.add(Row.of(i + 1, lines.get(i)));
      }
    }
    return rows;
  }

  @AfterAll
  static void close() {
    PROXY.close();
  }

  @Test
  void hasRowsEnoughForEveryKindOfListener() throws IOException {
    assertThat(rows()).hasSizeGreaterThan(300);
    assertThat(rows().stream().map(Row::listener).distinct())
        .containsExactlyInAnyOrder(
            "http", "https", "xff", "fwd", "transparent", "proxied", "secured", "passthrough");
  }

  @TestFactory
  Stream<DynamicTest> givesEachRowItsOneRightAnswer() throws IOException {
    return rows().stream()
        .map(row ->
            DynamicTest.dynamicTest(
                "line " + row.line() + ", " + row.listener() + " from " + row.peer(),
                () ->
                    assertThat(PROXY.each(loop -> answer(loop, row)).getFirst())
                        .isEqualTo(row.expected())));
  }

  // ------------------------------------------------------------------ one row

  private static String answer(Loop loop, Row row) {
    Trust trust = trust(row.listener());
    ListenerSettings settings = settings(row.listener(), trust);
    PROXY.assume(new ProxySnapshot(1, "", "", Map.of(settings.name(), settings), Map.of()));
    EmbeddedChannel channel = new EmbeddedChannel();
    ClientConnection connection =
        new ClientConnection(
            channel,
            loop,
            new Listener(PROXY, settings),
            trust.peer(IpAddress.parse(row.peer()), 50000),
            IpAddress.parse("192.0.2.1"),
            80);
    Map<String, Long> before = reasons(loop);
    if (!trust.proxyProtocol().isEmpty()) {
      ProxyProtocolMode mode = trust.proxyProtocol(connection.peer.address());
      channel.pipeline().addLast(new ProxyHeaderHandler(connection, mode));
      send(channel, row);
      if (row.waits()) {
        ahead += 2 * TIMEOUT;
        loop.timers.advance(System.nanoTime() + ahead);
      }
    }
    Map<String, Long> refused = reasons(loop);
    refused.entrySet().removeIf(each -> each.getValue().equals(before.get(each.getKey())));
    refused.keySet().removeAll(List.of("route.none"));
    String answer =
        refused.isEmpty()
            ? identified(loop, connection, row)
            : "refused " + String.join(",", refused.keySet());
    channel.finishAndReleaseAll();
    return answer;
  }

  private static void send(EmbeddedChannel channel, Row row) {
    byte[] header = row.octets();
    int half = header.length / 2;
    channel.writeInbound(Unpooled.copiedBuffer(header, 0, half));
    if (row.waits()) {
      channel.writeInbound(Unpooled.copiedBuffer(header, half, header.length - half));
    } else {
      channel.writeInbound(
          Unpooled.wrappedBuffer(
              Unpooled.copiedBuffer(header, half, header.length - half),
              Unpooled.copiedBuffer(row.request())));
    }
  }

  private static Map<String, Long> reasons(Loop loop) {
    Map<String, Long> counts = new TreeMap<>();
    loop.counters.copy().forEach(cell -> counts.merge(cell.reason, cell.requests, Long::sum));
    return counts;
  }

  /** Runs the stage over the row's request, as it would come by this connection. */
  private static String identified(Loop loop, ClientConnection connection, Row row) {
    Exchange exchange = loop.exchange(new NoClientSide(), connection, System.nanoTime());
    try {
      Head head = exchange.request;
      byte[] request = row.request();
      head.append(request, 0, request.length);
      Reason refused = HeadParser.request(head, HeadLimits.DEFAULT);
      if (refused != null) {
        return "refused " + refused.text();
      }
      identify().judge(exchange, System.nanoTime());
      return exchange.identity().address() + " " + exchange.identity().provenance();
    } finally {
      exchange.abandon();
    }
  }

  private static RequestStage identify() {
    return Stages.deciding().stream()
        .filter(stage -> stage.stage() == Stage.IDENTIFY)
        .findFirst()
        .orElseThrow();
  }

  // ------------------------------------------------------------------ listeners

  private static IpPrefixSet networks(String... prefixes) {
    return IpPrefixSet.of(Stream.of(prefixes).map(IpPrefix::parse).toList());
  }

  private static Trust trust(String listener) {
    boolean rules = List.of("proxied", "secured", "passthrough").contains(listener);
    return new Trust(
        networks("192.0.2.20/32", "2001:db8:1::20/128", "198.51.100.0/24", "2001:db8:ffff::/48"),
        switch (listener) {
          case "xff" -> ForwardedTrust.X_FORWARDED_FOR;
          case "fwd" -> ForwardedTrust.FORWARDED;
          default -> ForwardedTrust.BOTH;
        },
        rules
            ? List.of(
                new ProxyProtocolRule(
                    networks("192.0.2.30/32", "2001:db8:1::30/128"), ProxyProtocolMode.REQUIRED),
                new ProxyProtocolRule(
                    networks("192.0.2.40/32", "2001:db8:1::40/128"), ProxyProtocolMode.OPTIONAL))
            : List.of(),
        listener.equals("transparent"));
  }

  private static ListenerSettings settings(String name, Trust trust) {
    return new ListenerSettings(
        name,
        List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
        null,
        true,
        RouteTable.EMPTY,
        Tolerances.DEFAULT,
        HeadLimits.DEFAULT,
        trust,
        ForwardedMode.APPEND,
        ForwardedMode.OVERWRITE,
        EnumSet.of(FieldName.X_REAL_IP),
        new ListenerSettings.ClientTimeouts(TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT, 1),
        ListenerSettings.ConnectionLimits.NONE,
        null,
        SecurityFields.NONE);
  }
}
