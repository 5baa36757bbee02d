package io.weir.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32C;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Plays the clients, proxies and backends of the spoof matrix on a machine of their own: for each
 * row it connects from the row's peer, sends what the row says, and prints what the backend was
 * told, or that the connection was refused. It knows none of the program's code.
 *
 * <p>Arguments: the matrix, the key of Weir-Client. Addresses and ports are those of {@link
 * SpoofMatrixTest}.
 */
final class SpoofDriver {
  static final Map<String, Integer> PORTS =
      Map.of(
          "http", 8001,
          "https", 8002,
          "xff", 8003,
          "fwd", 8004,
          "transparent", 8005,
          "proxied", 8006,
          "secured", 8007,
          "passthrough", 8008);
  static final int BACKEND = 9001;
  static final int TLS_BACKEND = 9002;
  private static final int PATIENCE_MILLIS = 30_000;

  private final Map<String, String> told = new ConcurrentHashMap<>();
  private final byte[] key;
  private final SSLContext tls;

  private SpoofDriver(byte[] key) throws GeneralSecurityException {
    this.key = key;
    this.tls = SSLContext.getInstance("TLS");
    tls.init(null, new TrustManager[] {new Anybody()}, new SecureRandom());
  }

  /** The test is about addresses: whose certificate it is does not matter. */
  private static final class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    String key = Files.readString(Path.of(arguments[1])).strip();
    SpoofDriver driver = new SpoofDriver(key.getBytes(ISO_8859_1));
    driver.serve(BACKEND, driver::answerHttp);
    driver.serve(TLS_BACKEND, driver::readProxyHeader);
    List<String> lines = Files.readAllLines(Path.of(arguments[0]));
    List<Future<String>> answers = new ArrayList<>();
    try (ExecutorService clients = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < lines.size(); i++) {
        String id = Integer.toString(i + 1);
        String[] row = lines.get(i).split("\t", -1);
        if (!lines.get(i).startsWith("#")) {
          answers.add(clients.submit(() -> id + "\t" + driver.answer(id, row)));
        }
      }
    }
    for (Future<String> answer : answers) {
      System.out.println(answer.get());
    }
    System.exit(0);
  }

  // ------------------------------------------------------------------ clients

  private String answer(String id, String[] row) throws Exception {
    try (Socket socket = connect(row[0], row[2])) {
      socket.getOutputStream().write(octets(row[3]));
      if (row[4].equals("wait")) {
        return socket.getInputStream().read() < 0 ? "refused" : "answered";
      }
      switch (row[1]) {
        case "h2" -> askHttp2(socket, id, row[4]);
        case "tls" -> sayHello(socket, id);
        default -> askHttp1(socket, id, row);
      }
    } catch (IOException reset) {
      // a way of refusing
    }
    return told.getOrDefault(id, "refused");
  }

  private static Socket connect(String listener, String peer) throws IOException {
    boolean ipv4 = peer.indexOf(':') < 0;
    String address = ipv4 ? "192.0.2.1" : "2001:db8:1::1";
    if (listener.equals("transparent")) {
      address = ipv4 ? "203.0.113.80" : "2001:db8:80::80"; // not the gateway's own
    }
    Socket socket = new Socket();
    socket.bind(new InetSocketAddress(InetAddress.ofLiteral(peer), 0));
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    socket.connect(
        new InetSocketAddress(InetAddress.ofLiteral(address), PORTS.get(listener)),
        PATIENCE_MILLIS);
    return socket;
  }

  private static byte[] octets(String cell) {
    if (cell.startsWith("hex:")) {
      return HexFormat.of().parseHex(cell.substring(4));
    }
    return cell.equals("-") ? new byte[0] : unescaped(cell.substring(5)).getBytes(ISO_8859_1);
  }

  private static String unescaped(String text) {
    return text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t");
  }

  private static List<String> fields(String cell) {
    return cell.equals("-") ? List.of() : List.of(unescaped(cell).split(" \\|\\| "));
  }

  private void askHttp1(Socket socket, String id, String[] row) throws IOException {
    boolean secure = row[0].equals("https") || row[0].equals("secured");
    Socket channel =
        secure ? tls.getSocketFactory().createSocket(socket, "www.example.com", 443, true) : socket;
    StringBuilder head = new StringBuilder("GET /" + id + " HTTP/1.1\r\nHost: www.example.com\r\n");
    fields(row[4]).forEach(field -> head.append(field).append("\r\n"));
    channel.getOutputStream().write((head + "\r\n").getBytes(ISO_8859_1));
    channel.getOutputStream().flush();
    channel.getInputStream().read();
  }

  /** A client hello whose server name is the row's: the backend gets it as the authority. */
  private void sayHello(Socket socket, String id) throws IOException {
    SSLEngine engine = tls.createSSLEngine();
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName("row" + id + ".example.com")));
    engine.setSSLParameters(parameters);
    ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), hello);
    socket.getOutputStream().write(hello.array(), 0, hello.position());
    socket.getInputStream().read();
  }

  /**
   * RFC 9113 with prior knowledge: preface, SETTINGS, HEADERS of literals; then any frame of it.
   */
  private static void askHttp2(Socket socket, String id, String cell) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.writeBytes(new byte[] {(byte) 0x82, (byte) 0x86}); // :method GET, :scheme http
    literal(block, ":path", "/" + id);
    literal(block, ":authority", "www.example.com");
    for (String field : fields(cell)) {
      String name = field.substring(0, field.indexOf(':')).toLowerCase(Locale.ROOT);
      if (!name.equals("connection")) {
        literal(block, name, field.substring(field.indexOf(':') + 1).strip());
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1));
    frame(out, 4, 0, 0, new byte[0]);
    frame(out, 1, 5, 1, block.toByteArray());
    socket.getOutputStream().write(out.toByteArray());
    DataInputStream in = new DataInputStream(socket.getInputStream());
    int stream;
    do {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      in.readUnsignedShort(); // type and flags
      stream = in.readInt();
      in.skipNBytes(length);
    } while (stream != 1);
  }

  private static void frame(ByteArrayOutputStream out, int type, int flags, int id, byte[] load) {
    out.writeBytes(
        ByteBuffer.allocate(9)
            .put((byte) (load.length >> 16))
            .putShort((short) load.length)
            .put((byte) type)
            .put((byte) flags)
            .putInt(id)
            .array());
    out.writeBytes(load);
  }

  private static void literal(ByteArrayOutputStream out, String name, String value) {
    out.write(0x10);
    for (String text : List.of(name, value)) {
      int length = text.length();
      out.write(Math.min(length, 127));
      if (length >= 127) {
        for (length -= 127; length > 127; length >>= 7) {
          out.write(length & 127 | 128);
        }
        out.write(length);
      }
      out.writeBytes(text.getBytes(ISO_8859_1));
    }
  }

  // ------------------------------------------------------------------ backends

  private interface Script {
    void serve(Socket socket) throws Exception;
  }

  private void serve(int port, Script script) throws IOException {
    ServerSocket server = new ServerSocket();
    server.bind(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.200"), port), 4096);
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          while (true) {
            try {
              Socket socket = server.accept();
              Thread.ofPlatform().daemon().start(() -> serve(socket, script));
            } catch (IOException failed) {
              throw new UncheckedIOException(failed);
            }
          }
        });
  }

  private static void serve(Socket socket, Script script) {
    try (socket) {
      script.serve(socket);
    } catch (IOException gone) {
      // the proxy is done with it
    } catch (Exception wrong) {
      System.out.println("0\tbackend failed: " + wrong);
    }
  }

  private void answerHttp(Socket socket) throws Exception {
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    for (int octet = in.read(); octet >= 0; octet = in.read()) {
      head.append((char) octet);
      if (head.length() > 4 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
        List<String> lines = head.toString().lines().toList();
        told.put(upTo(lines.getFirst().substring(5), " "), told(lines));
        socket.getOutputStream().write("HTTP/1.1 204 No Content\r\n\r\n".getBytes(ISO_8859_1));
        head.setLength(0);
      }
    }
  }

  /** What a backend makes of a request, whichever field it goes by. */
  private String told(List<String> head) throws GeneralSecurityException {
    String address = one(head, "x-real-ip");
    String signed = one(head, "weir-client");
    String proven = verify(signed, one(head, "x-request-id"));
    String leftmost = upTo(one(head, "x-forwarded-for"), ",");
    String first = upTo(one(head, "forwarded"), "[,;]").replaceAll("for=|[\"\\[\\]]", "");
    boolean agree = List.of(upTo(proven, " "), leftmost, first).stream().allMatch(address::equals);
    return agree ? proven : "contradiction: " + head;
  }

  private static String upTo(String text, String separator) {
    return text.split(separator, -1)[0];
  }

  private static String one(List<String> head, String name) {
    List<String> values =
        head.stream()
            .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
            .map(line -> line.substring(name.length() + 1).strip())
            .toList();
    return values.size() == 1 ? values.getFirst() : values + " are the values of " + name;
  }

  /** Address and provenance, if the key signed them for this request a moment ago. */
  private String verify(String value, String requestId) throws GeneralSecurityException {
    int end = value.lastIndexOf(";sig=");
    if (end < 0) {
      return "unsigned: " + value;
    }
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    byte[] expected = mac.doFinal(value.substring(0, end).getBytes(ISO_8859_1));
    byte[] given = Base64.getUrlDecoder().decode(value.substring(end + 5));
    Map<String, String> said = new HashMap<>();
    for (String pair : value.substring(0, end).split(";", -1)) {
      said.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
    }
    long age = System.currentTimeMillis() / 1000 - Long.parseLong(said.get("t"));
    boolean right =
        MessageDigest.isEqual(expected, given)
            && said.get("id").equals(requestId)
            && Math.abs(age) <= 60;
    return right ? said.get("addr") + " " + said.get("via") : "forged: " + value;
  }

  /** Reads version 2, as its specification says, and ends the connection. */
  private void readProxyHeader(Socket socket) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    byte[] start = in.readNBytes(16);
    byte[] rest = in.readNBytes((start[14] & 255) << 8 | start[15] & 255);
    if (start.length < 16 || in.read() != 22) {
      return; // a check, or no client hello behind it
    }
    int width = start[13] == 0x11 ? 4 : 16;
    byte[] source = Arrays.copyOf(rest, width);
    String name = "";
    ByteBuffer tlvs = ByteBuffer.wrap(rest).position(2 * width + 4);
    boolean checked = false;
    while (tlvs.hasRemaining()) {
      int type = tlvs.get();
      byte[] value = new byte[tlvs.getShort()];
      if (type == 3) {
        int at = tlvs.position();
        int sum = tlvs.getInt(at);
        tlvs.putInt(at, 0);
        CRC32C crc = new CRC32C();
        crc.update(start);
        crc.update(rest);
        checked = (int) crc.getValue() == sum;
      }
      tlvs.get(value);
      name = type == 2 ? new String(value, ISO_8859_1) : name;
    }
    String id = name.replaceAll("row|\\.example\\.com", "");
    told.put(id, checked ? text(source) + " passed through" : "wrong checksum");
  }

  /** RFC 5952 for the addresses of the matrix. */
  private static String text(byte[] address) throws IOException {
    String full = InetAddress.getByAddress(address).getHostAddress();
    return full.replaceFirst("(^|:)0(:0)+(:|$)", "::");
  }
}
