package io.weir.waf;

import io.weir.waf.engine.Evaluation;
import io.weir.waf.engine.Plan;
import io.weir.waf.engine.RequestValues;
import io.weir.waf.engine.Settings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response under the eyes of the rules. The order of calls is that of the
 * exchange: connection, request line and header fields, {@link #endRequestHeaders}, pieces of the
 * body, {@link #endRequestBody}, then the response in the same way, and {@link #log} at the end. A
 * phase that returns an {@link Intervention} ends the exchange; what follows need not be called,
 * except {@link #log}.
 *
 * <p>Octets that are handed over are copied. Confined to one thread at a time: a host may move it
 * to another thread between calls, for instance to judge a long body off its event loop.
 */
public final class Transaction {
  private final Evaluation evaluation;
  private final RequestValues values;
  private @Nullable Intervention own;

  Transaction(Plan plan) {
    evaluation = new Evaluation(plan);
    values = new RequestValues(evaluation, plan.settings());
  }

  /** Forgets everything, so that the object serves another exchange. */
  public void reset() {
    evaluation.reset();
    values.reset();
    own = null;
  }

  /**
   * Only notes what would be done, whatever the rules say; those behind a rule that decides run all
   * the same.
   */
  public void detectOnly() {
    evaluation.detectOnly = true;
  }

  /** Lets it cause any amount of work. */
  void unbounded() {
    evaluation.budget.reset(Long.MAX_VALUE / 2);
  }

  /** Leaves rules out, or variables out of rules, for this transaction. */
  public void exclude(RuleSet.Exclusion exclusion) {
    exclusion.exclusions.apply(evaluation);
  }

  /**
   * @param client address of the client, as text
   * @param server address on which the connection came in, as text
   */
  public void connection(String client, int clientPort, String server, int serverPort) {
    values.connection(client, clientPort, server, serverPort);
  }

  /** An identifier of the transaction, for rules that want one. */
  public void uniqueId(String id) {
    values.uniqueId(id);
  }

  /** The request line as it came, without its line end, and its parts. */
  public void requestLine(byte[] method, byte[] uri, byte[] protocol) {
    values.requestLine(method, 0, method.length, uri, 0, uri.length, protocol, 0, protocol.length);
  }

  /** The request line's parts, as slices. */
  public void requestLine(
      byte[] method,
      int methodFrom,
      int methodTo,
      byte[] uri,
      int uriFrom,
      int uriTo,
      byte[] protocol,
      int protocolFrom,
      int protocolTo) {
    values.requestLine(
        method, methodFrom, methodTo, uri, uriFrom, uriTo, protocol, protocolFrom, protocolTo);
  }

  /** A header field of the request, as text. */
  public void requestHeader(String name, String value) {
    byte[] nameOctets = name.getBytes(StandardCharsets.UTF_8);
    byte[] valueOctets = value.getBytes(StandardCharsets.UTF_8);
    requestHeader(nameOctets, 0, nameOctets.length, valueOctets, 0, valueOctets.length);
  }

  /** A header field of the request. */
  public void requestHeader(
      byte[] name, int nameFrom, int nameTo, byte[] value, int valueFrom, int valueTo) {
    values.requestHeader(name, nameFrom, nameTo, value, valueFrom, valueTo);
  }

  /** Runs phase 1. */
  public @Nullable Intervention endRequestHeaders() {
    values.endRequestHeaders();
    return run(1);
  }

  /** Whether rules want to see the body; otherwise it need not be handed over. */
  public boolean wantsRequestBody() {
    return evaluation.requestBodyAccess && evaluation.engine != Settings.Engine.OFF;
  }

  /** A piece of the body, in order. Returns an intervention when the body is too long to judge. */
  public @Nullable Intervention requestBody(byte[] octets, int from, int to) {
    if (!wantsRequestBody() || values.addRequestBody(octets, from, to)) {
      return null;
    }
    return refuse(413, Intervention.Cause.BODY_LIMIT);
  }

  /** Reads the body and runs phase 2; call it too when there was no body. */
  public @Nullable Intervention endRequestBody() {
    if (!values.endRequestBody()) {
      Intervention refusal = refuse(415, Intervention.Cause.UNDECODABLE);
      if (refusal != null) {
        return refusal;
      }
    }
    return run(2);
  }

  /** The response's status line. */
  public void responseLine(String protocol, int status) {
    values.responseLine(protocol, status);
  }

  /** A header field of the response, as text. */
  public void responseHeader(String name, String value) {
    byte[] nameOctets = name.getBytes(StandardCharsets.UTF_8);
    byte[] valueOctets = value.getBytes(StandardCharsets.UTF_8);
    responseHeader(nameOctets, 0, nameOctets.length, valueOctets, 0, valueOctets.length);
  }

  /** A header field of the response. */
  public void responseHeader(
      byte[] name, int nameFrom, int nameTo, byte[] value, int valueFrom, int valueTo) {
    values.responseHeader(name, nameFrom, nameTo, value, valueFrom, valueTo);
  }

  /** Runs phase 3. */
  public @Nullable Intervention endResponseHeaders() {
    values.endResponseHeaders();
    return run(3);
  }

  /** Whether rules want to see this response's body: by configuration and by its media type. */
  public boolean wantsResponseBody() {
    return evaluation.responseBodyAccess
        && evaluation.engine != Settings.Engine.OFF
        && values.isInspectedResponse();
  }

  /** A piece of the response's body; what is beyond the limit is not looked at. */
  public void responseBody(byte[] octets, int from, int to) {
    if (wantsResponseBody()) {
      values.addResponseBody(octets, from, to);
    }
  }

  /** Runs phase 4. */
  public @Nullable Intervention endResponseBody() {
    values.endResponseBody();
    return run(4);
  }

  /** Runs phase 5, which only notes and counts. */
  public void log() {
    evaluation.runPhase(5);
  }

  private @Nullable Intervention run(int phase) {
    evaluation.runPhase(phase);
    if (evaluation.budget.exhausted()) {
      return refuse(403, Intervention.Cause.BUDGET);
    }
    return isBlocking() ? evaluation.intervention() : null;
  }

  private @Nullable Intervention refuse(int status, Intervention.Cause cause) {
    Intervention refusal = new Intervention(Intervention.Action.DENY, status, "", 0, cause);
    if (own == null) {
      own = refusal;
    }
    return isBlocking() ? refusal : null;
  }

  private boolean isBlocking() {
    return !evaluation.detectOnly && evaluation.engine == Settings.Engine.ON;
  }

  /**
   * Work that this transaction may still cause, nanoseconds about; below zero when it was refused
   * for that. Grows with the input.
   */
  public long workLeft() {
    return evaluation.budget.left();
  }

  /**
   * Work that it may still cause when so much content more has come: what an event loop has to
   * reckon with that judges it itself. Without limit where the content is coded, since nobody knows
   * how long it will be, and until the rules are {@linkplain RuleSet#prepare prepared}.
   *
   * @param octets of content that were not handed over yet
   */
  public long workLeft(long octets) {
    return values.isCoded() || !evaluation.isSettled()
        ? Long.MAX_VALUE
        : evaluation.workLeft(octets);
  }

  /** Work that is allowed however short a message is. */
  public long leastWork() {
    return evaluation.leastWork();
  }

  /** What was or, when only detecting, would have been done; null when nothing. */
  public @Nullable Intervention decision() {
    Intervention byRule = evaluation.intervention();
    return byRule == null ? own : byRule;
  }

  /** Rules that matched and log, in the order in which they ran. */
  public List<Match> matches() {
    return List.copyOf(evaluation.matches());
  }

  /**
   * The value of a variable that rules set, as a number.
   *
   * @param name such as {@code tx.blocking_inbound_anomaly_score}
   */
  public int counter(String name) {
    return evaluation.counter(name);
  }
}
