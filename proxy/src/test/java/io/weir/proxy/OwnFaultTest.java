package io.weir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Tolerances;
import org.junit.jupiter.api.Test;

/** A fault in Weir's own code ends the request it happened to, and is not blamed on the backend. */
class OwnFaultTest {
  private static final byte[] REQUEST =
      Ascii.bytes("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n");

  @Test
  void isAnsweredAsAnInternalError() {
    try (InMemoryProxy proxy = new InMemoryProxy(Tolerances.DEFAULT)) {
      InMemoryProxy.Outcome outcome =
          proxy.run(
              REQUEST,
              REQUEST.length,
              (connection, received) -> {
                throw new IllegalStateException("thrown by a test");
              });
      assertThat(Ascii.text(outcome.toClient(), 0, outcome.toClient().length))
          .startsWith("HTTP/1.1 500 ");
    }
  }
}
