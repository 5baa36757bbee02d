package io.weir.proxy.route;

import org.jspecify.annotations.Nullable;

/** What routes may ask about the TLS handshake that a request's connection began with. */
public interface Handshake {
  /** Of a connection without TLS. */
  Handshake NONE =
      new Handshake() {
        @Override
        public @Nullable String serverName() {
          return null;
        }

        @Override
        public byte[] ja3() {
          return NOTHING;
        }

        @Override
        public byte[] ja4() {
          return NOTHING;
        }
      };

  /** No octets. */
  byte[] NOTHING = {};

  /** The server name in lower case without a trailing dot, or null where there is none. */
  @Nullable String serverName();

  /** The client hello's JA3 fingerprint; empty without TLS. Not to be changed. */
  byte[] ja3();

  /** The client hello's JA4 fingerprint; empty without TLS. Not to be changed. */
  byte[] ja4();
}
