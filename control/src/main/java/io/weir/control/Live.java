package io.weir.control;

import io.weir.config.Pool.HealthCheck;
import io.weir.policy.ClientTable;
import io.weir.proxy.inspect.Rules;
import io.weir.proxy.tls.SniRow;
import io.weir.proxy.tls.TlsServer;
import io.weir.proxy.tls.TlsSettings;
import io.weir.proxy.tls.UpstreamTls;
import io.weir.proxy.upstream.BackendSettings;
import io.weir.proxy.upstream.Pool;
import io.weir.proxy.upstream.PoolSettings;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What lives longer than a generation: state, keyed by stable names, each with what this generation
 * wants of it. Compiling makes the next one of these from the running one and changes nothing that
 * runs; {@link #begin}, {@link #takeOver} and {@link #end} then do, or {@link #abandon} gives up.
 *
 * @param stickyKey what sticky cookies are made with, for as long as the process lives
 * @param pools by name
 * @param tls TLS towards clients, by listener
 * @param clients request budgets, by listener
 * @param rules of the web application firewall, by what they are made of
 */
record Live(
    SecretKey stickyKey,
    Map<String, LivePool> pools,
    Map<String, LiveTls> tls,
    Map<String, LiveClients> clients,
    Map<WafCompiler.RuleList, LiveRules> rules) {

  /**
   * A pool and what it is to be.
   *
   * @param tls towards its backends, and what it was made of; null for cleartext
   */
  record LivePool(
      Pool pool,
      PoolSettings settings,
      List<BackendSettings> backends,
      @Nullable LiveUpstreamTls tls,
      Optional<HealthCheck> healthCheck) {

    private void update(long now) {
      pool.update(settings, backends, now);
    }

    private boolean wantsTheSameAs(LivePool other) {
      return settings.equals(other.settings) && backends.equals(other.backends);
    }
  }

  /** TLS towards backends. */
  record LiveUpstreamTls(UpstreamTls context, UpstreamTls.Settings settings) {}

  /**
   * TLS towards the clients of a listener.
   *
   * @param update what changes with this generation; null for nothing
   */
  record LiveTls(
      TlsServer server,
      TlsSettings settings,
      List<SniRow> rows,
      TlsServer.@Nullable Update update) {}

  /** Request budgets of the clients of a listener. */
  record LiveClients(ClientTable table, int size, int ipv6Prefix) {}

  /** Compiled rules, and the digest of the files that they were made of, needed at a reload. */
  record LiveRules(Rules rules, CompletableFuture<String> digest) {}

  /** Nothing yet. */
  static Live none() {
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    return new Live(new SecretKeySpec(key, "HmacSHA256"), Map.of(), Map.of(), Map.of(), Map.of());
  }

  /** Makes ready what only this generation has: nobody sees it yet. */
  void begin(Live running, long now) {
    pools.forEach((name, next) -> {
      if (!running.pools.containsKey(name)) {
        next.update(now);
      }
    });
  }

  /** Changes what the running generation has too. Nothing of it fails. */
  void takeOver(Live running, long now) {
    pools.forEach((name, next) -> {
      LivePool before = running.pools.get(name);
      if (before != null && !next.wantsTheSameAs(before)) {
        next.update(now);
      }
    });
    for (LiveTls next : tls.values()) {
      if (next.update != null) {
        next.update.publish();
      }
    }
  }

  /** Ends what only the generation before had; nothing chooses it any more. */
  void end(Live before, long now) {
    before.pools.forEach((name, old) -> {
      if (!pools.containsKey(name)) {
        old.pool.update(old.settings, List.of(), now);
      }
    });
    closeAllBut(this, before);
  }

  /** Gives up this generation, which never ran. */
  void abandon(Live running) {
    for (LiveTls next : tls.values()) {
      if (next.update != null) {
        next.update.close();
      }
    }
    closeAllBut(running, this);
  }

  /** Frees the native memory of what is in {@code gone} and not in {@code kept}. */
  private static void closeAllBut(Live kept, Live gone) {
    gone.pools.forEach((name, pool) -> {
      LivePool same = kept.pools.get(name);
      if (pool.tls != null
          && (same == null || same.tls == null || same.tls.context != pool.tls.context)) {
        pool.tls.context.close();
      }
    });
    gone.tls.forEach((name, tls) -> {
      LiveTls same = kept.tls.get(name);
      if (same == null || same.server != tls.server) {
        tls.server.close();
      }
    });
  }
}
