package io.weir.proxy.stage;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Why a request ended as it did: the product's vocabulary. The dotted name is the log field, the
 * metric label and a row of docs/reference/reasons.md; it never changes once released.
 */
public enum Reason {
  OK(Stage.RECORD, "ok", 0, "The backend's answer was passed on whole."),

  FRAME_MALFORMED(
      Stage.FRAME,
      "frame.malformed",
      400,
      "The head does not follow the grammar of RFC 9110, 9112 or 9113."),
  FRAME_AMBIGUOUS(
      Stage.FRAME,
      "frame.ambiguous",
      400,
      "Two readers could disagree about where the message ends or whom it is for."),
  FRAME_REQUEST_LINE_TOO_LONG(
      Stage.FRAME,
      "frame.request_line_too_long",
      414,
      "The request line is longer than limits.request_line_bytes."),
  FRAME_HEADER_TOO_LARGE(
      Stage.FRAME,
      "frame.header_too_large",
      431,
      "The head is larger than limits.header_bytes or has more fields than limits.headers."),
  FRAME_VERSION_UNSUPPORTED(
      Stage.FRAME, "frame.version_unsupported", 505, "The HTTP version is neither 1.0, 1.1 nor 2."),
  FRAME_METHOD_UNSUPPORTED(
      Stage.FRAME, "frame.method_unsupported", 501, "CONNECT and TRACE are not served."),
  FRAME_CODING_UNSUPPORTED(
      Stage.FRAME,
      "frame.coding_unsupported",
      501,
      "A Transfer-Encoding other than exactly chunked."),
  FRAME_EXPECTATION_UNSUPPORTED(
      Stage.FRAME,
      "frame.expectation_unsupported",
      417,
      "An Expect field other than 100-continue."),
  FRAME_PATH_UNSAFE(
      Stage.FRAME, "frame.path_unsafe", 400, "The path cannot be normalised to one meaning."),
  FRAME_BODY_TOO_LARGE(
      Stage.FRAME,
      "frame.body_too_large",
      413,
      "The content is larger than the route's limits.body."),
  FRAME_BODY_MALFORMED(
      Stage.FRAME,
      "frame.body_malformed",
      400,
      "The chunked framing or the DATA frames contradict the head."),
  FRAME_TOO_SLOW(
      Stage.FRAME,
      "frame.too_slow",
      408,
      "The head or content did not arrive at the minimum rate."),
  FRAME_FLOOD(
      Stage.FRAME, "frame.flood", 0, "The connection spent its budget of frames that do no work."),
  FRAME_CLIENT_GONE(
      Stage.FRAME,
      "frame.client_gone",
      0,
      "The client closed or reset before its request was whole."),

  IDENTIFY_UNTRUSTED_PROXY_HEADER(
      Stage.IDENTIFY,
      "identify.untrusted_proxy_header",
      0,
      "A PROXY header came from a network that may not send one."),
  IDENTIFY_PROXY_HEADER_MISSING(
      Stage.IDENTIFY,
      "identify.proxy_header_missing",
      0,
      "A connection from a network that has to begin with a PROXY header began without one."),
  IDENTIFY_PROXY_HEADER_MALFORMED(
      Stage.IDENTIFY,
      "identify.proxy_header_malformed",
      0,
      "A PROXY header whose form, lengths or checksum are wrong, or that is too long."),
  IDENTIFY_PROXY_HEADER_TOO_SLOW(
      Stage.IDENTIFY,
      "identify.proxy_header_too_slow",
      0,
      "The PROXY header was not whole after slowloris_protection.header_timeout."),

  ADMIT_TOO_MANY_CONNECTIONS(
      Stage.ADMIT,
      "admit.too_many_connections",
      0,
      "The client has more connections than it may, or opens them too fast."),
  ADMIT_SLOW_CLIENT(
      Stage.ADMIT,
      "admit.slow_client",
      0,
      "The client's connections showed too many signs of slowness; it is blocked for a short while."),

  ROUTE_NONE(Stage.ROUTE, "route.none", 404, "No route matches."),
  ROUTE_SNI_MISMATCH(
      Stage.ROUTE,
      "route.sni_mismatch",
      421,
      "The Host is not one that this TLS connection may ask for."),
  ROUTE_REDIRECT(Stage.ROUTE, "route.redirect", 0, "The route answers with a redirect."),
  ROUTE_RESPOND(Stage.ROUTE, "route.respond", 0, "The route answers with a fixed response."),
  ROUTE_UPGRADE_REFUSED(
      Stage.ROUTE,
      "route.upgrade_refused",
      400,
      "The route or protocol does not allow this upgrade."),

  LIMIT_ADDRESS(
      Stage.LIMIT, "limit.address", 429, "The client's address is over its request budget."),

  INSPECT_BLOCKED(
      Stage.INSPECT,
      "inspect.blocked",
      403,
      "The web application firewall's rules refuse the request; a rule may name another status."),
  INSPECT_BODY_TOO_LARGE(
      Stage.INSPECT,
      "inspect.body_too_large",
      413,
      "The content is larger than waf.body_size_limit, so it cannot be inspected as a whole."),
  INSPECT_UNDECODABLE(
      Stage.INSPECT,
      "inspect.undecodable",
      415,
      "The content's coding cannot be undone, so nobody can say what is in it."),
  INSPECT_BUDGET(
      Stage.INSPECT,
      "inspect.budget",
      403,
      "The rules could not be finished within the work that a request of this size allows."),
  INSPECT_OVERLOADED(
      Stage.INSPECT,
      "inspect.overloaded",
      503,
      "Content that is held back for inspection takes all the memory that it may."),

  SELECT_NO_HEALTHY_BACKEND(
      Stage.SELECT,
      "select.no_healthy_backend",
      503,
      "The pool has no backend that may take the request."),
  SELECT_CIRCUIT_OPEN(
      Stage.SELECT,
      "select.circuit_open",
      503,
      "The pool's connection, pending or request limit is reached."),

  UPSTREAM_CONNECT_FAILED(
      Stage.FORWARD,
      "upstream.connect_failed",
      502,
      "The backend refused the connection or could not be reached."),
  UPSTREAM_CONNECT_TIMEOUT(
      Stage.FORWARD,
      "upstream.connect_timeout",
      504,
      "The backend did not accept the connection in time."),
  UPSTREAM_FAMILY_MISMATCH(
      Stage.FORWARD,
      "upstream.family_mismatch",
      502,
      "The pool is transparent, and its backend is IPv4 and the client IPv6, or the reverse."),
  UPSTREAM_TLS_FAILED(
      Stage.FORWARD,
      "upstream.tls_failed",
      502,
      "The TLS handshake with the backend failed or its certificate was not accepted."),
  UPSTREAM_TIMEOUT(Stage.FORWARD, "upstream.timeout", 504, "The backend did not answer in time."),
  UPSTREAM_RESET(
      Stage.FORWARD,
      "upstream.reset",
      502,
      "The backend closed or reset before its answer was whole."),
  UPSTREAM_MALFORMED(
      Stage.FORWARD, "upstream.malformed", 502, "The backend's answer is not valid HTTP."),
  UPSTREAM_HEADER_TOO_LARGE(
      Stage.FORWARD,
      "upstream.header_too_large",
      502,
      "The head of the backend's answer is too large."),

  REVIEW_BLOCKED(
      Stage.REVIEW,
      "review.blocked",
      502,
      "The web application firewall's rules keep the backend's response back."),
  REVIEW_BUDGET(
      Stage.REVIEW,
      "review.budget",
      502,
      "The rules could not be finished within the work that a response of this size allows."),

  CLIENT_GONE(
      Stage.FORWARD, "client.gone", 0, "The client closed or reset before the answer was whole."),
  CLIENT_TOO_SLOW(
      Stage.FORWARD, "client.too_slow", 0, "The client read the answer below the minimum rate."),
  SHUTDOWN(Stage.FORWARD, "shutdown", 503, "The drain timeout ended before the request did."),
  INTERNAL(
      Stage.FORWARD,
      "internal",
      500,
      "Weir itself failed; the operational log has the request id.");

  private final Stage stage;
  private final String text;
  private final byte[] bytes;
  private final int status;
  private final String meaning;

  Reason(Stage stage, String text, int status, String meaning) {
    this.stage = stage;
    this.text = text;
    this.bytes = text.getBytes(StandardCharsets.US_ASCII);
    this.status = status;
    this.meaning = meaning;
  }

  /** The stage that gives this reason. */
  public Stage stage() {
    return stage;
  }

  /** The stable dotted name. */
  public String text() {
    return text;
  }

  /** The dotted name as octets; not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  /** Status of the answer that Weir gives, or 0 where the answer is not Weir's or there is none. */
  public int status() {
    return status;
  }

  /** One sentence for the reference. */
  public String meaning() {
    return meaning;
  }

  /** The reason of a dotted name, or null. */
  public static @Nullable Reason named(String text) {
    for (Reason reason : values()) {
      if (reason.text.equals(text)) {
        return reason;
      }
    }
    return null;
  }
}
