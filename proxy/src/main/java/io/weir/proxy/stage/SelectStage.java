package io.weir.proxy.stage;

import io.weir.proxy.Exchange;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.Pool;
import java.util.Objects;

/** SELECT: which backend of the pool. A retry comes back here. */
public final class SelectStage implements RequestStage {
  @Override
  public Stage stage() {
    return Stage.SELECT;
  }

  @Override
  public Verdict judge(Exchange x, long now) {
    return x.admit() ? select(x, now) : Verdict.refuse(Reason.SELECT_CIRCUIT_OPEN);
  }

  /** Chooses a backend that this request was not sent to yet, where there is one. */
  public static Verdict select(Exchange x, long now) {
    Pool pool = Objects.requireNonNull(x.pool);
    Backend chosen = pool.select(x.request, x.identity(), x.loop.index, now, x.tried);
    if (chosen == null) {
      return Verdict.refuse(Reason.SELECT_NO_HEALTHY_BACKEND);
    }
    x.backend = chosen;
    return Verdict.PASS;
  }
}
