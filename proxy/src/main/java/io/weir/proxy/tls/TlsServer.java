package io.weir.proxy.tls;

import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCredential;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The TLS side of one listener: certificates by server name, replaced while connections go on.
 *
 * <p>{@link #update} builds a whole new generation beside the running one, reusing every context
 * that did not change, and then swaps one reference. Connections being accepted take whichever
 * generation they meet; established ones keep theirs. Ticket keys outlive generations, so clients
 * resume their sessions across an update. All methods may be called from any thread.
 */
public final class TlsServer implements Closeable {
  private static final System.Logger LOG = System.getLogger(TlsServer.class.getName());

  private final TicketKeys ticketKeys;
  private final InstantSource clock;
  private final SslProvider provider;

  /** Held while contexts are released or get keys, so that no released one does; never for long. */
  private final Object swap = new Object();

  private final AtomicInteger pending = new AtomicInteger();

  /** Handshakes under way on the event loop of the caller, the oldest first. */
  private final FastThreadLocal<PendingHandshakes> pendingOfLoop = new FastThreadLocal<>();

  private volatile Generation current;

  /**
   * Makes the server side of a listener.
   *
   * @param ticketKeys {@link TicketKeys#random()}, or shared by a fleet
   * @param clock tells when ticket keys are due to change
   * @throws SSLException if a setting is refused by the TLS library
   */
  public TlsServer(TlsSettings settings, SniTable names, TicketKeys ticketKeys, InstantSource clock)
      throws SSLException {
    this(settings, names, ticketKeys, clock, provider());
  }

  TlsServer(
      TlsSettings settings,
      SniTable names,
      TicketKeys ticketKeys,
      InstantSource clock,
      SslProvider provider)
      throws SSLException {
    this.ticketKeys = ticketKeys;
    this.clock = clock;
    this.provider = provider;
    current = new Generation(settings, names, null);
  }

  static SslProvider provider() {
    if (OpenSslCredential.isAvailable()) {
      return SslProvider.OPENSSL_REFCNT;
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "BoringSSL is not available, using the JDK''s TLS: about five times the CPU for each"
            + " handshake, no hybrid post-quantum group, no sessions shared between instances",
        OpenSsl.unavailabilityCause());
    return SslProvider.JDK;
  }

  /**
   * Replaces settings and names for connections accepted from now on.
   *
   * @throws SSLException if a setting is refused by the TLS library; the present ones then stay
   */
  public void update(TlsSettings settings, SniTable names) throws SSLException {
    prepare(settings, names).publish();
  }

  /**
   * The first half of {@link #update}, which may fail: builds new settings and names beside those
   * in force.
   *
   * @throws SSLException if a setting is refused by the TLS library
   */
  public synchronized Update prepare(TlsSettings settings, SniTable names) throws SSLException {
    return new Update(new Generation(settings, names, current));
  }

  /**
   * The second half of {@link #update}. Exactly one of the two methods is to be called, and before
   * another update is prepared.
   */
  public final class Update implements Closeable {
    private final Generation next;

    private Update(Generation next) {
      this.next = next;
    }

    /** Puts the settings and names in force. */
    public void publish() {
      synchronized (swap) {
        Generation old = current;
        current = next;
        old.releaseAllBut(next);
      }
    }

    /** Gives them up; the present ones stay. */
    @Override
    public void close() {
      synchronized (swap) {
        next.releaseAllBut(current);
      }
    }
  }

  /** The names in force, e.g. for {@link SniTable#samePolicy}. */
  public SniTable names() {
    return current.names;
  }

  /**
   * A handler for one accepted connection, to be the first in its pipeline that reads. It makes
   * room for BoringSSL's handler when the hello has been read.
   *
   * @param events hears what becomes of it; one for all connections
   */
  public ChannelHandler newHandler(TlsEvents events) {
    return new ClientHelloHandler(this, events);
  }

  /** Handshakes under way on the event loop of the caller. */
  PendingHandshakes pending(EventExecutor loop) {
    PendingHandshakes pending = pendingOfLoop.getIfExists();
    if (pending == null) {
      pending = new PendingHandshakes(this.pending, loop);
      pendingOfLoop.set(pending);
    }
    return pending;
  }

  /** The generation in force, its ticket keys up to date. */
  Generation current() {
    Generation generation = current;
    generation.rotateTicketKeys(clock.millis());
    return generation;
  }

  /** Frees the contexts once the last connection is done. No connection may be accepted after. */
  @Override
  public synchronized void close() {
    synchronized (swap) {
      current.releaseAllBut(null);
    }
  }

  private record ContextKey(CertificateEntry entry, String clientPolicy) {}

  /** Settings, names and their contexts: what one accepted connection is served with. */
  final class Generation {
    private final TlsSettings settings;
    private final SniTable names;
    private final byte[][] alpn;
    private final Map<ContextKey, ServerContext> contexts = new HashMap<>();
    private final @Nullable ServerContext[] contextOfRow;
    private final long epochMillis;
    private volatile long epoch;

    Generation(TlsSettings settings, SniTable names, @Nullable Generation previous)
        throws SSLException {
      this.settings = settings;
      this.names = names;
      alpn = bytes(settings.alpn());
      epochMillis = 1000L * TicketKeys.epochSeconds(settings.sessionTimeoutSeconds());
      epoch = clock.millis() / epochMillis;
      contextOfRow = new ServerContext[names.rows().size()];
      try {
        for (int row = 0; row < contextOfRow.length; row++) {
          contextOfRow[row] = context(names.rows().get(row), previous);
        }
      } catch (SSLException | RuntimeException refused) {
        releaseAllBut(previous);
        throw refused;
      }
    }

    private @Nullable ServerContext context(SniRow row, @Nullable Generation previous)
        throws SSLException {
      CertificateEntry entry = row.certificate();
      if (entry == null) {
        return null;
      }
      ContextKey key = new ContextKey(entry, row.clientPolicy());
      ServerContext context = contexts.get(key);
      if (context == null && previous != null && previous.settings.equals(settings)) {
        context = previous.contexts.get(key);
      }
      if (context == null) {
        context = ServerContext.of(provider, settings, entry, row.clientPolicy());
      }
      context.setTicketKeys(ticketKeys, epoch);
      contexts.put(key, context);
      return context;
    }

    private static byte[][] bytes(List<String> protocols) {
      return protocols.stream()
          .map(name -> name.getBytes(StandardCharsets.US_ASCII))
          .toArray(byte[][]::new);
    }

    private void releaseAllBut(@Nullable Generation other) {
      for (Map.Entry<ContextKey, ServerContext> mine : contexts.entrySet()) {
        if (other == null || other.contexts.get(mine.getKey()) != mine.getValue()) {
          mine.getValue().release();
        }
      }
    }

    private void rotateTicketKeys(long nowMillis) {
      if (nowMillis / epochMillis != epoch) {
        rotate(nowMillis / epochMillis);
      }
    }

    private void rotate(long to) {
      synchronized (swap) {
        if (to != epoch && current == this) {
          contexts.values().forEach(context -> context.setTicketKeys(ticketKeys, to));
          epoch = to;
        }
      }
    }

    TlsSettings settings() {
      return settings;
    }

    SniTable names() {
      return names;
    }

    /** The row's context; null if the row passes through. */
    @Nullable ServerContext context(int row) {
      return contextOfRow[row];
    }

    /** Whether client and listener can agree on an application protocol, or need not. */
    boolean speaks(ClientHello hello) {
      if (!hello.hasAlpn() || alpn.length == 0) {
        return true;
      }
      for (byte[] protocol : alpn) {
        if (hello.offers(protocol)) {
          return true;
        }
      }
      return false;
    }
  }
}
