package io.weir.control;

import io.weir.proxy.Proxy;
import io.weir.proxy.log.AccessLog;
import io.weir.proxy.log.AccessLogSettings;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The access log that is open, and the counts of those that were. */
final class AccessLogs {
  private final Proxy proxy;
  private @Nullable AccessLog open;
  private @Nullable AccessLogSettings settings;
  private long writtenBefore;
  private long droppedBefore;

  AccessLogs(Proxy proxy) {
    this.proxy = proxy;
  }

  /** Logs like this from now on; null for not at all. */
  synchronized void use(@Nullable AccessLogSettings wanted) {
    if (!Objects.equals(wanted, settings)) {
      AccessLog old = open;
      AccessLog next = wanted == null ? null : AccessLog.open(wanted);
      proxy.setAccessLog(next); // waits for every loop, so that nobody publishes to the old one
      open = next;
      settings = wanted;
      end(old);
    }
  }

  private void end(@Nullable AccessLog log) {
    if (log != null) {
      log.close();
      writtenBefore += log.written();
      droppedBefore += log.dropped();
    }
  }

  /** Ends the log when all loops have ended. */
  synchronized void close() {
    AccessLog old = open;
    open = null;
    end(old);
  }

  /** Entries written since the start of the process. */
  synchronized long written() {
    return writtenBefore + (open == null ? 0 : open.written());
  }

  /** Entries lost since the start of the process. */
  synchronized long dropped() {
    return droppedBefore + (open == null ? 0 : open.dropped());
  }
}
