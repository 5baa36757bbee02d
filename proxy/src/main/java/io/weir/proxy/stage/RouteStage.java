package io.weir.proxy.stage;

import io.weir.proxy.Exchange;
import io.weir.proxy.http.Head;
import io.weir.proxy.route.Redirect;
import io.weir.proxy.route.Rewrite;
import io.weir.proxy.route.Route;
import io.weir.proxy.route.RouteAction;
import io.weir.proxy.route.WeightedPools;
import io.weir.proxy.tls.TlsSession;

/** ROUTE: which route, hence which limits and pool. */
final class RouteStage implements RequestStage {
  @Override
  public Stage stage() {
    return Stage.ROUTE;
  }

  @Override
  public Verdict judge(Exchange x, long now) {
    Head head = x.request;
    if (isMisdirected(x)) {
      return Verdict.refuse(Reason.ROUTE_SNI_MISMATCH);
    }
    Route route = x.listener().routes().match(head, x.identity(), x.connection());
    if (route == null) {
      return Verdict.refuse(Reason.ROUTE_NONE);
    }
    x.route = route;
    x.pathStart = head.pathStart;
    x.pathEnd = head.pathEnd;
    Reason tooLarge = route.limits().refuses(head, x.headOctets);
    if (tooLarge != null) {
      return Verdict.refuse(tooLarge);
    }
    RouteAction action = route.action();
    if (!(action instanceof WeightedPools pools)) {
      return action instanceof Redirect
          ? new Verdict.Answer(Reason.ROUTE_REDIRECT, route)
          : new Verdict.Answer(Reason.ROUTE_RESPOND, route);
    }
    if (head.webSocket && !route.limits().webSocket()) {
      return Verdict.refuse(Reason.ROUTE_UPGRADE_REFUSED);
    }
    long most = route.limits().bodyBytes();
    if (most > 0 && head.contentLength > most) {
      return Verdict.refuse(Reason.FRAME_BODY_TOO_LARGE);
    }
    Rewrite rewrite = route.rewrite();
    if (rewrite != null && !rewrite.apply(head, x.listener().paths())) {
      return Verdict.refuse(Reason.FRAME_PATH_UNSAFE);
    }
    x.pool = pools.choose(x.loop.nextRandom());
    return Verdict.PASS;
  }

  /**
   * RFC 9110 §7.4: a connection made for one name must not reach another whose client-certificate
   * policy differs.
   */
  private static boolean isMisdirected(Exchange x) {
    TlsSession session = x.connection().tls;
    return session != null && !x.connection().mayAskFor(x.request);
  }
}
