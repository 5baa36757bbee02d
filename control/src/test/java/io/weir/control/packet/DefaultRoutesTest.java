package io.weir.control.packet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DefaultRoutesTest {
  private static final String HEAD =
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
  private static final String NONE = "00000000000000000000000000000000 00 ";

  @Test
  void findsTheInterfacesOfBothFamiliesOnce() {
    String ipv4 =
        HEAD
            + "eth1\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
            + "eth2\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
    String ipv6 =
        NONE
            + NONE
            + "fe800000000000000000000000000001 00000400 00000001 00000000 00450003     eth0\n"
            + NONE
            + NONE
            + "fe800000000000000000000000000001 00000400 00000001 00000000 00450003     eth1\n"
            + "20010db8000000000000000000000000 20 "
            + NONE
            + "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth3\n"
            + NONE
            + NONE
            + "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";
    assertThat(DefaultRoutes.interfaces(ipv4, ipv6)).containsExactly("eth0", "eth1");
  }

  @Test
  void findsNoneWhereThereIsNone() {
    assertThat(DefaultRoutes.interfaces(HEAD, "")).isEmpty();
    assertThat(DefaultRoutes.interfaces("", "garbage\n\n")).isEmpty();
  }
}
