package io.weir.config;

import io.weir.net.IpPrefix;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

@Block(
    """
    What happens to the requests that match. The routes of the most specific host are asked first: those for exactly this \
    host, then those for wildcards, the longest first, then those without `hosts`. Among routes for the same host the order \
    of the file counts, and the first one that matches decides. Exactly one of `pool`, `split`, `redirect` and `respond` says what happens.\
    """)
public record Route(
    @Key(doc = "Name in logs and metrics.", form = Form.NAME) String name,
    @Key(
            doc = "Names of the listeners it is for. Without it: all that speak HTTP.",
            form = Form.NAME)
        List<String> listeners,
    @Key(doc = "Which requests it is for. Without it: all.") Match match,
    @Key(doc = "What happens.", inline = true) Action action,
    @Key(doc = "Changes to the request's target.", def = "") Optional<Rewrite> rewrite,
    @Key(doc = "Changes to the request's header.") HeaderEdits requestHeaders,
    @Key(doc = "Changes to the response's header.") HeaderEdits responseHeaders,
    @Key(doc = "Copies requests to another pool, whose responses are thrown away.")
        Optional<Mirror> mirror,
    @Key(doc = "Sizes for this route.") RouteLimits limits,
    @Key(doc = "How long things may take.") Timeouts timeouts,
    @Key(doc = "What is tried again on another backend.") Retries retries,
    @Key(doc = "Whether a request may become a WebSocket.", def = "true") boolean websocket,
    @Key(doc = "The web application firewall.", inherit = true) Optional<Waf> waf) {

  @Block(
      "Conditions that must all hold. Of the alternatives in one list, one is enough; of `headers` and `queries`, all.")
  public record Match(
      @Key(
              doc =
                  "Host names without port, exact, or wildcards (`\"*.example.com\"`) for all names below, at any depth.",
              form = Form.HOST_PATTERN)
          List<String> hosts,
      @Key(doc = "The path after normalisation, without the query.") Optional<PathMatch> path,
      @Key(doc = "Methods, in capitals.", form = Form.METHOD) List<String> methods,
      @Key(doc = "Header fields.") List<HeaderMatch> headers,
      @Key(doc = "Query parameters.") List<QueryMatch> queries,
      @Key(doc = "Networks of clients, by their proven address.") List<IpPrefix> clients,
      @Key(
              doc = "TLS server names, exact or wildcard. Never true without TLS.",
              form = Form.HOST_PATTERN)
          List<String> sni,
      @Key(
              doc =
                  "JA3 fingerprints of the TLS client hello: 32 hexadecimal digits. Never true without TLS.",
              form = Form.JA3)
          List<String> ja3,
      @Key(
              doc =
                  "JA4 fingerprints of the TLS client hello, such as `t13d1516h2_8daaf6152771_e5627efa2ab1`. Never"
                      + " true without TLS.",
              form = Form.JA4)
          List<String> ja4) {}

  @Block("A condition on one header field.")
  public record HeaderMatch(
      @Key(doc = "Name of the field, in any case.", form = Form.HEADER_NAME) String name,
      @Key(doc = "The condition.", inline = true) ValueMatch value) {}

  @Block("A condition on one query parameter.")
  public record QueryMatch(
      @Key(doc = "Name of the parameter, after percent-decoding.") String name,
      @Key(doc = "The condition.", inline = true) ValueMatch value) {}

  /** What happens to a request: exactly one of these. */
  public sealed interface Action {}

  /** Forwards to one pool. */
  public record ToPool(
      @Key(name = "pool", doc = "Name of the pool that serves the request.", form = Form.NAME)
          String pool)
      implements Action {}

  /** Forwards to one of several pools, chosen by weight. */
  public record Split(
      @Key(name = "split", doc = "Pools with weights; each request goes to one of them by chance.")
          List<Target> targets)
      implements Action {}

  @Block("One of the pools of a split.")
  public record Target(
      @Key(doc = "Name of the pool.", form = Form.NAME) String pool,
      @Key(doc = "Share, relative to the sum of all. 0: none.", def = "1", range = "0 to 1000000")
          int weight) {}

  @Block(
      "Sends the client elsewhere; at least one of `scheme`, `host`, `port` and `path` is given.")
  public record Redirect(
      @Key(doc = "301, 302, 303, 307 or 308.", def = "308", range = "301 to 308") int status,
      @Key(doc = "`http` or `https`. Without it: the request's.") Optional<Scheme> scheme,
      @Key(doc = "Host name. Without it: the request's.", form = Form.HOST) Optional<String> host,
      @Key(
              doc = "Port. Without it: the request's, or the usual one of a given `scheme`.",
              range = "1 to 65535")
          Optional<Integer> port,
      @Key(doc = "Path that replaces the request's.", form = Form.PATH) Optional<String> path,
      @Key(doc = "Whether the query is kept.", def = "true") boolean keepQuery)
      implements Action {}

  /** A scheme of HTTP. */
  public enum Scheme {
    HTTP,
    HTTPS
  }

  @Block("Answers the request itself.")
  public record Respond(
      @Key(doc = "Status of the answer.", def = "200", range = "200 to 599") int status,
      @Key(doc = "Its media type.", def = "text/plain; charset=utf-8", form = Form.HEADER_VALUE)
          String contentType,
      @Key(doc = "Its content, in UTF-8.", def = "\"\"", form = Form.CONTENT) String body,
      @Key(doc = "Further header fields.") Map<String, String> headers)
      implements Action {}

  @Block("Changes the target that the backend sees. `prefix` and `regex` exclude each other.")
  public record Rewrite(
      @Key(
              doc = "Replaces the part of the path that `match.path.prefix` matched.",
              form = Form.PATH)
          Optional<String> prefix,
      @Key(
              doc = "Regular expression (RE2 syntax) whose matches in the path are replaced.",
              form = Form.REGEX)
          Optional<String> regex,
      @Key(doc = "What replaces them; `$1` to `$9` stand for groups.") Optional<String> replacement,
      @Key(doc = "Replaces the host.", form = Form.HOST) Optional<String> host) {}

  @Block(
      """
      Header fields that are set (replacing all of that name), added, or removed. Fields that frame the message \
      (`Content-Length`, `Transfer-Encoding`, `Connection` and the like) cannot be touched.\
      """)
  public record HeaderEdits(
      @Key(doc = "Fields and their values.") Map<String, String> set,
      @Key(doc = "Fields and the values that are added.") Map<String, String> add,
      @Key(doc = "Names of fields that are removed.", form = Form.HEADER_NAME)
          List<String> remove) {}

  @Block("Copies of requests for another pool.")
  public record Mirror(
      @Key(doc = "Name of the pool.", form = Form.NAME) String pool,
      @Key(doc = "Share of requests that are copied, in percent.", def = "100", range = "0 to 100")
          double percent) {}

  @Block("Sizes for the requests of one route.")
  public record RouteLimits(
      @Key(
              doc = "Body of a request. 0: no limit. Without it: the listener's.",
              range = "0 to 1024TiB")
          Optional<ByteSize> body,
      @Key(
              doc =
                  "All header fields together, where less than the listener allows is enough; a larger block is"
                      + " answered 431.",
              range = "512B to 1MiB")
          Optional<ByteSize> headerBytes,
      @Key(
              doc =
                  "Method, target and version, where less than the listener allows is enough; a longer line is"
                      + " answered 414.",
              range = "64B to 64KiB")
          Optional<ByteSize> requestLineBytes,
      @Key(
              doc =
                  "Number of header fields, where fewer than the listener allows are enough; more are answered 431.",
              range = "1 to 10000")
          Optional<Integer> headers) {}

  @Block(
      "How long requests of one route may take; what takes longer is answered 504, or cut when the answer has begun.")
  public record Timeouts(
      @Key(
              doc =
                  "From the request's head to the end of the response, all tries together. 0: no limit.",
              def = "0")
          Duration request,
      @Key(doc = "From the try's start to the response's head. 0: no limit.", def = "30s")
          Duration perTry,
      @Key(
              doc = "Without a byte in either direction, once the response has begun. 0: no limit.",
              def = "60s")
          Duration idle,
      @Key(doc = "The same for WebSockets and other tunnels.", def = "1h") Duration tunnelIdle) {}

  @Block(
      """
      Tries after the first. Whatever is said here, a request is tried again only where that is safe: nothing of it was \
      processed, or its method is idempotent and its body is still at hand; and only within the pool's `retry_budget`.\
      """)
  public record Retries(
      @Key(doc = "Further tries after the first.", def = "1", range = "0 to 10") int attempts,
      @Key(
              doc =
                  "What is tried again: `connect_failure`, `reset` (the backend closed before it answered), `timeout`"
                      + " (of one try), `502`, `503`, `504`.",
              def = "[connect_failure, reset]")
          List<RetryOn> on,
      @Key(
              doc = "Time after which a second try starts beside the first; the faster one wins.",
              needs = Feature.HEDGING)
          Optional<Duration> hedgeAfter) {}

  /** A failure that may be tried again. */
  public enum RetryOn implements Label {
    CONNECT_FAILURE("connect_failure"),
    RESET("reset"),
    TIMEOUT("timeout"),
    STATUS_502("502"),
    STATUS_503("503"),
    STATUS_504("504");

    private final String label;

    RetryOn(String label) {
      this.label = label;
    }

    @Override
    public String label() {
      return label;
    }
  }
}
