package io.weir.control.health;

import io.weir.config.Pool.HealthCheck;
import java.io.IOException;

/** What is asked over a connection that stands, and what a good answer is. */
@FunctionalInterface
interface Probe {
  /**
   * Asks.
   *
   * @return what was seen, where the answer is good
   * @throws IOException if the answer is bad, or none comes; the message says what was seen
   */
  String ask(CheckConnection connection) throws IOException;

  /**
   * The probe of a configuration.
   *
   * @param address of the backend, as a Host field has it
   * @param tls whether it is asked over TLS
   */
  static Probe of(HealthCheck check, String address, boolean tls) {
    String host = check.host().orElse(address);
    return switch (check.type()) {
      case TCP -> connection -> "connected";
      case TLS -> connection -> "TLS handshake done";
      case HTTP -> new HttpProbe(check, host);
      case GRPC -> new GrpcProbe(check.service().orElse(""), host, tls);
    };
  }
}
