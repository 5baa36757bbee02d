package io.weir.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.weir.net.ClientIdentity;
import io.weir.net.ForwardedChain;
import io.weir.net.IpAddress;
import io.weir.policy.CircuitBreaker;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import io.weir.proxy.http.Method;
import io.weir.proxy.inspect.Inspection;
import io.weir.proxy.route.Route;
import io.weir.proxy.stage.Answers;
import io.weir.proxy.stage.InspectStage;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.stage.RecordStage;
import io.weir.proxy.stage.SelectStage;
import io.weir.proxy.stage.Stage;
import io.weir.proxy.stage.Stages;
import io.weir.proxy.stage.Verdict;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.Outcome;
import io.weir.proxy.upstream.Pool;
import io.weir.proxy.upstream.Tried;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response: the place where the client's side and the backend's side meet, and
 * the FORWARD stage.
 *
 * <pre>
 *   ClientSide ── requestHead ──▶ stages ──▶ connection pool ── sendRequest ──▶ UpstreamSide
 *              ── requestBody ──────────────────────────────── sendBody ─────▶
 *              ◀─ sendResponse ── review ◀──────────────────── responseHead ──
 *              ◀─ sendBody ─────────────────────────────────── responseBody ──
 * </pre>
 *
 * <p>Nothing is gathered here but the content that arrived before there was a connection, and the
 * client is not read further while there is some; and the content that is held back until it was
 * judged. After that each side is read only as long as the other keeps up. However it ends, it ends
 * once, in {@link #finish}: with one {@link Reason}, recorded.
 *
 * <p>Exchanges are reused. Confined to one event loop.
 */
public final class Exchange implements TimerWheel.Owner, Judgement.Waiting {
  private static final int MAX_INTERIM = 16;
  private static final long NEVER = Long.MAX_VALUE;

  public final Loop loop;
  public final Head request = new Head();
  public final Head response = new Head();

  /** Backends that this request was already sent to. */
  public final Tried tried = new Tried();

  /**
   * The web application firewall's part in this exchange, from INSPECT on; null where it has none.
   */
  public @Nullable Inspection inspection;

  /** Request id: {@value Loop#ID_LENGTH} hexadecimal digits. */
  public final byte[] id = new byte[Loop.ID_LENGTH];

  private final TimerWheel.Timer timer = new TimerWheel.Timer(this);

  /** The request's content that has not gone to a backend, or may have to go again. */
  private HeldContent content;

  /** The end of a request that came before there was a connection to the backend. */
  private @Nullable Head trailers;

  private @Nullable Judgement judgement;
  private @Nullable Review review;

  // What the stages find out. Null until the stage in question ran.
  private @Nullable ClientSide client;
  private @Nullable ClientConnection connection;
  private @Nullable ListenerSettings listener;
  private @Nullable ProxySnapshot snapshot;
  private @Nullable ClientIdentity identity;
  public @Nullable Route route;
  public @Nullable Pool pool;
  public @Nullable Backend backend;

  /**
   * Host and port as the client named them, in {@code request.bytes}; a rewrite does not change
   * these.
   */
  public int hostStart;

  public int hostEnd;

  /** The request's target as it came, in {@code request.bytes}: before any change. */
  public int targetStart;

  public int targetEnd;

  /** The path that decided about the route: normalised, but not rewritten. */
  public int pathStart;

  public int pathEnd;

  /** Octets of the request's head as it came. */
  public int headOctets;

  /** Whether the peer is a trusted proxy. */
  public boolean peerTrusted;

  /** The hops that the trusted proxies told, believed, from the left; for appending to them. */
  private final List<IpAddress> believed = new ArrayList<>();

  private @Nullable UpstreamSide upstream;
  private @Nullable ConnectionAttempt connecting;
  private @Nullable Mirror mirror;

  private boolean requestEnded;
  private boolean requestSent;
  private boolean bodyForwarded;
  private boolean holding;
  private boolean judged;
  private boolean responseStarted;
  private boolean responseEnded;
  private boolean tunnel;
  private boolean upstreamReused;
  private boolean finished = true;
  private boolean inTry;
  private boolean isCopy;
  private boolean admitted;
  private int interim;
  private int attempts;

  // Figures for the record; octets and System.nanoTime values.
  public long started;
  public long startedMillis;
  public long sent;
  public long firstOctet;
  public long requestOctets;
  public long responseOctets;
  private Reason reason = Reason.OK;

  Exchange(Loop loop) {
    this.loop = loop;
    this.content = new HeldContent(loop);
  }

  /** Begins with the first octet of a request. */
  void begin(ClientSide side, ClientConnection from, long now) {
    finished = false;
    client = side;
    connection = from;
    snapshot = loop.proxy.snapshot();
    listener = from.listener.settings(snapshot);
    started = now;
    startedMillis = System.currentTimeMillis();
    loop.nextRequestId(id);
    from.requests++;
  }

  // ------------------------------------------------------------------ what the client's side tells

  /**
   * The request's head is whole.
   *
   * @param end whether no content follows
   */
  public void requestHead(boolean end) {
    headRead(end);
    long now = loop.clock();
    act(Stages.judge(this, now), now);
  }

  /** Notes what the client said before stages change it. */
  void headRead(boolean end) {
    requestEnded = end;
    headOctets = request.length;
    requestOctets += headOctets;
    hostStart = request.authorityStart;
    hostEnd = request.authorityEnd;
    targetStart = request.targetStart;
    targetEnd = request.targetEnd;
  }

  private void act(Verdict verdict, long now) {
    switch (verdict) {
      case Verdict.Pass _, Verdict.Allow _ -> forward(now);
      case Verdict.Hold _ -> hold();
      case Verdict.Answer answer -> answer(answer);
      case Verdict.Refuse refuse -> refuse(refuse);
      case Verdict.Drop drop -> drop(drop.reason());
    }
  }

  /** The next piece of the request's content; takes over the buffer. */
  public void requestBody(ByteBuf data, boolean end) {
    requestOctets += data.readableBytes();
    requestEnded |= end;
    if (finished || responseEnded) {
      data.release();
      return;
    }
    if (isOverBodyLimit()) {
      data.release();
      fail(Reason.FRAME_BODY_TOO_LARGE);
      return;
    }
    if (holding && judgement == null) {
      hold(data, end);
      return;
    }
    if (mirror != null) {
      mirror.requestBody(data, end);
    }
    UpstreamSide to = upstream;
    if (to == null) {
      content.add(data, end);
      side().readBody(false);
      return;
    }
    bodyForwarded |= data.isReadable();
    requestSent |= end;
    to.sendBody(data, end);
    if (!end && !to.isWritable()) {
      side().readBody(false);
    }
  }

  /**
   * The request ends with trailers, which go to a backend that speaks HTTP/2 and nowhere else;
   * those of an inspected request go nowhere, since no rule looks at them.
   */
  public void requestTrailers(Head fields) {
    if (finished || responseEnded || inspection != null) {
      requestBody(Unpooled.EMPTY_BUFFER, true);
      return;
    }
    requestEnded = true;
    if (mirror != null) {
      mirror.requestBody(Unpooled.EMPTY_BUFFER, true);
    }
    UpstreamSide to = upstream;
    if (to == null) {
      trailers = new Head();
      trailers.copyOf(fields);
    } else {
      requestSent = true;
      to.sendTrailers(fields);
    }
  }

  /** Lets what was given to the backend leave; the client's side calls it once per read. */
  public void flushUpstream() {
    if (upstream != null) {
      upstream.flush();
    }
  }

  /** The client closed or reset. */
  public void clientGone() {
    if (!finished) {
      reason = requestEnded || responseStarted ? Reason.CLIENT_GONE : Reason.FRAME_CLIENT_GONE;
      if (tunnel) {
        reason = Reason.OK;
      }
      finish();
    }
  }

  /** The client was too slow; there is no use in an answer. */
  public void clientTooSlow() {
    reason = Reason.CLIENT_TOO_SLOW;
    if (!finished) {
      side().abort();
      finish();
    }
  }

  /** The client keeps up again. */
  public void clientWritable() {
    if (upstream != null && !responseEnded) {
      upstream.readBody(true);
    }
  }

  // ------------------------------------------------------------------ INSPECT

  /**
   * Content is gathered until it is whole and judged; the backend sees nothing before. Where there
   * is none to be judged, it is the head that is too long to be judged on the loop; what comes
   * meanwhile waits as it does for a connection.
   */
  private void hold() {
    holding = true;
    if (requestEnded || InspectStage.isWithoutContent(this)) {
      judgement = Judgement.begin(loop, inspection(), new HeldContent(loop), this);
    } else if (request.expectContinue) {
      request.expectContinue = false;
      response.status = 100;
      side().sendInterim();
      side().flush();
      response.clear();
    }
  }

  private void hold(ByteBuf data, boolean end) {
    if (!inspection().fits(content.octets() + data.readableBytes())) {
      content.add(data, end);
      release(InspectStage.withoutContent(inspection()));
    } else if (!content.gather(data, end, connection().channel.alloc())) {
      fail(Reason.INSPECT_OVERLOADED);
    } else if (end && inspection().isShort(content.octets())) {
      judged(Judgement.now(loop, inspection(), content));
    } else if (end) {
      judgement = Judgement.begin(loop, inspection(), content, this);
    }
  }

  /** The content was judged. */
  @Override
  public void judged(Verdict verdict) {
    judgement = null;
    judged = !InspectStage.isWithoutContent(this);
    release(verdict);
    flushUpstream();
  }

  private void release(Verdict verdict) {
    holding = false;
    long now = loop.clock();
    act(verdict == Verdict.PASS ? Stages.judge(this, now, Stage.SELECT) : verdict, now);
  }

  // ------------------------------------------------------------------ FORWARD

  private void forward(long now) {
    attempts++;
    if (attempts == 1 && !isCopy) {
      Objects.requireNonNull(pool).retryBudget(loop.index).onRequest(now);
      mirror = Mirror.of(this);
      mirrorHeld();
    }
    Backend chosen = Objects.requireNonNull(backend);
    tried.add(chosen);
    chosen.began(loop.index);
    inTry = true;
    sent = now;
    long perTry = route().timeouts().perTry();
    armTimer(perTry == 0 ? NEVER : now + perTry);
    loop.connections(chosen).acquire(this);
  }

  private void mirrorHeld() {
    Mirror to = mirror;
    if (to != null) {
      content.copy((data, last) -> {
        to.requestBody(data, last);
        data.release();
      });
    }
  }

  /** A connection is being made; it can be given up. */
  public void connecting(@Nullable ConnectionAttempt attempt) {
    connecting = attempt;
  }

  /** There is a connection to the backend. */
  public void connected(UpstreamSide to) {
    if (connecting != null) {
      connecting = null;
      sent = loop.clock();
    }
    upstream = to;
    upstreamReused = to.isReused();
    boolean whole = requestEnded && !content.ended && trailers == null;
    requestSent = whole;
    to.sendRequest(this, whole);
    sendHeld(to);
    if (!finished) {
      to.flush();
      if (to.isWritable()) {
        side().readBody(true);
      }
    }
  }

  /** What arrived before the connection did; what was judged as a whole is kept for a retry. */
  private void sendHeld(UpstreamSide to) {
    Head last = trailers;
    if (content.isEmpty() && !content.ended && last == null) {
      return;
    }
    requestSent = content.ended || last != null;
    bodyForwarded |= !content.isEmpty();
    if (judged) {
      content.copy(to::sendBody);
    } else {
      content.drain(to::sendBody);
    }
    if (last != null) {
      to.sendTrailers(last);
    }
  }

  /** The attempt failed before there was a connection: nothing was sent, so another try is safe. */
  public void connectFailed(Reason why) {
    connecting = null;
    tryEnded(Outcome.CONNECT_FAILED);
    retryOrFail(route().retries().onConnectFailure(), why, true);
  }

  /** The backend keeps up again. */
  public void upstreamWritable() {
    // A tunnel's octets come after the end of the request that opened it.
    if ((tunnel || !requestEnded) && !finished) {
      side().readBody(true);
    }
  }

  /**
   * The connection failed.
   *
   * @param unprocessed whether the backend certainly did not act on the request
   */
  public void upstreamFailed(Reason why, boolean unprocessed) {
    if (finished) {
      return;
    }
    upstream = null;
    tryEnded(why == Reason.UPSTREAM_TIMEOUT ? Outcome.TIMEOUT : Outcome.RESET);
    if (responseStarted) {
      reason = tunnel ? Reason.OK : why;
      side().abort();
      finish();
    } else {
      retryOrFail(route().retries().onReset(), why, unprocessed);
    }
  }

  /** {@code response} holds an interim head other than 101. */
  public void interimResponse() {
    if (++interim > MAX_INTERIM) {
      breakUpstream(Reason.UPSTREAM_MALFORMED);
    } else {
      side().sendInterim();
      side().flush();
    }
  }

  /**
   * {@code response} holds the final head.
   *
   * @param end whether no content follows
   */
  public void responseHead(boolean end) {
    firstOctet = loop.clock();
    if (route().retries().onStatus(response.status) && mayRetry(false) && retryInstead()) {
      return;
    }
    content.clear();
    responseOctets += response.length;
    Objects.requireNonNull(backend).answered(loop.index, firstOctet - sent, firstOctet);
    armTimer(NEVER);
    tunnel = response.status == 101 || request.extendedConnect && response.status / 100 == 2;
    if (inspection == null || tunnel || !inspection.reviews()) {
      startResponse(end);
    } else {
      review(inspection, end);
    }
  }

  private void startResponse(boolean end) {
    responseStarted = true;
    side().sendResponse(end);
    if (end) {
      responseComplete();
    }
  }

  /** The next piece of the response's content; takes over the buffer. */
  public void responseBody(ByteBuf data, boolean end) {
    if (finished) {
      data.release();
      return;
    }
    responseOctets += data.readableBytes();
    if (review != null) {
      if (end) {
        upstreamComplete();
      }
      review.body(data, end);
      return;
    }
    side().sendBody(data, end);
    if (end) {
      responseComplete();
    } else if (upstream != null && !side().isWritable()) {
      upstream.readBody(false);
    }
  }

  /** The response ends with trailers. */
  public void responseTrailers(Head trailers) {
    if (review != null) {
      upstreamComplete();
      review.trailers(trailers);
    } else if (!finished) {
      side().sendTrailers(trailers);
      responseComplete();
    }
  }

  private void review(Inspection by, boolean end) {
    Verdict verdict = by.judgeResponseHead(this);
    if (verdict == Verdict.PASS && !end && by.wantsContent()) {
      review = new Review(this, by);
    } else {
      reviewed(verdict == Verdict.PASS ? by.judgeContent() : verdict, end);
    }
  }

  /**
   * The response was judged.
   *
   * @param end whether it has no content
   */
  void reviewed(Verdict verdict, boolean end) {
    Review held = review;
    if (verdict != Verdict.PASS) {
      cancelUpstream();
      act(verdict, loop.clock());
      return;
    }
    review = null;
    startResponse(end);
    if (held != null && held.release(side())) {
      finish();
    } else if (upstream != null) {
      upstream.readBody(side().isWritable());
    }
    flushClient();
  }

  /** Lets what was given to the client leave; the backend's side calls it once per read. */
  public void flushClient() {
    if (client != null) {
      client.flush();
    }
  }

  /** Gives the answer up for another try, if there is a backend for one. */
  private boolean retryInstead() {
    Backend before = Objects.requireNonNull(backend);
    long now = loop.clock();
    if (!selectAnother(now)) {
      backend = before;
      return false;
    }
    Backend next = backend;
    backend = before;
    // The connection is not read to the answer's end, so it is not used again.
    cancelUpstream();
    tryEnded(Outcome.ofStatus(response.status));
    response.clear();
    backend = next;
    forward(now);
    return true;
  }

  private void responseComplete() {
    upstreamComplete();
    finish();
  }

  /** The backend has said all it has to say. */
  private void upstreamComplete() {
    responseEnded = true;
    if (!requestSent) {
      // An early answer: the backend may still wait for the rest, so the connection is not used
      // again.
      cancelUpstream();
    }
    tryEnded(Outcome.ofStatus(response.status));
    upstream = null;
  }

  @Override
  public void expired(TimerWheel.Timer of, long now) {
    if (finished) {
      return;
    }
    if (responseStarted) {
      reason = Reason.UPSTREAM_TIMEOUT;
      side().abort();
      finish();
      return;
    }
    boolean pending = connecting != null;
    cancelUpstream();
    tryEnded(pending ? Outcome.CONNECT_FAILED : Outcome.TIMEOUT);
    retryOrFail(
        pending ? route().retries().onConnectFailure() : route().retries().onTimeout(),
        pending ? Reason.UPSTREAM_CONNECT_TIMEOUT : Reason.UPSTREAM_TIMEOUT,
        pending);
  }

  private void retryOrFail(boolean wanted, Reason why, boolean unprocessed) {
    long now = loop.clock();
    if (wanted && mayRetry(unprocessed) && selectAnother(now)) {
      response.clear();
      forward(now);
    } else {
      fail(why);
    }
  }

  /** Whether another try could do no harm and there is something left to try with. */
  private boolean mayRetry(boolean unprocessed) {
    return (unprocessed || request.method.isIdempotent())
        && !responseStarted
        && review == null
        && (!bodyForwarded || judged)
        && attempts <= route().retries().attempts()
        && loop.recently() - totalDeadline() < 0;
  }

  private boolean selectAnother(long now) {
    return Objects.requireNonNull(pool).retryBudget(loop.index).tryRetry(now)
        && SelectStage.select(this, now) instanceof Verdict.Pass;
  }

  /** When the whole exchange has to be over. */
  private long totalDeadline() {
    long total = route().timeouts().request();
    return total == 0 ? NEVER : started + total;
  }

  private void armTimer(long deadline) {
    long earliest = Math.min(deadline, totalDeadline());
    if (earliest == NEVER) {
      timer.disarm();
    } else {
      loop.timers.arm(timer, earliest);
    }
  }

  private void breakUpstream(Reason why) {
    cancelUpstream();
    upstreamFailed(why, false);
  }

  private void cancelUpstream() {
    UpstreamSide to = upstream;
    upstream = null;
    if (to != null) {
      to.cancel();
    }
    ConnectionAttempt attempt = connecting;
    connecting = null;
    if (attempt != null) {
      attempt.giveUp();
    }
  }

  /** The backend's books are closed once per try. */
  private void tryEnded(Outcome outcome) {
    Backend by = backend;
    if (by != null && inTry) {
      by.ended(loop.index, outcome, loop.recently());
      inTry = false;
    }
  }

  // ------------------------------------------------------------------ Weir's own answers

  private void answer(Verdict.Answer answer) {
    reason = answer.reason();
    Answers.ofRoute(this, answer.route());
  }

  private void refuse(Verdict.Refuse refuse) {
    reason = refuse.reason();
    Answers.error(this, refuse);
  }

  private void drop(Reason why) {
    reason = why;
    side().abort();
    finish();
  }

  /** Ends with an error: an answer where none has begun, else the connection or stream breaks. */
  public void fail(Reason why) {
    if (finished) {
      return;
    }
    cancelUpstream();
    tryEnded(Outcome.ABANDONED);
    reason = why;
    if (responseStarted || why.status() == 0) {
      side().abort();
      finish();
    } else {
      Answers.error(this, Verdict.refuse(why));
    }
  }

  /** Sends {@code response}, filled in by {@link Answers}, and ends. */
  public void answer(byte[] content) {
    responseStarted = true;
    timer.disarm();
    responseOctets = content.length;
    boolean empty = content.length == 0 || request.method == Method.HEAD;
    side().sendResponse(empty);
    if (!empty) {
      side().sendBody(Unpooled.wrappedBuffer(content), true);
    }
    responseEnded = true;
    finish();
  }

  private boolean isOverBodyLimit() {
    Route of = route;
    long most = of == null || tunnel ? 0 : of.limits().bodyBytes();
    return most > 0 && requestOctets - headOctets > most;
  }

  // ------------------------------------------------------------------ the end

  /** RECORD and reuse; every exchange comes through here exactly once. */
  private void finish() {
    if (finished) {
      return;
    }
    finished = true;
    timer.disarm();
    cancelUpstream();
    tryEnded(Outcome.ABANDONED);
    if (admitted) {
      Objects.requireNonNull(pool).release(CircuitBreaker.Resource.REQUEST);
    }
    if (mirror != null) {
      mirror.originalEnded(requestEnded);
    }
    if (judgement != null) {
      // It goes on alone, with what it judges.
      if (judgement.leave() == content) {
        content = new HeldContent(loop);
      }
      judgement = null;
      inspection = null;
    }
    if (review != null) {
      inspection = review.leave() ? null : inspection;
      review = null;
    }
    try {
      RecordStage.record(this);
    } finally {
      ClientSide side = side();
      side.flush();
      recycle();
      side.finished();
      loop.spare(this);
    }
  }

  private void recycle() {
    content.clear();
    if (inspection != null) {
      inspection.end();
      inspection = null;
    }
    tried.clear();
    believed.clear();
    request.clear();
    response.clear();
    client = null;
    connection = null;
    listener = null;
    snapshot = null;
    identity = null;
    route = null;
    pool = null;
    backend = null;
    mirror = null;
    trailers = null;
    peerTrusted = false;
    requestEnded = requestSent = bodyForwarded = holding = judged = false;
    responseStarted = responseEnded = tunnel = upstreamReused = false;
    isCopy = admitted = false;
    interim = attempts = 0;
    sent = firstOctet = requestOctets = responseOctets = 0;
    reason = Reason.OK;
  }

  /** The request turned out to be something else before its head was whole; there is no record. */
  public void abandon() {
    finished = true;
    recycle();
    loop.spare(this);
  }

  // ------------------------------------------------------------------ what is known

  private ClientSide side() {
    return Objects.requireNonNull(client);
  }

  /** The connection that the request came by. */
  public ClientConnection connection() {
    return Objects.requireNonNull(connection);
  }

  /** The listener's settings that this request keeps to its end. */
  public ListenerSettings listener() {
    return Objects.requireNonNull(listener);
  }

  /** The generation that this request keeps to its end. */
  public ProxySnapshot snapshot() {
    return Objects.requireNonNull(snapshot);
  }

  /** The client: the peer until IDENTIFY has found out more. */
  public ClientIdentity identity() {
    return identity == null ? connection().peer : identity;
  }

  /** IDENTIFY knows better. */
  public void setIdentity(ClientIdentity proven) {
    identity = proven;
  }

  /** The route that ROUTE found; not before. */
  public Route route() {
    return Objects.requireNonNull(route);
  }

  /** Why the exchange ended, or is about to. */
  public Reason reason() {
    return reason;
  }

  /** Tries after the first. */
  public int retries() {
    return Math.max(0, attempts - 1);
  }

  /** Whether the last try used a connection that had served others. */
  public boolean isUpstreamReused() {
    return upstreamReused;
  }

  /** The path that decided about the route, as text. */
  public String routedPath() {
    return Ascii.text(request.bytes, pathStart, pathEnd);
  }

  /** Whether all of the request is here. */
  public boolean isRequestEnded() {
    return requestEnded;
  }

  private Inspection inspection() {
    return Objects.requireNonNull(inspection);
  }

  /** Whether a response head went to the client. */
  public boolean isResponseStarted() {
    return responseStarted;
  }

  /** Keeps what {@link ForwardedChain} found, for the fields of the request to the backend. */
  public void keepBelieved(ForwardedChain chain) {
    // The chain was read from the right.
    for (int i = chain.believedHops() - 1; i >= 0; i--) {
      believed.add(chain.believedHop(i));
    }
  }

  /** Proven hops before the peer. */
  List<IpAddress> believed() {
    return believed;
  }

  /** The Set-Cookie value that pins the client to its backend, or null where none is due. */
  byte @Nullable [] stickyCookie() {
    Backend by = backend;
    return by == null ? null : by.pool().stickyCookie(request, by, connection().isSecure());
  }

  /** Becomes a copy of a request that goes to a backend of another pool. */
  void copyOf(Exchange original, Backend to) {
    request.copyOf(original.request);
    hostStart = original.hostStart;
    hostEnd = original.hostEnd;
    request.expectContinue = false;
    requestEnded = original.requestEnded && !original.content.ended;
    identity = original.identity;
    peerTrusted = original.peerTrusted;
    believed.addAll(original.believed);
    route = original.route;
    pool = to.pool();
    backend = to;
    isCopy = true;
    forward(loop.clock());
  }

  /** Whether there is a connection to a backend. */
  boolean isForwarding() {
    return upstream != null;
  }

  /**
   * Counts this request among those its pool has in progress; false where that would be too many.
   */
  public boolean admit() {
    admitted = admitted || Objects.requireNonNull(pool).tryTake(CircuitBreaker.Resource.REQUEST);
    return admitted;
  }
}
