package io.weir.proxy;

import io.weir.proxy.upstream.Pool;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One generation of what the operator wants of the data plane: immutable, compiled off the hot
 * path, published by one volatile store. A request reads it once and keeps it.
 *
 * @param generation counts up with every publication, from 1
 * @param digest of the configuration's text, for people to compare
 * @param instance the name of this Weir in the access log
 * @param listeners by name
 * @param pools by name; pools are long-lived objects that several generations share
 */
public record ProxySnapshot(
    long generation,
    String digest,
    String instance,
    Map<String, ListenerSettings> listeners,
    Map<String, Pool> pools) {

  /** What is served before the first publication: nothing. */
  public static final ProxySnapshot EMPTY = new ProxySnapshot(0, "", "", Map.of(), Map.of());

  /** The maps are copied. */
  public ProxySnapshot {
    listeners = Map.copyOf(listeners);
    pools = Map.copyOf(pools);
  }

  /** Settings of a listener, or null where this generation has none of that name. */
  public @Nullable ListenerSettings listener(String name) {
    return listeners.get(name);
  }
}
