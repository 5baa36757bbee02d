package io.weir.proxy.stage;

import io.weir.proxy.Exchange;

/**
 * One of the deciding stages. Pure over the exchange (whose fields it may fill), the settings the
 * exchange keeps, and the time: so {@code weir explain} runs the same stages without traffic.
 */
public interface RequestStage {
  /** Which stage this is. */
  Stage stage();

  /**
   * Judges the request.
   *
   * @param now {@link System#nanoTime}
   */
  Verdict judge(Exchange exchange, long now);
}
