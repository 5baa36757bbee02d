package io.weir.proxy.stage;

import io.weir.proxy.Exchange;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import io.weir.proxy.http1.StatusText;
import io.weir.proxy.route.Redirect;
import io.weir.proxy.route.Respond;
import io.weir.proxy.route.Route;
import java.nio.charset.StandardCharsets;

/**
 * Answers of Weir's own. Error pages are short and say nothing of what is behind Weir: the status,
 * its name, and the request id by which the operator finds the rest (ADM-6).
 */
public final class Answers {
  private static final byte[] HTML = Ascii.bytes("text/html; charset=utf-8");
  private static final byte[] RETRY_AFTER = Ascii.bytes("retry-after");
  private static final byte[] NO_STORE = Ascii.bytes("no-store");
  private static final byte[] CACHE_CONTROL = Ascii.bytes("cache-control");
  private static final byte[] EMPTY = new byte[0];

  private Answers() {}

  /** Answers with an error. */
  public static void error(Exchange x, Verdict.Refuse refuse) {
    Head head = begin(x, refuse.status());
    byte[] page = page(x, refuse.status());
    head.append(FieldName.CONTENT_TYPE.bytes(), HTML);
    head.append(CACHE_CONTROL, NO_STORE);
    head.append(FieldName.X_REQUEST_ID.bytes(), x.id);
    if (refuse.retryAfterSeconds() > 0) {
      head.append(RETRY_AFTER, Ascii.bytes(Integer.toString(refuse.retryAfterSeconds())));
    }
    if (!refuse.location().isEmpty()) {
      head.append(FieldName.LOCATION.bytes(), Ascii.bytes(refuse.location()));
    }
    send(x, head, page);
  }

  private static byte[] page(Exchange x, int status) {
    String title = status + " " + StatusText.of(status);
    String id = Ascii.text(x.id, 0, x.id.length);
    return ("<!doctype html>\n<html lang=\"en\"><head><title>"
            + title
            + "</title></head><body><h1>"
            + title
            + "</h1><p>Request "
            + id
            + "</p></body></html>\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Answers as the route says: a redirect or a fixed response. */
  public static void ofRoute(Exchange x, Route route) {
    switch (route.action()) {
      case Redirect redirect -> redirect(x, redirect);
      case Respond respond -> respond(x, respond);
      default -> throw new IllegalStateException(route.name());
    }
  }

  private static void redirect(Exchange x, Redirect redirect) {
    Head head = begin(x, redirect.status());
    byte[] location = new byte[redirect.maxLength(x.request)];
    int end = redirect.writeLocation(x.request, x.connection().isSecure(), location, 0);
    head.append(FieldName.LOCATION.bytes(), java.util.Arrays.copyOf(location, end));
    send(x, head, EMPTY);
  }

  private static void respond(Exchange x, Respond respond) {
    Head head = begin(x, respond.status());
    if (respond.body().length > 0) {
      head.append(FieldName.CONTENT_TYPE.bytes(), respond.contentType());
    }
    for (int i = 0; i < respond.fields().count(); i++) {
      head.append(respond.fields().name(i), respond.fields().value(i));
    }
    send(x, head, respond.body());
  }

  private static Head begin(Exchange x, int status) {
    Head head = x.response;
    head.clear();
    head.status = status;
    head.append(FieldName.DATE.bytes(), x.loop.date());
    return head;
  }

  private static void send(Exchange x, Head head, byte[] content) {
    head.contentLength = head.status == 204 || head.status == 304 ? -1 : content.length;
    x.answer(content);
  }
}
