package io.weir.proxy.stage;

import io.weir.net.ClientIdentity;
import io.weir.proxy.ClientConnection;
import io.weir.proxy.Exchange;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import io.weir.proxy.inspect.Findings;
import io.weir.proxy.inspect.Inspection;
import io.weir.proxy.log.AccessLogEntry;
import io.weir.proxy.log.AccessLogField;
import io.weir.proxy.log.AccessLogProtocol;
import io.weir.proxy.log.AccessLogRing;
import io.weir.proxy.tls.TlsSession;
import io.weir.waf.Match;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** RECORD: counts and logs. Runs once for every request, however it ended. */
public final class RecordStage {
  private RecordStage() {}

  /** Records an exchange that is over. */
  public static void record(Exchange x) {
    Inspection inspection = x.inspection;
    Findings findings = inspection == null ? null : inspection.conclude();
    if (inspection != null && findings != null) {
      x.loop.findings.count(inspection.action(), findings);
    }
    long now = x.loop.clock();
    x.loop.counters.count(x, now - x.started);
    AccessLogRing log = x.loop.log();
    if (log != null) {
      log(x, log, now, findings);
    }
  }

  private static void log(Exchange x, AccessLogRing log, long now, @Nullable Findings findings) {
    ClientConnection connection = x.connection();
    ClientIdentity client = x.identity();
    Head request = x.request;
    AccessLogEntry entry =
        x.loop
            .logEntry
            .clear()
            .start(x.startedMillis * 1000)
            .client(client)
            .server(connection.localAddress, connection.localPort)
            .protocol(connection.http2 ? AccessLogProtocol.HTTP_2 : protocol(request))
            .status(x.isResponseStarted() ? x.response.status : 0)
            .retries(x.retries())
            .sizes(x.requestOctets, x.responseOctets)
            .requestTime((now - x.started) / 1000);
    if (x.firstOctet != 0) {
      entry.upstreamTime((x.firstOctet - x.sent) / 1000);
    }
    if (x.isUpstreamReused()) {
      entry.connectionReused();
    }
    if (x.reason() == Reason.LIMIT_ADDRESS) {
      entry.rateLimited();
    }
    entry.text(AccessLogField.REQUEST_ID, x.id);
    slice(entry, AccessLogField.METHOD, request, request.methodStart, request.methodEnd);
    slice(entry, AccessLogField.HOST, request, request.authorityStart, request.authorityEnd);
    slice(entry, AccessLogField.PATH, request, request.pathStart, request.pathEnd);
    if (request.hasQuery) {
      slice(entry, AccessLogField.QUERY, request, request.queryStart, request.queryEnd);
    }
    field(entry, AccessLogField.USER_AGENT, request, FieldName.USER_AGENT);
    field(entry, AccessLogField.REFERER, request, FieldName.REFERER);
    field(entry, AccessLogField.FORWARDED_FOR, request, FieldName.X_FORWARDED_FOR);
    names(entry, x);
    if (x.inspection != null) {
      entry.waf(x.inspection.action(), findings == null ? 0 : findings.score());
    }
    if (findings != null) {
      findings(entry, x, findings);
    }
    log.publish(entry);
  }

  private static AccessLogProtocol protocol(Head request) {
    return request.minorVersion == 0 ? AccessLogProtocol.HTTP_1_0 : AccessLogProtocol.HTTP_1_1;
  }

  private static void names(AccessLogEntry entry, Exchange x) {
    entry.text(AccessLogField.REASON, x.reason().bytes());
    entry.text(AccessLogField.LISTENER, x.connection().listener.nameBytes());
    if (x.route != null) {
      entry.text(AccessLogField.ROUTE, x.route.nameBytes());
    }
    if (x.pool != null) {
      entry.text(AccessLogField.POOL, x.pool.nameBytes());
    }
    if (x.backend != null) {
      entry.text(AccessLogField.BACKEND, x.backend.nameBytes());
    }
    TlsSession tls = x.connection().tls;
    if (tls != null) {
      entry.text(AccessLogField.TLS_PROTOCOL, tls.protocol());
      entry.text(AccessLogField.TLS_CIPHER, tls.cipher());
      entry.text(AccessLogField.JA3, tls.fingerprint().ja3());
      entry.text(AccessLogField.JA4, tls.fingerprint().ja4());
    }
  }

  private static void findings(AccessLogEntry entry, Exchange x, Findings findings) {
    text(entry, AccessLogField.WAF_RULES, findings.ids());
    text(entry, AccessLogField.WAF_MESSAGE, findings.gravest().message());
    Match.Evidence evidence = findings.evidence();
    if (evidence != null) {
      text(entry, AccessLogField.WAF_VARIABLE, evidence.variable());
      text(entry, AccessLogField.WAF_VALUE, evidence.part());
      text(entry, AccessLogField.WAF_TRANSFORMATIONS, String.join(",", evidence.transformations()));
    }
    text(entry, AccessLogField.WAF_EXCLUSION, findings.exclusion(x.routedPath()));
  }

  private static void text(AccessLogEntry entry, AccessLogField field, String text) {
    entry.text(field, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void field(AccessLogEntry entry, AccessLogField field, Head head, FieldName name) {
    int i = head.find(name, 0);
    if (i >= 0) {
      slice(entry, field, head, head.valueStart(i), head.valueEnd(i));
    }
  }

  private static void slice(
      AccessLogEntry entry, AccessLogField field, Head head, int start, int end) {
    if (end > start) {
      entry.text(field, head.bytes, start, end - start);
    }
  }
}
