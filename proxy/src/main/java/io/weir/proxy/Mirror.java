package io.weir.proxy;

import io.netty.buffer.ByteBuf;
import io.weir.proxy.http.Head;
import io.weir.proxy.upstream.Backend;
import io.weir.proxy.upstream.Tried;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a request that goes to another pool; its answer is thrown away (LB-2, mirror).
 *
 * <p>The copy is an exchange of its own whose client is this object. It must never slow the
 * original down: where the mirror's backend does not keep up with the content, the copy is given
 * up.
 */
final class Mirror implements ClientSide {
  private @Nullable Exchange copy;

  private Mirror() {}

  /** Begins a copy of the request if its route asks for one, else null. */
  static @Nullable Mirror of(Exchange original) {
    io.weir.proxy.route.Mirror wanted = original.route().mirror();
    if (wanted == null || original.request.upgrade || !wanted.takes(original.loop.nextRandom())) {
      return null;
    }
    Backend backend =
        wanted
            .pool()
            .select(
                original.request,
                original.identity(),
                original.loop.index,
                System.nanoTime(),
                new Tried());
    if (backend == null) {
      return null;
    }
    Mirror mirror = new Mirror();
    mirror.copy = original.loop.mirror(mirror, original, backend);
    return mirror;
  }

  /** The original's content; the buffer stays the caller's. */
  void requestBody(ByteBuf data, boolean end) {
    Exchange to = copy;
    if (to != null) {
      to.requestBody(data.retainedDuplicate(), end);
      to.flushUpstream();
    }
  }

  /** The original is over; a copy that has not got the whole request never will. */
  void originalEnded(boolean whole) {
    Exchange to = copy;
    if (to != null && !whole) {
      to.clientGone();
    }
  }

  @Override
  public void readBody(boolean wanted) {
    Exchange to = copy;
    if (!wanted && to != null && to.isForwarding()) {
      to.clientGone();
    }
  }

  @Override
  public void sendBody(ByteBuf data, boolean end) {
    data.release();
  }

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public void finished() {
    copy = null;
  }

  @Override
  public void sendInterim() {}

  @Override
  public void sendResponse(boolean end) {}

  @Override
  public void sendTrailers(Head trailers) {}

  @Override
  public void flush() {}

  @Override
  public void abort() {}
}
