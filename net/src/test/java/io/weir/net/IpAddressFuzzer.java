package io.weir.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Holds the address parser against one that splits strings, and what it writes against the JDK. */
class IpAddressFuzzer {

  @FuzzTest
  void readsWhatTheModelReads(FuzzedDataProvider data) throws Exception {
    check(data.consumeRemainingAsBytes());
  }

  @Test
  void readsWhatTheModelReadsInTextsThatLookLikeAddresses() throws Exception {
    Random random = new Random(20260102);
    String[] pieces = {
      ":", "::", ".", "0", "1", "25", "255", "256", "f", "FFFF", "ffff", "1.2.3.4", "g"
    };
    for (int round = 0; round < 200_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(18); i > 0; i--) {
        text.append(pieces[random.nextInt(random.nextInt(3) == 0 ? pieces.length : 9)]);
        if (random.nextBoolean()) {
          text.append(':');
        }
      }
      check(text.toString().getBytes(ISO_8859_1));
    }
  }

  private static void check(byte[] text) throws Exception {
    IpAddress address = IpAddress.parseOrNull(text, 0, text.length);
    String string = new String(text, ISO_8859_1);
    byte[] expected = model(string);

    assertThat(address == null ? null : address.toBytes()).as(string).isEqualTo(expected);
    assertThat(IpAddress.parseOrNull(string)).as(string).isEqualTo(address);
    if (address != null) {
      assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
      assertThat(InetAddress.ofLiteral(address.toString()).getAddress()).isEqualTo(expected);
    }
  }

  /** The octets that the text means, or null. */
  private static byte @Nullable [] model(String text) {
    if (text.indexOf(':') < 0) {
      return modelIpv4(text);
    }
    String[] halves = text.split("::", -1);
    if (halves.length > 2) {
      return null;
    }
    List<Integer> left = modelGroups(halves[0], halves.length == 1);
    List<Integer> right = halves.length == 1 ? new ArrayList<>() : modelGroups(halves[1], true);
    if (left == null || right == null) {
      return null;
    }
    int missing = 8 - left.size() - right.size();
    if (halves.length == 1 ? missing != 0 : missing < 1) {
      return null;
    }
    for (int i = 0; i < missing; i++) {
      left.add(0);
    }
    left.addAll(right);
    byte[] octets = new byte[16];
    for (int i = 0; i < 8; i++) {
      octets[2 * i] = (byte) (left.get(i) >> 8);
      octets[2 * i + 1] = (byte) (int) left.get(i);
    }
    byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};
    return Arrays.equals(mapped, Arrays.copyOf(octets, 12))
        ? Arrays.copyOfRange(octets, 12, 16)
        : octets;
  }

  private static @Nullable List<Integer> modelGroups(String text, boolean endsAddress) {
    List<Integer> groups = new ArrayList<>();
    String[] parts = text.isEmpty() ? new String[0] : text.split(":", -1);
    for (int i = 0; i < parts.length; i++) {
      byte[] ipv4 = endsAddress && i == parts.length - 1 ? modelIpv4(parts[i]) : null;
      if (ipv4 != null) {
        groups.add((ipv4[0] & 0xff) << 8 | (ipv4[1] & 0xff));
        groups.add((ipv4[2] & 0xff) << 8 | (ipv4[3] & 0xff));
      } else if (parts[i].matches("[0-9a-fA-F]{1,4}")) {
        groups.add(Integer.parseInt(parts[i], 16));
      } else {
        return null;
      }
    }
    return groups;
  }

  private static byte @Nullable [] modelIpv4(String text) {
    String octet = "(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])";
    if (!text.matches(octet + "(\\." + octet + "){3}")) {
      return null;
    }
    byte[] octets = new byte[4];
    for (int i = 0; i < 4; i++) {
      octets[i] = (byte) Integer.parseInt(text.split("\\.", -1)[i]);
    }
    return octets;
  }
}
