package io.weir.packet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnownClientsTest {

  /** 192.0.2.10; 2001:db8:1:2::7, of which the first half counts; 192.0.2.10 within IPv6. */
  @ParameterizedTest
  @CsvSource({
    "'   3: 0100007F:1F90 0A0200C0:A0B4 06 0:0', 0a0200c0",
    "'   0: 00000000000000000000000001000000:1F90 B80D0120020001000000000007000000:A0B4 01 0', 2000100b80d0120",
    "'   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000A0200C0:A0B4 01 0', 0a0200c0"
  })
  void readsTheFarAddressOfASocketAsProgramsSeeIt(String line, String key) {
    assertThat(KnownClients.key(line)).isEqualTo(Long.parseLong(key, 16));
  }

  @Test
  void takesAnAddressWithTheHighestBitForAPositiveNumber() {
    assertThat(KnownClients.key("0: 0100007F:1F90 FFFFFFFF:FFFF 01")).isEqualTo(0xffff_ffffL);
  }
}
