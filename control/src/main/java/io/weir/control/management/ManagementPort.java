package io.weir.control.management;

import io.weir.control.Controller;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The management listener that is wanted, and the one that is there. An address that cannot be
 * bound is no reason not to serve traffic: after a restart it may be the ending process that still
 * holds it. It is tried again until it can.
 */
public final class ManagementPort implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ManagementPort.class.getName());

  private final Controller controller;
  private @Nullable InetSocketAddress wanted;
  private @Nullable ManagementServer server;
  private boolean complained;

  /** None wanted yet. */
  public ManagementPort(Controller controller) {
    this.controller = controller;
  }

  /** Listens here from now on; null for nowhere. */
  public synchronized void use(@Nullable InetSocketAddress address) {
    if (address == null || !address.equals(wanted)) {
      close();
      wanted = address;
    }
    tryAgain();
  }

  /** Binds the address if that has not succeeded so far. */
  public synchronized void tryAgain() {
    InetSocketAddress address = wanted;
    if (address == null || server != null) {
      return;
    }
    try {
      server = new ManagementServer(address, controller);
      LOG.log(Level.INFO, "management on {0}", server.address());
      complained = false;
    } catch (IOException taken) {
      if (!complained) {
        LOG.log(
            Level.WARNING,
            "management: {0}: {1}; trying again until it is free",
            address,
            taken.getMessage());
      }
      complained = true;
    }
  }

  /** Where it listens, or null. */
  public synchronized @Nullable InetSocketAddress address() {
    ManagementServer running = server;
    return running == null ? null : running.address();
  }

  /** Listens nowhere any more. */
  @Override
  public synchronized void close() {
    ManagementServer running = server;
    wanted = null;
    server = null;
    if (running != null) {
      running.close();
    }
  }
}
