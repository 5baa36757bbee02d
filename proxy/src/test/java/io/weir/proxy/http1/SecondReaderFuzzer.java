package io.weir.proxy.http1;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.weir.proxy.InMemoryProxy;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.PathNormaliser;
import io.weir.proxy.http.Tolerances;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Whatever goes in: what comes out is read by the second reader, without choice, as the same
 * messages that it reads in what went in (BEY-2).
 */
class SecondReaderFuzzer {
  private static final InMemoryProxy PROXY = new InMemoryProxy(Tolerances.DEFAULT);
  private static final byte[] OK = Ascii.bytes("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");

  /** What Weir takes out of a request or writes itself; everything else has to arrive. */
  private static final Set<String> NOT_FORWARDED =
      Set.of(
          "host",
          "connection",
          "content-length",
          "transfer-encoding",
          "trailer",
          "te",
          "upgrade",
          "keep-alive",
          "proxy-connection",
          "proxy-authorization",
          "proxy-authenticate",
          "http2-settings",
          "expect",
          "forwarded",
          "x-forwarded-for",
          "x-forwarded-host",
          "x-forwarded-port",
          "x-forwarded-proto",
          "x-real-ip",
          "x-request-id");

  /** Requests, pipelined ones too, with content of both kinds. */
  @FuzzTest
  void backendsReadTheRequestsThatTheClientSent(byte[] said) {
    checkRequests(said, Math.max(1, said.length));
  }

  /** The same, octet by octet. */
  @FuzzTest
  void backendsReadTheRequestsThatTheClientDribbled(byte[] said) {
    checkRequests(said, 1);
  }

  /** The oracle would be content with a proxy that forwards nothing. */
  @Test
  void forwardsWhatIsInOrderHoweverOften() {
    byte[] request = Ascii.bytes("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
    for (int i = 0; i < 300; i++) {
      InMemoryProxy.Outcome outcome =
          PROXY.run(request, request.length, (connection, received) -> OK);
      assertThat(outcome.toBackend()).hasSize(1);
      assertThat(Ascii.text(outcome.toClient(), 0, outcome.toClient().length)).endsWith("ok");
    }
  }

  private static void checkRequests(byte[] said, int step) {
    int[] answered = new int[64];
    InMemoryProxy.Outcome outcome =
        PROXY.run(
            said,
            step,
            (connection, received) -> {
              int whole = readAll(received).size();
              boolean more = whole > answered[connection];
              answered[connection] = whole;
              return more ? OK : null;
            });
    List<SecondReader.Request> sent = readAll(said);
    for (byte[] connection : outcome.toBackend()) {
      Iterator<SecondReader.Request> candidates = sent.iterator();
      for (SecondReader.Request got : readAll(connection)) {
        assertThat(got.canonical()).isEqualTo(got.octets());
        assertThat(got.version()).isEqualTo("HTTP/1.1");
        assertThat(isAmong(candidates, got)).as("%s among %s", got, sent).isTrue();
      }
    }
    checkAnswers(outcome.toClient(), sent);
  }

  /** Refused ones are skipped; the order stays. */
  private static boolean isAmong(
      Iterator<SecondReader.Request> candidates, SecondReader.Request got) {
    while (candidates.hasNext()) {
      if (isForwarded(candidates.next(), got)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isForwarded(SecondReader.Request sent, SecondReader.Request got) {
    return got.method().equals(sent.method())
        && got.target().equals(normalised(sent.target()))
        && got.body().equals(sent.body())
        && got.values("Host").equals(List.of(host(sent)))
        && forwarded(got.fields(), List.of()).equals(forwarded(sent.fields(), named(sent)));
  }

  private static List<String> forwarded(List<SecondReader.Field> fields, List<String> named) {
    List<String> lines = new ArrayList<>();
    for (SecondReader.Field field : fields) {
      String name = field.name().toLowerCase(Locale.ROOT);
      if (!NOT_FORWARDED.contains(name) && !named.contains(name)) {
        lines.add(field.name() + ": " + field.value());
      }
    }
    return lines;
  }

  /** What the Connection fields of a request take out. */
  private static List<String> named(SecondReader.Request request) {
    List<String> names = new ArrayList<>();
    for (String value : request.values("Connection")) {
      for (String option : value.split(",", -1)) {
        names.add(option.strip().toLowerCase(Locale.ROOT));
      }
    }
    return names;
  }

  private static String host(SecondReader.Request request) {
    String target = request.target();
    int authority = target.startsWith("/") ? -1 : target.indexOf("://");
    if (authority >= 0) {
      return target.substring(authority + 3, target.indexOf('/', authority + 3));
    }
    List<String> hosts = request.values("Host");
    return hosts.isEmpty() ? "" : hosts.getFirst();
  }

  /** In origin form, with the path in its normal form; null where it has none. */
  private static @Nullable String normalised(String target) {
    int query = target.indexOf('?');
    String path = query < 0 ? target : target.substring(0, query);
    int authority = path.startsWith("/") ? -1 : path.indexOf("://");
    if (authority >= 0) {
      int slash = path.indexOf('/', authority + 3);
      path = slash < 0 ? "" : path.substring(slash);
    }
    if (path.equals("*")) {
      return target;
    }
    byte[] octets = Ascii.bytes(path);
    int end = PathNormaliser.STRICT.normalise(octets, 0, octets.length);
    return end < 0 ? null : Ascii.text(octets, 0, end) + (query < 0 ? "" : target.substring(query));
  }

  /** As many requests as can be read; what stands behind them is malformed or cut short. */
  private static List<SecondReader.Request> readAll(byte[] octets) {
    List<SecondReader.Request> requests = new ArrayList<>();
    SecondReader reader = new SecondReader(octets);
    try {
      for (SecondReader.Request next = reader.request(); next != null; next = reader.request()) {
        requests.add(next);
      }
    } catch (SecondReader.Malformed | SecondReader.CutShort end) {
      // as far as it goes
    }
    return requests;
  }

  /** What the client gets are answers and nothing else, one at most for each request. */
  private static void checkAnswers(byte[] octets, List<SecondReader.Request> sent) {
    SecondReader reader = new SecondReader(octets);
    for (SecondReader.Request request : sent) {
      if (reader.isAtEnd()) {
        return;
      }
      SecondReader.Response response = nextFinal(reader, request.method());
      assertThat(response.canonical()).isEqualTo(response.octets());
    }
    if (!reader.isAtEnd()) {
      checkRefusal(reader);
    }
  }

  /** The last answer is to what cannot be read: whether that was HEAD nobody can tell for sure. */
  private static void checkRefusal(SecondReader reader) {
    SecondReader.Response refusal = reader.response("HEAD");
    assertThat(refusal.status()).isGreaterThanOrEqualTo(400);
    String length = refusal.values("Content-Length").getFirst();
    assertThat(reader.rest().length()).isIn(0, Integer.parseInt(length));
  }

  /** The backend says anything at all, and closes. */
  @FuzzTest
  void clientsReadTheResponseThatTheBackendSent(byte[] answer) {
    checkResponse("GET", answer);
    checkResponse("HEAD", answer);
  }

  private static void checkResponse(String method, byte[] answer) {
    byte[] request = Ascii.bytes(method + " / HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
    InMemoryProxy.Backend backend =
        new InMemoryProxy.Backend() {
          @Override
          public byte @Nullable [] answer(int connection, byte[] received) {
            return answer;
          }

          @Override
          public boolean closes() {
            return true;
          }
        };
    InMemoryProxy.Outcome outcome = PROXY.run(request, request.length, backend);
    SecondReader reader = new SecondReader(outcome.toClient());
    SecondReader.Response got;
    try {
      got = nextFinal(reader, method);
    } catch (SecondReader.CutShort cut) {
      assertThat(outcome.closed()).as("a part is never left standing as the whole").isTrue();
      return;
    }
    assertThat(reader.isAtEnd()).as("nothing behind the answer").isTrue();
    assertThat(got.canonical()).isEqualTo(got.octets());
    assertThat(got.endsWithConnection()).isFalse();
    if (got.status() != 502) {
      SecondReader.Response sent = nextFinal(new SecondReader(answer), method);
      assertThat(got.status()).isEqualTo(sent.status());
      assertThat(got.body()).isEqualTo(sent.body());
    }
  }

  private static SecondReader.Response nextFinal(SecondReader reader, String method) {
    SecondReader.Response response = reader.response(method);
    while (response.status() < 200) {
      assertThat(response.canonical()).isNotEmpty();
      response = reader.response(method);
    }
    return response;
  }
}
