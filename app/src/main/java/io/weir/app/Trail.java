package io.weir.app;

import io.weir.control.Compilation;
import io.weir.control.Generation;
import io.weir.net.ClientIdentity;
import io.weir.net.ForwardedChain;
import io.weir.net.Provenance;
import io.weir.proxy.Exchange;
import io.weir.proxy.HypotheticalRequest;
import io.weir.proxy.ListenerSettings;
import io.weir.proxy.ProxySnapshot;
import io.weir.proxy.inspect.Findings;
import io.weir.proxy.inspect.Inspection;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.stage.RequestStage;
import io.weir.proxy.stage.Stage;
import io.weir.proxy.stage.Stages;
import io.weir.proxy.stage.Verdict;
import io.weir.proxy.tls.Fingerprint;
import io.weir.proxy.tls.SniRow;
import io.weir.proxy.tls.TlsServer;
import io.weir.proxy.tls.TlsSession;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.Pool;
import io.weir.waf.Match;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * Runs the stages of the request path over a hypothetical request, in their order, and says what
 * each of them found.
 */
final class Trail {
  private static final int EPHEMERAL_PORT = 50000;

  private final ProxySnapshot snapshot;
  private final Consumer<String> out;
  private boolean told;

  Trail(ProxySnapshot snapshot, Consumer<String> out) {
    this.snapshot = snapshot;
    this.out = out;
  }

  /**
   * Says what would become of each by a configuration, or what is wrong with that; an {@link
   * ExitCode}.
   *
   * @throws IllegalArgumentException if no listener is there for one of them
   */
  static int answer(Path config, List<Question> questions, CommandLine line) {
    switch (Compilation.of(config)) {
      case Compilation.Refused refused -> {
        refused.problems().forEach(line.getErr()::println);
        return ExitCode.CONFIGURATION;
      }
      case Compilation.Accepted accepted -> {
        try (Generation generation = accepted.generation()) {
          for (Question question : questions) {
            new Trail(generation.snapshot(), line.getOut()::println).answer(question);
          }
          return ExitCode.OK;
        }
      }
    }
  }

  /**
   * Says line by line what would become of it.
   *
   * @throws IllegalArgumentException if no listener is there for it
   */
  void answer(Question question) {
    ListenerSettings listener = question.listener(snapshot);
    line("request", question.method() + " " + question.target() + " for " + question.authority());
    line("", "from " + question.from() + " to listener " + listener.name());
    TlsServer server = listener.tls();
    TlsSession session = server == null ? null : handshake(server, question.host());
    if (server == null || session != null) {
      ClientIdentity peer = new ClientIdentity(question.from(), EPHEMERAL_PORT, Provenance.SOCKET);
      byte[] content = question.content();
      new HypotheticalRequest(listener.name(), peer, session, question.head(), content)
          .ask(snapshot, (x, refused) -> judge(x, refused, content));
    }
  }

  /** The handshake's outcome, or null where there is no request for Weir to see. */
  private @Nullable TlsSession handshake(TlsServer server, String host) {
    byte[] name = host.getBytes(StandardCharsets.US_ASCII);
    SniRow row = server.names().lookup(name, 0, name.length);
    if (row == null) {
      line("HANDSHAKE", "refused: no certificate for " + host + ", and no default");
      line("result", "the connection is closed");
      return null;
    }
    if (row.passesThrough()) {
      line("HANDSHAKE", host + " belongs to " + row.pattern() + ": TLS is not ended here");
      line("result", "passed through, undecrypted, to pool " + row.pool());
      return null;
    }
    line("HANDSHAKE", "certificate of " + row.pattern() + " for " + host);
    return new TlsSession(row, name, new byte[0], new byte[0], null, Fingerprint.NONE, false);
  }

  // ------------------------------------------------------------------ stages

  private boolean judge(Exchange x, @Nullable Reason refused, byte[] content) {
    if (refused != null) {
      return ended(Stage.FRAME, Verdict.refuse(refused), x);
    }
    boolean allowed = false;
    for (RequestStage stage : Stages.deciding()) {
      if (allowed && stage.stage() != Stage.SELECT) {
        continue;
      }
      if (stage.stage() == Stage.ROUTE) {
        tellRoutes(x);
      }
      Verdict verdict = stage.judge(x, System.nanoTime());
      if (verdict instanceof Verdict.Hold && x.inspection != null) {
        x.inspection.content(content, 0, content.length);
        verdict = x.inspection.judgeContent();
      }
      if (!(verdict instanceof Verdict.Pass || verdict instanceof Verdict.Allow)) {
        return ended(stage.stage(), verdict, x);
      }
      allowed |= verdict instanceof Verdict.Allow;
      line(stage.stage().name(), found(stage.stage(), x));
      tellFindings(x);
    }
    tellForward(x);
    return true;
  }

  private void tellRoutes(Exchange x) {
    x.listener()
        .routes()
        .explain(x.request, x.identity(), x.connection(), text -> line(Stage.ROUTE.name(), text));
  }

  private static String found(Stage stage, Exchange x) {
    return switch (stage) {
      case FRAME -> "the path is " + x.request.path();
      case IDENTIFY -> identified(x);
      case ROUTE -> "route " + x.route().name() + " leads to " + pool(x);
      case LIMIT ->
          x.listener().clients() == null ? "no request budget is set" : "there is budget left";
      case INSPECT -> inspected(x);
      case SELECT -> selected(x);
      default -> "pass";
    };
  }

  private static String inspected(Exchange x) {
    Inspection inspection = x.inspection;
    if (inspection == null) {
      return "the web application firewall is off for route " + x.route().name();
    }
    return switch (inspection.action()) {
      case NONE -> "no rule matches";
      case DETECTED -> "would refuse the request in mode BLOCK";
      default -> "what the rules find does not suffice to refuse the request";
    };
  }

  /** What each rule saw in what, and how to let just that pass; once. */
  private void tellFindings(Exchange x) {
    Findings findings = x.inspection == null || told ? null : x.inspection.findings();
    if (findings == null) {
      return;
    }
    told = true;
    for (Match match : findings.matches()) {
      line("", "rule " + match.ruleId() + " (+" + match.score() + "): " + match.message());
      for (Match.Evidence evidence : match.evidence()) {
        line("", "  " + evidence.variable() + ": " + evidence.part() + after(evidence));
      }
    }
    line("", "to let just this pass, in waf.exclusions: " + findings.exclusion(x.routedPath()));
  }

  private static String after(Match.Evidence evidence) {
    return evidence.transformations().isEmpty()
        ? ""
        : " (after " + String.join(", ", evidence.transformations()) + ")";
  }

  private static String identified(Exchange x) {
    return "the client is "
        + x.identity().address()
        + " ("
        + x.identity().provenance()
        + "); the peer is "
        + (x.peerTrusted
            ? "a trusted proxy" + ending(x.loop.forwarded.ending())
            : "no trusted proxy, its forwarded fields say nothing");
  }

  private static String ending(ForwardedChain.Ending ending) {
    return switch (ending) {
      case ABSENT -> " that says nothing of others";
      case PEER_UNTRUSTED, CLIENT_FOUND -> "";
      case EXHAUSTED -> ", and so is everybody it names";
      case UNREADABLE_HOP -> ", but a hop of its chain names no address";
      case CONFLICT -> ", but X-Forwarded-For and Forwarded do not agree (see trusted_field)";
      case TOO_MANY_HOPS -> ", but its chain is too long";
    };
  }

  private static String pool(Exchange x) {
    Pool pool = x.pool;
    return pool == null ? "no pool" : "pool " + pool.name();
  }

  private static String selected(Exchange x) {
    Backend chosen = x.backend;
    if (chosen == null) {
      return "no backend";
    }
    return "backend "
        + chosen.name()
        + " (candidates: "
        + chosen.pool().backends().stream().map(Backend::name).collect(Collectors.joining(", "))
        + ")";
  }

  private void tellForward(Exchange x) {
    Backend to = x.backend;
    if (to != null) {
      String query = x.request.hasQuery ? "?" + x.request.query() : "";
      line("FORWARD", "would ask for " + x.request.path() + query + " at " + to.address());
      line("result", "forwarded: route " + x.route().name() + ", " + pool(x) + ", " + to.name());
    }
  }

  // ------------------------------------------------------------------ endings

  private boolean ended(Stage stage, Verdict verdict, Exchange x) {
    switch (verdict) {
      case Verdict.Refuse refuse -> {
        line(stage.name(), "refuses: " + refuse.reason().meaning());
        tellFindings(x);
        line("result", "refused: " + refuse.reason().text() + ", status " + refuse.status());
      }
      case Verdict.Drop drop -> {
        line(stage.name(), "drops: " + drop.reason().meaning());
        line("result", "the connection is closed: " + named(drop.reason()));
      }
      case Verdict.Answer answer -> {
        line(stage.name(), "route " + answer.route().name() + " is the answer");
        line("result", "answered by Weir: " + named(answer.reason()));
      }
      case Verdict.Pass _, Verdict.Allow _, Verdict.Hold _ ->
          throw new IllegalStateException("not an ending");
    }
    return false;
  }

  private static String named(Reason reason) {
    return reason.text() + (reason.status() == 0 ? "" : ", status " + reason.status());
  }

  private void line(String name, String text) {
    out.accept(String.format("%-10s%s", name, text).stripTrailing());
  }
}
