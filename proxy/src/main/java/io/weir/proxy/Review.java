package io.weir.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.weir.proxy.http.Head;
import io.weir.proxy.inspect.Inspection;
import io.weir.proxy.stage.Reason;
import io.weir.proxy.stage.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * REVIEW where responses are inspected: holds a response back until the rules have judged its
 * content, up to {@value #MOST} octets. What comes behind passes unseen: leaks are looked for here,
 * not attacks.
 */
final class Review implements Judgement.Waiting {
  private static final int MOST = 1 << 20;

  private final Exchange exchange;
  private final Inspection inspection;

  /** What is judged, and what came while it was. */
  private final HeldContent first;

  private final HeldContent rest;
  private @Nullable Head trailers;
  private @Nullable Judgement judgement;

  Review(Exchange exchange, Inspection inspection) {
    this.exchange = exchange;
    this.inspection = inspection;
    first = new HeldContent(exchange.loop);
    rest = new HeldContent(exchange.loop);
  }

  /** The next piece of the content; takes over the buffer. */
  void body(ByteBuf data, boolean end) {
    HeldContent to = judgement == null ? first : rest;
    if (!to.gather(data, end, exchange.connection().channel.alloc())) {
      exchange.fail(Reason.INSPECT_OVERLOADED);
    } else if (judgement == null && (end || first.octets() >= MOST)) {
      if (inspection.isShort(first.octets())) {
        judged(Judgement.now(exchange.loop, inspection, first));
      } else {
        judgement = Judgement.begin(exchange.loop, inspection, first, this);
      }
    }
  }

  /** The content ends with trailers. */
  void trailers(Head fields) {
    trailers = new Head();
    trailers.copyOf(fields);
    body(Unpooled.EMPTY_BUFFER, true);
  }

  @Override
  public void judged(Verdict verdict) {
    judgement = null;
    exchange.reviewed(verdict, false);
  }

  /** Sends what was held back; whether that was all. */
  boolean release(ClientSide to) {
    boolean ended = first.ended || rest.ended;
    boolean last = ended && trailers == null;
    first.drain((data, end) -> send(to, data, end && last));
    if (!first.ended) {
      rest.drain((data, end) -> send(to, data, end && last));
    }
    if (trailers != null) {
      to.sendTrailers(trailers);
    }
    return ended;
  }

  private static void send(ClientSide to, ByteBuf data, boolean last) {
    if (data.isReadable() || last) {
      to.sendBody(data, last);
    } else {
      data.release();
    }
  }

  /**
   * The exchange is over.
   *
   * @return whether a judgement goes on alone, with the inspection
   */
  boolean leave() {
    rest.clear();
    if (judgement == null) {
      first.clear();
      return false;
    }
    judgement.leave();
    return true;
  }
}
