package io.weir.config;

import io.weir.net.HostPort;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

@Block("Backends that serve the same thing, and how requests are spread over them.")
public record Pool(
    @Key(doc = "Name in logs, metrics and routes.", form = Form.NAME) String name,
    @Key(
            doc =
                "`round_robin`: in turn, by weight; `least_requests`: of two at random the one with fewer requests in"
                    + " flight; `ewma`: of two at random the one that answers faster; `random`: by weight; `maglev`:"
                    + " consistent hashing.",
            def = "round_robin")
        Algorithm algorithm,
    @Key(doc = "What `maglev` hashes. Without it: the client's address.") Optional<Hash> hash,
    @Key(doc = "What backends speak.", def = "http1") Protocol protocol,
    @Key(doc = "The backends. At least one.") List<Backend> backends,
    @Key(
            doc =
                "Whether backends in other zones are used as much as those in this instance's zone. `false`: only while"
                    + " this zone has no healthy one.",
            def = "true")
        boolean crossZone,
    @Key(doc = "Keeps a client on one backend by a cookie.") Optional<Sticky> sticky,
    @Key(
            doc = "Time over which a backend that came up gets its share gradually. 0: at once.",
            def = "0",
            range = "0s to 1h")
        Duration slowStart,
    @Key(doc = "Asks backends whether they are well. Without this block they are taken to be.")
        Optional<HealthCheck> healthCheck,
    @Key(
            doc = "Sets backends aside that fail in live traffic. `off`: none.",
            def = "{}",
            off = true)
        Optional<OutlierEjection> outlierEjection,
    @Key(
            doc =
                "Percentage of healthy backends below which health is ignored and all are used, since a few could not"
                    + " carry the load. 0: never.",
            def = "50",
            range = "0 to 100")
        int panicThreshold,
    @Key(
            doc =
                "Percentage of healthy backends below which a priority group, or the own zone without `cross_zone`,"
                    + " leaves its requests to the next. 0: only when none is left.",
            def = "0",
            range = "0 to 100")
        int failoverThreshold,
    @Key(doc = "Bounds what may be under way at once.") CircuitBreaker circuitBreaker,
    @Key(doc = "Bounds the extra load that retries may cause.") RetryBudget retryBudget,
    @Key(doc = "How long things may take.") Timeouts timeouts,
    @Key(doc = "Connections that stay open between requests.") Keepalive keepalive,
    @Key(doc = "Probes of the kernel on idle connections. `off`: none.", def = "{}", off = true)
        Optional<TcpKeepalive> tcpKeepalive,
    @Key(
            doc =
                "Begins each connection to these backends with a header of the PROXY protocol, health checks included"
                    + " (there it says that Weir asks for itself), unless they ask another port. A connection then serves"
                    + " one client only. Not with `protocol: http2`.")
        Optional<SendProxyProtocol> sendProxyProtocol,
    @Key(
            doc =
                "Whether connections to these backends come from the client's own address. A connection then serves one"
                    + " client only, and an IPv4 client reaches only IPv4 backends, an IPv6 client only IPv6 backends."
                    + " Needs `CAP_NET_ADMIN` and routes that lead the backends' answers back to Weir; see the guide to"
                    + " the client's address. Not with `protocol: http2`.",
            def = "false")
        boolean transparent,
    @Key(
            doc = "A signed header that tells these backends about the client.",
            off = true,
            inherit = true)
        Optional<IdentityHeader> identityHeader,
    @Key(doc = "TLS towards these backends.", inherit = true) Optional<BackendTls> backendTls,
    @Key(doc = "Proven identity of these backends.", inherit = true)
        Optional<BackendMtls> backendMtls) {

  /** How a backend is chosen. */
  public enum Algorithm {
    ROUND_ROBIN,
    LEAST_REQUESTS,
    EWMA,
    RANDOM,
    MAGLEV
  }

  /** What is spoken to backends. */
  public enum Protocol {
    HTTP1,
    HTTP2
  }

  @Block("The PROXY protocol towards backends, before TLS where the pool has it.")
  public record SendProxyProtocol(
      @Key(
              doc = "`1`: one line of text; `2`: binary, with room for more.",
              def = "2",
              range = "1 to 2")
          int version,
      @Key(
              doc =
                  "What version 2 tells besides the addresses. `alpn`: the application protocol that the client and Weir"
                      + " speak; `authority`: the server name that the client asked for; `ssl`: TLS version and cipher"
                      + " suite of the client's connection; `unique_id`: the id of the request that the connection was"
                      + " made for; `crc32c`: a checksum of the header.",
              def = "[crc32c]")
          List<Tlv> tlvs) {}

  /** What version 2 of the PROXY protocol can tell besides the addresses. */
  public enum Tlv {
    ALPN,
    AUTHORITY,
    SSL,
    UNIQUE_ID,
    CRC32C
  }

  @Block("What consistent hashing goes by. A request without it goes by the client's address.")
  public record Hash(
      @Key(doc = "`client_address`, `header`, `cookie` or `query`.", def = "client_address") On on,
      @Key(doc = "Name of the header field, cookie or query parameter.") Optional<String> name) {}

  /** What consistent hashing goes by. */
  public enum On {
    CLIENT_ADDRESS,
    HEADER,
    COOKIE,
    QUERY
  }

  @Block("One backend.")
  public record Backend(
      @Key(doc = "Name in logs and metrics. Without it: its address.", form = Form.NAME)
          Optional<String> name,
      @Key(doc = "Address and port; a host name is looked up again as its records expire.")
          HostPort address,
      @Key(
              doc = "Share of requests, relative to the others. 0: none.",
              def = "1",
              range = "0 to 1000")
          int weight,
      @Key(doc = "Zone it runs in.", form = Form.NAME) Optional<String> zone,
      @Key(
              doc =
                  "Backends of the lowest number are used; the next ones while none of those is healthy.",
              def = "0",
              range = "0 to 15")
          int priority,
      @Key(doc = "Whether it finishes what it has and gets nothing new.", def = "false")
          boolean drain,
      @Key(
              doc =
                  "The server id in QUIC connection ids of this backend (draft-ietf-quic-load-balancers, two octets in"
                      + " plain), for virtual services of the packet plane with `quic`.",
              range = "0 to 65535")
          Optional<Integer> quicServerId) {

    /** Its name, or its address where it has none. */
    public String id() {
      return name.orElseGet(address::toString);
    }
  }

  @Block(
      """
      A cookie that names the client's backend. It does not reveal the backend's address, and it is ignored while that \
      backend is not healthy. Over TLS it carries `Secure`; always `HttpOnly`.\
      """)
  public record Sticky(
      @Key(doc = "Name of the cookie.", def = "WEIRSRV", form = Form.COOKIE_NAME) String cookie,
      @Key(doc = "How long it lasts. 0: until the browser closes.", def = "0", range = "0s to 400d")
          Duration ttl,
      @Key(doc = "Path it is for.", def = "/", form = Form.PATH) String path,
      @Key(doc = "Whether it is sent along from other sites.", def = "lax") SameSite sameSite) {}

  /** RFC 6265bis, the SameSite attribute. */
  public enum SameSite {
    STRICT,
    LAX,
    NONE
  }

  @Block(
      "Regular questions to each backend. `path`, `host`, `method`, `status` and `body` are for `http`, `service` for `grpc`.")
  public record HealthCheck(
      @Key(
              doc =
                  "`tcp`: it accepts a connection; `tls`: it completes a handshake; `http`: it answers as said here;"
                      + " `grpc`: the standard health service says SERVING.",
              def = "http")
          Type type,
      @Key(doc = "Path that is asked for.", def = "/", form = Form.PATH) String path,
      @Key(doc = "`Host` that is sent. Without it: the backend's address.", form = Form.HOST)
          Optional<String> host,
      @Key(doc = "`GET` or `HEAD`.", def = "GET") Method method,
      @Key(doc = "Statuses that are well.", def = "[200-299]", range = "100 to 599")
          List<IntRange> status,
      @Key(doc = "Text that the first 64 KiB of the answer must contain.") Optional<String> body,
      @Key(doc = "Time between two questions.", def = "5s", range = "100ms to 1h")
          Duration interval,
      @Key(doc = "Time in which the answer must be there.", def = "2s", range = "10ms to 1h")
          Duration timeout,
      @Key(
              doc = "Good answers in a row after which a backend is healthy.",
              def = "2",
              range = "1 to 100")
          int rise,
      @Key(doc = "Bad answers in a row after which it is not.", def = "3", range = "1 to 100")
          int fall,
      @Key(doc = "Port that is asked. Without it: the backend's.", range = "1 to 65535")
          Optional<Integer> port,
      @Key(doc = "gRPC service that is asked for. Without it: the server as a whole.")
          Optional<String> service) {}

  /** How a backend is asked. */
  public enum Type {
    TCP,
    TLS,
    HTTP,
    GRPC
  }

  /** The method of a health check. */
  public enum Method implements Label {
    GET,
    HEAD;

    @Override
    public String label() {
      return name();
    }
  }

  @Block("A backend that fails in live traffic is set aside for a while, each time longer.")
  public record OutlierEjection(
      @Key(
              doc =
                  "Failures in a row (no connection, reset, timeout, 502, 503, 504) that set it aside.",
              def = "5",
              range = "1 to 10000")
          int consecutiveFailures,
      @Key(
              doc = "How long, the first time; each further time that much longer.",
              def = "30s",
              range = "100ms to 1h")
          Duration baseTime,
      @Key(
              doc = "Share of the pool that may be set aside at once, in percent.",
              def = "50",
              range = "0 to 100")
          int maxPercent) {}

  @Block(
      "What exceeds these is answered 503 at once instead of queueing without end. Counted per pool, over all workers.")
  public record CircuitBreaker(
      @Key(doc = "Connections to the pool. 0: no limit.", def = "0", range = ">= 0")
          int maxConnections,
      @Key(doc = "Requests that wait for a connection. 0: no limit.", def = "1024", range = ">= 0")
          int maxPending,
      @Key(doc = "Requests under way. 0: no limit.", def = "0", range = ">= 0") int maxRequests) {}

  @Block(
      "Retries are allowed only within this budget, so that they cannot bring down a pool that is in trouble.")
  public record RetryBudget(
      @Key(doc = "Retries, in percent of the requests under way.", def = "20", range = "0 to 100")
          int percent,
      @Key(doc = "Retries per second that are always allowed.", def = "3", range = "0 to 1000000")
          int minPerSecond) {}

  @Block("How long things may take between Weir and a backend.")
  public record Timeouts(
      @Key(doc = "Until the connection stands, TLS included.", def = "2s", range = "1ms to 10m")
          Duration connect) {}

  @Block("Connections that stay open between requests. Each worker has its own.")
  public record Keepalive(
      @Key(
              doc = "How long an unused connection stays open. Choose less than the backend does.",
              def = "60s",
              range = "0s to 24h")
          Duration idle,
      @Key(
              doc = "Unused connections per worker and backend. 0: none is kept.",
              def = "256",
              range = "0 to 65536")
          int maxIdlePerWorker) {}

  @Block("Probes by which the kernel notices that the other side is gone.")
  public record TcpKeepalive(
      @Key(doc = "Silence before the first probe.", def = "60s", range = "1s to 9h") Duration idle,
      @Key(doc = "Time between probes.", def = "10s", range = "1s to 9h") Duration interval,
      @Key(doc = "Unanswered probes that end the connection.", def = "3", range = "1 to 127")
          int count) {}
}
