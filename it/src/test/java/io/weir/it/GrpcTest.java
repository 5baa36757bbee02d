package io.weir.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A real gRPC client and server with Weir between them, in the clear, over TLS, and under a web
 * application firewall that lets the content of calls pass.
 */
class GrpcTest {
  private static final Metadata.Key<String> DETAIL =
      Metadata.Key.of("x-detail", Metadata.ASCII_STRING_MARSHALLER);

  private static final MethodDescriptor<String, String> UNARY = method("Unary", MethodType.UNARY);
  private static final MethodDescriptor<String, String> FAIL = method("Fail", MethodType.UNARY);
  private static final MethodDescriptor<String, String> HANG = method("Hang", MethodType.UNARY);
  private static final MethodDescriptor<String, String> COUNT =
      method("Count", MethodType.SERVER_STREAMING);
  private static final MethodDescriptor<String, String> SUM =
      method("Sum", MethodType.CLIENT_STREAMING);
  private static final MethodDescriptor<String, String> CHAT =
      method("Chat", MethodType.BIDI_STREAMING);

  @TempDir private static Path folder;
  private static final int PLAIN = Tools.freePort();
  private static final int SECURE = Tools.freePort();
  private static final int GUARDED = Tools.freePort();
  private static final CountDownLatch CANCELLED = new CountDownLatch(1);
  private static Server server;
  private static WeirProcess weir;
  private static ManagedChannel plain;
  private static ManagedChannel secure;
  private static ManagedChannel guarded;

  private static MethodDescriptor<String, String> method(String name, MethodType type) {
    return MethodDescriptor.<String, String>newBuilder(new Utf8(), new Utf8())
        .setType(type)
        .setFullMethodName("it.Echo/" + name)
        .build();
  }

  /** Texts instead of generated messages: what Weir carries is the same. */
  private static final class Utf8 implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String text) {
      return new ByteArrayInputStream(text.getBytes(UTF_8));
    }

    @Override
    public String parse(InputStream octets) {
      try {
        return new String(octets.readAllBytes(), UTF_8);
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }

  // ------------------------------------------------------------------ server

  private static ServerServiceDefinition service() {
    return ServerServiceDefinition.builder("it.Echo")
        .addMethod(UNARY, ServerCalls.asyncUnaryCall(GrpcTest::echo))
        .addMethod(FAIL, ServerCalls.asyncUnaryCall(GrpcTest::fail))
        .addMethod(HANG, ServerCalls.asyncUnaryCall(GrpcTest::hang))
        .addMethod(COUNT, ServerCalls.asyncServerStreamingCall(GrpcTest::count))
        .addMethod(SUM, ServerCalls.asyncClientStreamingCall(Sum::new))
        .addMethod(CHAT, ServerCalls.asyncBidiStreamingCall(Chat::new))
        .build();
  }

  private static void echo(String text, StreamObserver<String> out) {
    out.onNext(text);
    out.onCompleted();
  }

  private static void fail(String text, StreamObserver<String> out) {
    Metadata trailers = new Metadata();
    trailers.put(DETAIL, "why not");
    out.onError(Status.FAILED_PRECONDITION.withDescription(text).asRuntimeException(trailers));
  }

  private static void hang(String text, StreamObserver<String> out) {
    ((io.grpc.stub.ServerCallStreamObserver<String>) out).setOnCancelHandler(CANCELLED::countDown);
  }

  private static void count(String to, StreamObserver<String> out) {
    for (int i = 1; i <= Integer.parseInt(to); i++) {
      out.onNext(Integer.toString(i));
    }
    out.onCompleted();
  }

  private static class Sum implements StreamObserver<String> {
    final StreamObserver<String> out;
    private long sum;

    Sum(StreamObserver<String> out) {
      this.out = out;
    }

    @Override
    public void onNext(String text) {
      sum += Long.parseLong(text);
    }

    @Override
    public void onError(Throwable gone) {}

    @Override
    public void onCompleted() {
      out.onNext(Long.toString(sum));
      out.onCompleted();
    }
  }

  private static final class Chat extends Sum {
    Chat(StreamObserver<String> out) {
      super(out);
    }

    @Override
    public void onNext(String text) {
      out.onNext(text);
    }

    @Override
    public void onCompleted() {
      out.onCompleted();
    }
  }

  @BeforeAll
  static void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), Tools.freePort()))
            .addService(service())
            .build()
            .start();
    Tools.certificate(folder, "rpc", "rpc.example.com");
    Files.writeString(
        folder.resolve("own.conf"),
        """
        SecRule REQUEST_HEADERS|REQUEST_BODY|ARGS "@contains attack" "id:100001,phase:2,deny,log"
        SecAction "id:100002,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On"
        """);
    weir =
        WeirProcess.start(
            folder,
            """
            certificates: [{ name: rpc, certificate: rpc.pem, key: rpc.key }]
            listeners:
              - { name: plain, address: "127.0.0.1:%d" }
              - { name: secure, address: "127.0.0.1:%d", protocol: https, certificates: [rpc] }
              - name: guarded
                address: "127.0.0.1:%d"
                waf: { rule_sets: [], files: [own.conf], exclusions: [{ path: "/it.Echo/*", rules: [grpc_content] }] }
            routes:
              - { name: rpc, pool: rpc, limits: { body: 0 }, timeouts: { per_try: 0 } }
            pools:
              - { name: rpc, protocol: http2, backends: [{ address: "127.0.0.1:%d" }] }
            """
                .formatted(PLAIN, SECURE, GUARDED, server.getPort()));
    plain = NettyChannelBuilder.forAddress("localhost", PLAIN).usePlaintext().build();
    guarded = NettyChannelBuilder.forAddress("localhost", GUARDED).usePlaintext().build();
    secure =
        NettyChannelBuilder.forAddress("localhost", SECURE)
            .overrideAuthority("rpc.example.com")
            .sslContext(
                GrpcSslContexts.forClient()
                    .trustManager(folder.resolve("rpc.pem").toFile())
                    .build())
            .build();
  }

  @AfterAll
  static void stop() {
    plain.shutdownNow();
    secure.shutdownNow();
    guarded.shutdownNow();
    weir.close();
    server.shutdownNow();
  }

  static Stream<ManagedChannel> channels() {
    return Stream.of(plain, secure, guarded);
  }

  private static CallOptions patience() {
    return CallOptions.DEFAULT.withDeadlineAfter(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  // ------------------------------------------------------------------ calls

  @ParameterizedTest
  @MethodSource("channels")
  void carriesUnaryCalls(ManagedChannel channel) {
    String large = "0123456789".repeat(100_000);
    assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, patience(), "hello"))
        .isEqualTo("hello");
    assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, patience(), large)).isEqualTo(large);
  }

  @ParameterizedTest
  @MethodSource("channels")
  void carriesStatusAndTrailersOfAFailedCall(ManagedChannel channel) {
    assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel, FAIL, patience(), "not now"))
        .asInstanceOf(type(StatusRuntimeException.class))
        .satisfies(failed -> {
          assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
          assertThat(failed.getStatus().getDescription()).isEqualTo("not now");
          assertThat(failed.getTrailers().get(DETAIL)).isEqualTo("why not");
        });
  }

  @ParameterizedTest
  @MethodSource("channels")
  void tellsOfMethodsThatAreNotThere(ManagedChannel channel) {
    assertThatThrownBy(() ->
            ClientCalls.blockingUnaryCall(
                channel, method("None", MethodType.UNARY), patience(), ""))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNIMPLEMENTED");
  }

  @ParameterizedTest
  @MethodSource("channels")
  void carriesStreamsFromTheServer(ManagedChannel channel) {
    Iterator<String> numbers =
        ClientCalls.blockingServerStreamingCall(channel, COUNT, patience(), "1000");
    List<String> got = new ArrayList<>();
    numbers.forEachRemaining(got::add);
    assertThat(got).hasSize(1000).startsWith("1", "2").endsWith("999", "1000");
  }

  @ParameterizedTest
  @MethodSource("channels")
  void carriesStreamsFromTheClient(ManagedChannel channel) throws InterruptedException {
    Answers answers = new Answers();
    StreamObserver<String> out =
        ClientCalls.asyncClientStreamingCall(channel.newCall(SUM, patience()), answers);
    for (int i = 1; i <= 1000; i++) {
      out.onNext(Integer.toString(i));
    }
    out.onCompleted();
    assertThat(answers.next()).isEqualTo("500500");
    assertThat(answers.next()).isEqualTo("completed");
  }

  @ParameterizedTest
  @MethodSource("channels")
  void carriesStreamsBothWaysMessageByMessage(ManagedChannel channel) throws InterruptedException {
    Answers answers = new Answers();
    StreamObserver<String> out =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(CHAT, patience()), answers);
    for (int i = 0; i < 50; i++) {
      out.onNext("message " + i);
      assertThat(answers.next()).isEqualTo("message " + i);
    }
    out.onCompleted();
    assertThat(answers.next()).isEqualTo("completed");
  }

  @Test
  void namesInTheLogTheCallsWhoseContentNobodyInspected() {
    assertThat(ClientCalls.blockingUnaryCall(guarded, UNARY, patience(), "an attack"))
        .isEqualTo("an attack");
    JsonNode entry =
        weir.awaitEntry(line ->
            line.path("path").asText().equals("/it.Echo/Unary")
                && line.path("listener").asText().equals("guarded")
                && line.path("status_code").asInt() == 200);
    assertThat(entry.path("waf_action").asText()).isEqualTo("head_only");
  }

  @Test
  void streamsBothWaysAlsoBehindALongHead() throws InterruptedException {
    Metadata metadata = new Metadata();
    metadata.put(DETAIL, "x".repeat(6_000));
    Channel channel =
        ClientInterceptors.intercept(guarded, MetadataUtils.newAttachHeadersInterceptor(metadata));
    Answers answers = new Answers();
    StreamObserver<String> out =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(CHAT, patience()), answers);
    for (int i = 0; i < 20; i++) {
      out.onNext("message " + i);
      assertThat(answers.next()).isEqualTo("message " + i);
    }
    out.onCompleted();
    assertThat(answers.next()).isEqualTo("completed");
  }

  @Test
  void inspectsTheHeadsOfCallsAndTheContentOfAllElse() throws IOException {
    Metadata attack = new Metadata();
    attack.put(DETAIL, "an attack");
    Channel attacker =
        ClientInterceptors.intercept(guarded, MetadataUtils.newAttachHeadersInterceptor(attack));
    assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(attacker, UNARY, patience(), "hello"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("PERMISSION_DENIED");

    for (String type : List.of("application/grpc", "application/x-www-form-urlencoded")) {
      String request =
          "POST /it.Echo/Unary HTTP/1.1\r\nHost: a\r\nContent-Type: "
              + type
              + "\r\n"
              + "Content-Length: 11\r\n\r\na=an attack";
      assertThat(Wire.ask(GUARDED, request).startLine()).as(type).startsWith("HTTP/1.1 403 ");
    }
  }

  @ParameterizedTest
  @MethodSource("channels")
  void cancelsAtTheBackendWhenTheDeadlineIsOver(ManagedChannel channel)
      throws InterruptedException {
    CallOptions soon = CallOptions.DEFAULT.withDeadlineAfter(2, TimeUnit.SECONDS);
    assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel, HANG, soon, ""))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("DEADLINE_EXCEEDED");
    assertThat(CANCELLED.await(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  private static final class Answers implements StreamObserver<String> {
    private final BlockingQueue<String> queue = new LinkedBlockingQueue<>();

    String next() throws InterruptedException {
      return queue.poll(Tools.PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void onNext(String text) {
      queue.add(text);
    }

    @Override
    public void onError(Throwable failure) {
      queue.add(failure.toString());
    }

    @Override
    public void onCompleted() {
      queue.add("completed");
    }
  }
}
