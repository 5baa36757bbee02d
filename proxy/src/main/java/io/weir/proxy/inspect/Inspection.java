package io.weir.proxy.inspect;

import io.weir.net.ClientIdentity;
import io.weir.proxy.ClientConnection;
import io.weir.proxy.Exchange;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import io.weir.proxy.log.WafAction;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.stage.Verdict;
import io.weir.waf.Intervention;
import io.weir.waf.Match;
import io.weir.waf.Transaction;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One exchange under the eyes of the rules: gives a {@link Transaction} what the exchange consists
 * of, and turns what it says into a {@link Verdict}.
 *
 * <p>Reused by its {@link Rules}. Confined to the exchange's event loop, but for the judging of
 * long content, during which it is a worker's alone.
 */
public final class Inspection {
  private static final byte[] HTTP_1_0 = Ascii.bytes("HTTP/1.0");
  private static final byte[] HTTP_1_1 = Ascii.bytes("HTTP/1.1");
  private static final byte[] HTTP_2 = Ascii.bytes("HTTP/2.0");
  private static final byte[] GRPC = Ascii.bytes("application/grpc");
  private static final byte[] HOST = Ascii.bytes("Host");

  /** More than this makes the memory of a transaction too large to keep it. */
  private static final long MOST_KEPT = 64 << 10;

  /**
   * Work that an event loop does itself at most, or what any message is allowed where that is more:
   * others may wait for a millisecond, and what is dearest takes 1.5 ns a unit.
   */
  private static final long MOST_WORK = 600_000;

  private final Rules rules;
  private final int loop;
  private final Transaction transaction;
  private @Nullable Protection protection;
  private boolean anyBodySize;
  private boolean headOnly;
  private boolean response;
  private long octets;
  private @Nullable Reason wouldRefuse;
  private @Nullable Intervention tooLong;
  private boolean headJudged;
  private boolean blocked;
  private String id = "";

  Inspection(Rules rules, int loop) {
    this.rules = rules;
    this.loop = loop;
    this.transaction = rules.set().newTransaction();
  }

  /** Begins with the head of a request whose route is known; runs phase 1. */
  public static Inspection begin(Protection protection, Exchange x) {
    Inspection inspection = protection.rules().take(x.loop.index);
    inspection.protection = protection;
    inspection.head(x);
    return inspection;
  }

  /** The exchange is over: what is known of it is forgotten. To be called on its loop. */
  public void end() {
    protection = null;
    wouldRefuse = null;
    tooLong = null;
    anyBodySize = headOnly = response = headJudged = blocked = false;
    boolean keep = octets <= MOST_KEPT;
    octets = 0;
    if (keep) {
      transaction.reset();
      rules.giveBack(this, loop);
    }
  }

  private Protection protection() {
    return Objects.requireNonNull(protection);
  }

  // ------------------------------------------------------------------ the request

  private void head(Exchange x) {
    Head head = x.request;
    ClientConnection connection = x.connection();
    ClientIdentity client = x.identity();
    if (!protection().blocks()) {
      transaction.detectOnly();
    }
    for (Protection.Exclusion exclusion : protection().exclusions()) {
      if (exclusion.covers(head.bytes, x.pathStart, x.pathEnd)) {
        anyBodySize |= exclusion.anyBodySize();
        headOnly |= exclusion.grpcContent() && connection.http2 && isGrpc(head);
        if (exclusion.rules() != null) {
          transaction.exclude(exclusion.rules());
        }
      }
    }
    transaction.connection(
        connection.text(client), client.port(), connection.localText(), connection.localPort);
    id = Ascii.text(x.id, 0, x.id.length);
    transaction.uniqueId(id);
    byte[] protocol = connection.http2 ? HTTP_2 : head.minorVersion == 0 ? HTTP_1_0 : HTTP_1_1;
    transaction.requestLine(
        head.bytes,
        head.methodStart,
        head.methodEnd,
        head.bytes,
        x.targetStart,
        x.targetEnd,
        protocol,
        0,
        protocol.length);
    if (head.find(FieldName.HOST, 0) < 0 && x.hostEnd > x.hostStart) {
      transaction.requestHeader(HOST, 0, HOST.length, head.bytes, x.hostStart, x.hostEnd);
    }
    for (int i = 0; i < head.count(); i++) {
      if (head.name(i) == FieldName.EXPECT) {
        // It is Weir that meets an expectation; the Core Rule Set takes any for an attack on
        // proxies.
        continue;
      }
      transaction.requestHeader(
          head.bytes,
          head.nameStart(i),
          head.nameEnd(i),
          head.bytes,
          head.valueStart(i),
          head.valueEnd(i));
    }
  }

  /** A gRPC call says so in its one Content-Type: application/grpc, application/grpc+proto … */
  private static boolean isGrpc(Head head) {
    int field = head.find(FieldName.CONTENT_TYPE, 0);
    if (field < 0 || head.find(FieldName.CONTENT_TYPE, field + 1) >= 0) {
      return false;
    }
    int start = head.valueStart(field);
    int end = start + GRPC.length;
    return end <= head.valueEnd(field)
        && Ascii.equalIgnoreCase(head.bytes, start, end, GRPC)
        && (end == head.valueEnd(field) || head.bytes[end] == '+' || head.bytes[end] == ';');
  }

  /**
   * Whether so much content, and what is known already, is judged on the event loop, or else by a
   * worker. It goes by the work that the rules are allowed, not by what they are likely to need.
   */
  public boolean isShort(long octets) {
    return transaction.workLeft(octets) <= Math.max(MOST_WORK, transaction.leastWork());
  }

  /** Runs phase 1. */
  public Verdict judgeHead() {
    headJudged = true;
    return verdict(transaction.endRequestHeaders());
  }

  /** Whether the message's content is to be held back and given to {@link #content}. */
  public boolean wantsContent() {
    return response ? transaction.wantsResponseBody() : !headOnly && transaction.wantsRequestBody();
  }

  /** Whether the request's content passes as it comes, uninspected. */
  public boolean headOnly() {
    return headOnly;
  }

  /** Whether so much content may be inspected. */
  public boolean fits(long octets) {
    return octets <= protection().bodyBytes();
  }

  /**
   * The content is longer than what may be inspected: refuses it, or, where an exclusion or the
   * mode says so, lets it pass uninspected.
   */
  public Verdict tooLong() {
    if (anyBodySize) {
      headOnly = true;
      return Verdict.PASS;
    }
    wouldRefuse = Reason.INSPECT_BODY_TOO_LARGE;
    blocked = protection().blocks();
    return blocked ? Verdict.refuse(Reason.INSPECT_BODY_TOO_LARGE) : Verdict.PASS;
  }

  /** The next piece of the content, in order. */
  public void content(byte[] bytes, int from, int to) {
    octets += to - from;
    if (response) {
      transaction.responseBody(bytes, from, to);
    } else {
      Intervention refusal = transaction.requestBody(bytes, from, to);
      tooLong = tooLong == null ? refusal : tooLong;
    }
  }

  /**
   * Runs phase 2, and phase 1 if it has not run yet, or for a response phase 4; the content, if
   * there is any, was given. What the rules' own limit cuts off is refused: nothing passes unseen.
   */
  public Verdict judgeContent() {
    Verdict head = headJudged ? Verdict.PASS : judgeHead();
    if (head != Verdict.PASS || tooLong != null) {
      return head != Verdict.PASS ? head : verdict(tooLong);
    }
    return verdict(response ? transaction.endResponseBody() : transaction.endRequestBody());
  }

  // ------------------------------------------------------------------ the response

  /** Whether responses are inspected. */
  public boolean reviews() {
    return protection().responses();
  }

  /** Goes on with the head of the response; runs phase 3. */
  public Verdict judgeResponseHead(Exchange x) {
    response = true;
    Head head = x.response;
    transaction.responseLine("HTTP/1.1", head.status);
    for (int i = 0; i < head.count(); i++) {
      transaction.responseHeader(
          head.bytes,
          head.nameStart(i),
          head.nameEnd(i),
          head.bytes,
          head.valueStart(i),
          head.valueEnd(i));
    }
    return verdict(transaction.endResponseHeaders());
  }

  // ------------------------------------------------------------------ verdicts

  private Verdict verdict(@Nullable Intervention intervention) {
    if (intervention == null) {
      return Verdict.PASS;
    }
    blocked = true;
    Reason reason = reason(intervention.cause());
    if (response || reason != Reason.INSPECT_BLOCKED) {
      return Verdict.refuse(reason);
    }
    return switch (intervention.action()) {
      case DROP -> new Verdict.Drop(reason);
      case DENY -> denied(reason, intervention.status());
      case REDIRECT -> redirected(reason, intervention.location());
    };
  }

  private static Verdict denied(Reason reason, int status) {
    return status < 400 || status > 599 || status == reason.status()
        ? Verdict.refuse(reason)
        : new Verdict.Refuse(reason, 0, status, "");
  }

  /** A location may hold what the client sent; it cannot become a field of its own. */
  private static Verdict redirected(Reason reason, String location) {
    return location.matches("[!-~]+")
        ? new Verdict.Refuse(reason, 0, 302, location)
        : Verdict.refuse(reason);
  }

  private Reason reason(Intervention.Cause cause) {
    return switch (cause) {
      case RULE -> response ? Reason.REVIEW_BLOCKED : Reason.INSPECT_BLOCKED;
      case BUDGET -> response ? Reason.REVIEW_BUDGET : Reason.INSPECT_BUDGET;
      case BODY_LIMIT -> Reason.INSPECT_BODY_TOO_LARGE;
      case UNDECODABLE -> Reason.INSPECT_UNDECODABLE;
    };
  }

  // ------------------------------------------------------------------ what was found

  /** Runs phase 5, in which rules only note; what was found in all, or null for nothing. */
  public @Nullable Findings conclude() {
    transaction.log();
    rules.concluded(id, transaction);
    return findings();
  }

  /** What became of the exchange. */
  public WafAction action() {
    if (blocked) {
      return WafAction.BLOCKED;
    }
    if (decision() != null) {
      return WafAction.DETECTED;
    }
    if (headOnly) {
      return WafAction.HEAD_ONLY;
    }
    return transaction.matches().isEmpty() ? WafAction.NONE : WafAction.NOTED;
  }

  /** Why it was refused, or in another mode would have been; null where it was not. */
  public @Nullable Reason decision() {
    Intervention decided = transaction.decision();
    return decided == null ? wouldRefuse : reason(decided.cause());
  }

  /** Rules that matched; null where none did. */
  public @Nullable Findings findings() {
    List<Match> matches = transaction.matches();
    return matches.isEmpty() ? null : new Findings(matches);
  }
}
