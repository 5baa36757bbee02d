package io.weir.proxy.stage;

import io.weir.proxy.Exchange;
import io.weir.proxy.ListenerSettings.ClientLimit;

/** LIMIT: does the client's address have budget left? */
final class LimitStage implements RequestStage {
  private static final long SECOND = 1_000_000_000L;

  @Override
  public Stage stage() {
    return Stage.LIMIT;
  }

  @Override
  public Verdict judge(Exchange x, long now) {
    ClientLimit clients = x.listener().clients();
    if (clients == null) {
      return Verdict.PASS;
    }
    long wait = clients.table().tryAcquire(x.identity().address(), clients.limit(), now);
    return wait <= 0
        ? Verdict.PASS
        : new Verdict.Refuse(
            Reason.LIMIT_ADDRESS, (int) Math.min(Integer.MAX_VALUE, (wait + SECOND - 1) / SECOND));
  }
}
