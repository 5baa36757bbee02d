package io.weir.control.health;

import static io.weir.control.health.TestBackend.answers;
import static io.weir.control.health.TestBackend.http;
import static io.weir.control.health.TestBackend.httpContaining;
import static io.weir.control.health.TestBackend.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.config.Pool.HealthCheck;
import io.weir.control.health.TestBackend.Behaviour;
import io.weir.proxy.upstream.BackendSettings;
import io.weir.proxy.upstream.Pool;
import io.weir.proxy.upstream.PoolSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProbeTest {
  private static HealthResult ask(Behaviour behaviour, HealthCheck check) throws IOException {
    try (TestBackend server = new TestBackend(behaviour)) {
      return Watch.ask(server.backend(), check);
    }
  }

  private static void assertWell(Behaviour behaviour, HealthCheck check) throws IOException {
    assertThat(ask(behaviour, check)).matches(HealthResult::well);
  }

  private static void assertBad(Behaviour behaviour, HealthCheck check, String detail)
      throws IOException {
    HealthResult result = ask(behaviour, check);
    assertThat(result.well()).as(result.detail()).isFalse();
    assertThat(result.detail()).contains(detail);
  }

  @Nested
  class Tcp {
    @Test
    void isWellWhereSomethingListens() throws IOException {
      assertWell(TestBackend::hang, tcp());
    }

    @Test
    void isNotWellWhereNothingListens() throws IOException {
      // Bound but not listening, so that nobody else can get the port meanwhile.
      try (Socket held = new Socket()) {
        held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        InetSocketAddress address = (InetSocketAddress) held.getLocalSocketAddress();
        Pool pool = new Pool("p");
        pool.update(
            PoolSettings.DEFAULTS, List.of(new BackendSettings("a", address)), System.nanoTime());
        HealthResult result = Watch.ask(pool.backends().getFirst(), tcp());
        assertThat(result).isEqualTo(new HealthResult(false, "Connection refused"));
      }
    }

    @Test
    void asksOverIpv6() throws IOException {
      InetAddress loopback = InetAddress.ofLiteral("::1");
      try (TestBackend server = new TestBackend(loopback, TestBackend::hang)) {
        assertThat(Watch.ask(server.backend(), tcp()).well()).isTrue();
      }
    }
  }

  @Nested
  class Http {
    @Test
    void asksAsConfigured() throws Exception {
      BlockingQueue<String> heads = new LinkedBlockingQueue<>();
      InetAddress loopback = InetAddress.ofLiteral("::1");
      try (TestBackend server =
          new TestBackend(loopback, socket -> heads.add(TestBackend.readHead(socket)))) {
        Watch.ask(server.backend(), TestBackend.httpHead());
        assertThat(heads.take())
            .startsWith("HEAD /healthz?full=1 HTTP/1.1\r\n")
            .contains("\r\nHost: [0:0:0:0:0:0:0:1]:" + server.address().getPort() + "\r\n")
            .contains("\r\nConnection: close\r\n");
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "HTTP/1.1 200 OK\r\n\r\n",
          "HTTP/1.0 299\r\n\r\n",
          "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 204 None\r\n\r\n"
        })
    void isWellWithAStatusAsExpected(String answer) throws IOException {
      assertWell(answers(answer), http());
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "HTTP/1.1 503 Service Unavailable\r\n\r\n",
          "HTTP/1.1 300 Multiple Choices\r\n\r\n",
          "HTTP/1.1 403 Forbidden\r\n\r\n",
          "HTTP/1.1 101 Switching Protocols\r\n\r\n"
        })
    void isNotWellWithAnother(String answer) throws IOException {
      assertBad(answers(answer), http(), "(expected: 200-299, 404)");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "HTTP/1.1 200 OK\r\nContent-Le",
          "HTTP/1.1 100 Continue\r\n\r\n",
        })
    void isNotWellWhenItClosesEarly(String answer) throws IOException {
      assertBad(answers(answer), http(), "closed before");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "SSH-2.0-OpenSSH_9.2\r\n\r\n",
          "HTTP/1.1 OK\r\n\r\n",
          "HTTP/1.1 200 OK\n\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "\0\0\0\0\r\n\r\n"
        })
    void isNotWellWhenItTalksGarbage(String answer) throws IOException {
      assertBad(answers(answer), http(), "not valid HTTP/1.1");
    }

    @Test
    void isNotWellWhenItResets() throws IOException {
      assertBad(TestBackend::reset, http(), "reset");
    }

    @Test
    void isNotWellWhenItHangs() throws IOException {
      assertBad(TestBackend::hang, http(50), "no answer within 50 ms");
    }

    @Test
    void isNotWellWhenItDribblesBeyondTheTimeout() throws IOException {
      assertBad(Http::dribble, http(300), "no answer within 300 ms");
    }

    private static void dribble(java.net.Socket socket) throws IOException {
      TestBackend.write(socket, "HTTP/1.1 200 OK\r\nX: ");
      while (true) {
        TestBackend.write(socket, "x");
        try {
          Thread.sleep(20);
        } catch (InterruptedException e) {
          return;
        }
      }
    }

    @Test
    void isNotWellWhenItsHeadNeverEnds() throws IOException {
      Behaviour endless =
          socket -> {
            TestBackend.write(socket, "HTTP/1.1 200 OK\r\n");
            while (true) {
              TestBackend.write(socket, "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
            }
          };
      assertBad(endless, http(), "not valid HTTP/1.1");
    }

    @Test
    void isNotWellWithoutEndOfInterimAnswers() throws IOException {
      assertBad(
          answers("HTTP/1.1 100 Continue\r\n\r\n".repeat(100)), http(), "status 100 (expected:");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "HTTP/1.1 200 OK\r\n\r\nall \u00c3\u00bcber well",
          "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n\u00c3\u00bcber well  ",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\u00c3\u00bcbe\r\n6\r\nr well\r\n0\r\n\r\n"
        })
    void findsTheTextInTheContent(String answer) throws IOException {
      assertWell(answers(answer), httpContaining("\u00fcber well"));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "HTTP/1.1 200 OK\r\nX: fine\r\n\r\nfin",
          "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nfine",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nfin\r\n0\r\n\r\nfine",
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.1 200 OK\r\n\r\n"
        })
    void isNotWellWithoutTheText(String answer) throws IOException {
      assertBad(answers(answer), httpContaining("fine"), "the content has no \"fine\"");
    }

    @Test
    void isNotWellWhenTheChunksAreGarbage() throws IOException {
      assertBad(
          answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nfine"),
          httpContaining("fine"),
          "not valid HTTP/1.1");
    }

    @Test
    void searchesOnlyTheBeginning() throws IOException {
      String head = "HTTP/1.1 200 OK\r\n\r\n";
      assertWell(
          answers(head + "x".repeat(HttpProbe.MAX_CONTENT - 4) + "fine"), httpContaining("fine"));
      assertBad(
          answers(head + "x".repeat(HttpProbe.MAX_CONTENT - 3) + "fine"),
          httpContaining("fine"),
          "the content has no");
    }
  }
}
