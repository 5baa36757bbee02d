package io.weir.packet;

import io.weir.net.IpPrefix;
import io.weir.packet.Attachment.Mode;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/** Guards nothing, and says so. */
record NoEngine(List<Attachment> attachments) implements Engine {

  static NoEngine on(List<String> interfaces, String why) {
    return new NoEngine(
        interfaces.stream().map(name -> new Attachment(name, Mode.NONE, why)).toList());
  }

  @Override
  public void replace(PacketPolicy policy) {}

  @Override
  public void replace(AddressLists lists) {}

  @Override
  public void ban(Collection<IpPrefix> prefixes) {}

  @Override
  public void unban(Collection<IpPrefix> prefixes) {}

  @Override
  public Counters counters() {
    return Counters.none();
  }

  @Override
  public int drainSamples(Consumer<Sample> taker) {
    return 0;
  }

  @Override
  public void release() {}

  @Override
  public void close() {}
}
