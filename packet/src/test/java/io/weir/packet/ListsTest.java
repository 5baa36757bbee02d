package io.weir.packet;

import static io.weir.packet.Packets.SERVER;
import static io.weir.packet.Packets.SERVER6;
import static io.weir.packet.Packets.syn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@Privileged
class ListsTest {

  private static final AddressLists LISTS =
      new AddressLists(
          prefixes("192.0.2.64/26", "2001:db8:aaaa::/48"),
          prefixes("10.0.0.0/8", "fc00::/7"),
          prefixes("198.51.100.0/24", "2001:db8:2::/48"),
          prefixes("203.0.113.128/25", "203.0.113.5", "2001:db8:1:1::/64"),
          prefixes("203.0.113.0/24", "192.0.2.0/24", "2001:db8:1::/48", "10.1.2.3"));

  private final Desk desk = new Desk(PacketPolicy.MINIMAL, LISTS);

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }

  private Reason judge(String source) {
    IpAddress address = IpAddress.parse(source);
    return desk.judge(
        syn(
            address,
            address.isIpv4() ? IpAddress.parse("192.88.99.1") : IpAddress.parse("2001:db8:9::1")));
  }

  @AfterEach
  void close() {
    desk.close();
  }

  @Test
  void letsTheFirstListThatMatchesDecide() {
    assertThat(judge("203.0.113.4")).isEqualTo(Reason.LIST_BLOCKED);
    assertThat(judge("203.0.113.5")).isEqualTo(Reason.PASS_ALLOWED);
    assertThat(judge("203.0.113.6")).isEqualTo(Reason.LIST_BLOCKED);
    assertThat(judge("203.0.113.128")).isEqualTo(Reason.PASS_ALLOWED);
    assertThat(judge("192.0.2.63")).isEqualTo(Reason.LIST_BLOCKED);
    assertThat(judge("192.0.2.64")).isEqualTo(Reason.PASS_MANAGEMENT);
    assertThat(judge("10.1.2.3")).isEqualTo(Reason.BOGON_SOURCE);
    assertThat(judge("198.51.100.9")).isEqualTo(Reason.BOGON_OWN_NETWORK);
    assertThat(judge("8.8.8.8")).isEqualTo(Reason.PASS);
    assertThat(judge("2001:db8:1::1")).isEqualTo(Reason.LIST_BLOCKED);
    assertThat(judge("2001:db8:1:1::1")).isEqualTo(Reason.PASS_ALLOWED);
    assertThat(judge("2001:db8:aaaa::1")).isEqualTo(Reason.PASS_MANAGEMENT);
    assertThat(judge("fd00::1")).isEqualTo(Reason.BOGON_SOURCE);
    assertThat(judge("2001:db8:2::1")).isEqualTo(Reason.BOGON_OWN_NETWORK);
    assertThat(judge("2001:db8:3::1")).isEqualTo(Reason.PASS);
  }

  @Test
  void neverLocksManagementOutWhateverTheListsSay() {
    desk.engine.ban(prefixes("192.0.2.70", "2001:db8:aaaa::9"));
    assertThat(judge("192.0.2.70")).isEqualTo(Reason.PASS_MANAGEMENT);
    assertThat(judge("2001:db8:aaaa::9")).isEqualTo(Reason.PASS_MANAGEMENT);
    desk.engine.replace(LISTS.withBlocked(prefixes("0.0.0.0/0", "::/0")));
    assertThat(judge("192.0.2.70")).isEqualTo(Reason.PASS_MANAGEMENT);
    assertThat(judge("8.8.8.8")).isEqualTo(Reason.LIST_BLOCKED);
    assertThat(judge("2001:db8:3::1")).isEqualTo(Reason.LIST_BLOCKED);
  }

  @Test
  void bansAndUnbansInPlace() {
    List<IpPrefix> some =
        prefixes(
            "8.8.8.8",
            "203.0.113.200",
            "203.0.113.9",
            "2001:db8:3::1",
            "9.9.8.0/23",
            "2a00:5::/64");
    desk.engine.ban(some);
    assertThat(judge("8.8.8.8")).isEqualTo(Reason.LIST_BANNED);
    assertThat(judge("8.8.8.9")).isEqualTo(Reason.PASS);
    assertThat(judge("203.0.113.200")).isEqualTo(Reason.PASS_ALLOWED);
    assertThat(judge("2001:db8:3::1")).isEqualTo(Reason.LIST_BANNED);
    assertThat(judge("9.9.9.9")).isEqualTo(Reason.LIST_BANNED);
    assertThat(judge("2a00:5::77")).isEqualTo(Reason.LIST_BANNED);
    assertThat(judge("2a00:5:0:1::")).isEqualTo(Reason.PASS);
    desk.engine.unban(some);
    desk.engine.unban(some);
    assertThat(judge("8.8.8.8")).isEqualTo(Reason.PASS);
    assertThat(judge("203.0.113.200")).isEqualTo(Reason.PASS_ALLOWED);
    assertThat(judge("203.0.113.9"))
        .as("its network is still blocked")
        .isEqualTo(Reason.LIST_BLOCKED);
    assertThat(judge("2001:db8:3::1")).isEqualTo(Reason.PASS);
    assertThat(judge("9.9.9.9")).isEqualTo(Reason.PASS);
    assertThat(judge("2a00:5::77")).isEqualTo(Reason.PASS);
  }

  @Test
  void keepsBansWhenOtherListsAreInForceAndListsWhenBansEnd() {
    List<IpPrefix> some = prefixes("8.8.8.8", "203.0.113.9", "2a00:5::/64");
    desk.engine.ban(some);
    desk.engine.replace(
        LISTS.withBlocked(prefixes("8.8.8.8", "2a00:5::/64")).withAllowed(prefixes("2a00:5::7")));
    assertThat(judge("203.0.113.9")).isEqualTo(Reason.LIST_BANNED);
    assertThat(judge("2a00:5::7")).isEqualTo(Reason.PASS_ALLOWED);
    desk.engine.unban(some);
    assertThat(judge("203.0.113.9")).isEqualTo(Reason.PASS);
    assertThat(judge("8.8.8.8")).isEqualTo(Reason.LIST_BLOCKED);
    assertThat(judge("2a00:5::8")).isEqualTo(Reason.LIST_BLOCKED);
  }

  @Test
  void refusesToBanHalfTheInternet() {
    assertThatThrownBy(() -> desk.engine.ban(prefixes("8.8.0.0/16")))
        .hasMessage("8.8.0.0/16 (expected: longer than 16 bits)");
  }

  /**
   * The table for no addresses has room for 8 in each of 4,096 buckets: some of these find none.
   */
  @Test
  void bansMoreThanItsTableHasRoomFor() {
    List<IpPrefix> many =
        new Random(5).ints(20_000).mapToObj(i -> new IpPrefix(IpAddress.ofIpv4(i), 32)).toList();
    desk.engine.replace(AddressLists.EMPTY);
    desk.engine.ban(many);
    assertThat(many).allSatisfy(each -> assertThat(judge(each)).isEqualTo(Reason.LIST_BANNED));
    desk.engine.replace(AddressLists.EMPTY.withBlocked(prefixes("2a00:5::/64")));
    assertThat(many).allSatisfy(each -> assertThat(judge(each)).isEqualTo(Reason.LIST_BANNED));
    desk.engine.unban(many);
    assertThat(many).allSatisfy(each -> assertThat(judge(each)).isEqualTo(Reason.PASS));
  }

  private Reason judge(IpPrefix source) {
    return desk.judge(syn(source.address(), IpAddress.parse("192.88.99.1")));
  }

  /** What lies in the same first 16 bits as a wide network, and as nothing at all. */
  @Test
  void seesWhatIsNarrowInsideWhatIsWide() {
    AddressLists lists =
        AddressLists.EMPTY
            .withBlocked(prefixes("20.0.0.0/7", "22.5.0.0/16", "3000::/4", "2a00::/16"))
            .withAllowed(
                prefixes("20.9.0.0/17", "21.0.0.7", "22.5.6.0/24", "3fff:1::/32", "2a00:77::7"));
    desk.engine.replace(lists);
    for (String blocked :
        List.of(
            "20.0.0.0",
            "20.9.128.0",
            "21.0.0.6",
            "21.255.255.255",
            "22.5.7.0",
            "3000::",
            "3fff:2::",
            "2a00:78::")) {
      assertThat(judge(blocked)).as(blocked).isEqualTo(Reason.LIST_BLOCKED);
    }
    for (String allowed :
        List.of("20.9.0.0", "20.9.127.255", "21.0.0.7", "22.5.6.255", "3fff:1::9", "2a00:77::7")) {
      assertThat(judge(allowed)).as(allowed).isEqualTo(Reason.PASS_ALLOWED);
    }
    for (String other : List.of("19.255.255.255", "22.4.255.255", "22.6.0.0", "2fff::", "2a01::")) {
      assertThat(judge(other)).as(other).isEqualTo(Reason.PASS);
    }
  }

  @Test
  void putsWholeNewListsInForce() {
    for (int round = 0; round < 4; round++) {
      desk.engine.replace(LISTS.withBlocked(prefixes("198.18.0." + round)));
      assertThat(judge("198.18.0." + round)).isEqualTo(Reason.LIST_BLOCKED);
      assertThat(judge("198.18.0." + (round + 1))).isEqualTo(Reason.PASS);
      assertThat(judge("203.0.113.4")).isEqualTo(Reason.PASS);
      assertThat(judge("203.0.113.128")).isEqualTo(Reason.PASS_ALLOWED);
    }
  }

  @Test
  void holdsManyAddressesOfBothFamilies() {
    List<IpPrefix> many =
        IntStream.range(0, 100_000)
            .mapToObj(i ->
                i % 2 == 0
                    ? IpAddress.ofIpv4(0x20000000 + i)
                    : IpAddress.ofIpv6(0x2001_0db8_0077_0000L, i))
            .map(address -> new IpPrefix(address, address.width()))
            .toList();
    desk.engine.replace(LISTS.withBlocked(many));
    for (int i = 0; i < many.size(); i += 4999) {
      IpAddress source = many.get(i).address();
      assertThat(desk.judge(syn(source, source.isIpv4() ? SERVER : SERVER6)))
          .isEqualTo(Reason.LIST_BLOCKED);
    }
    assertThat(judge("2001:db8:77::")).isEqualTo(Reason.PASS);
    assertThat(judge("32.0.0.1")).isEqualTo(Reason.PASS);
  }
}
