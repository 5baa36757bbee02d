package io.weir.proxy;

import io.netty.buffer.ByteBuf;
import io.weir.proxy.http.Head;

/** The client's side of an exchange that nobody takes an answer from. */
class NoClientSide implements ClientSide {
  @Override
  public void sendInterim() {}

  @Override
  public void sendResponse(boolean end) {}

  @Override
  public void sendBody(ByteBuf data, boolean end) {
    data.release();
  }

  @Override
  public void sendTrailers(Head trailers) {}

  @Override
  public void flush() {}

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public void readBody(boolean wanted) {}

  @Override
  public void abort() {}

  @Override
  public void finished() {}
}
