package io.weir.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.weir.net.ForwardedChain.Ending;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Holds the walk against one that joins the lines into a string per field and peels elements off
 * its end with regular expressions taken from the grammar of RFC 7239.
 */
class ForwardedChainFuzzer {

  private static final IpPrefixSet TRUSTED =
      IpPrefixSet.of(List.of(IpPrefix.parse("10.0.0.0/8"), IpPrefix.parse("2001:db8:f::/48")));
  private static final ClientIdentity PEER =
      new ClientIdentity(IpAddress.parse("10.0.0.1"), 4711, Provenance.SOCKET);

  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final String QUOTED =
      "\"(?:[\\t !\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*\"";
  private static final Pattern PAIR =
      Pattern.compile("(" + TOKEN + ")=(" + TOKEN + "|" + QUOTED + ")");
  private static final String PAIRS = "(?:" + PAIR + ")?(?:;(?:" + PAIR + ")?)*";
  private static final Pattern LAST_ELEMENT =
      Pattern.compile("(?s)^(.*,|)[ \\t]*(" + PAIRS + ")[ \\t]*$");
  private static final Pattern NODE =
      Pattern.compile(
          "(?:\\[([^\\]]*:[^\\]]*)\\]|([^:\\[\\]]*))(?::(?:_[0-9A-Za-z._-]+|([0-9]{1,5})))?");

  private final ForwardedChain chain = new ForwardedChain();

  @FuzzTest
  void findsTheClientThatTheModelFinds(FuzzedDataProvider data) {
    List<String> xForwardedFor = new ArrayList<>();
    List<String> forwarded = new ArrayList<>();
    for (int lines = data.consumeInt(0, 6); lines > 0; lines--) {
      (data.consumeBoolean() ? xForwardedFor : forwarded).add(data.consumeString(120));
    }
    check(latin1(xForwardedFor), latin1(forwarded));
  }

  private static List<String> latin1(List<String> lines) {
    return lines.stream()
        .map(line -> new String(line.getBytes(ISO_8859_1), ISO_8859_1).replaceAll("[\r\n]", " "))
        .toList();
  }

  @Test
  void findsTheClientThatTheModelFindsInFieldsThatLookRight() {
    Random random = new Random(20260103);
    for (int round = 0; round < 60_000; round++) {
      int kind = random.nextInt(5);
      check(
          kind == 0 ? List.of() : randomLines(random, X_PIECES),
          kind > 1 ? List.of() : randomLines(random, FORWARDED_PIECES));
      check(List.of(), randomLines(random, FORWARDED_PIECES));
    }
  }

  private static final String[] X_PIECES = {
    ",",
    ", ",
    "10.0.0.2",
    "10.0.0.3:80",
    "192.0.2.1",
    "[2001:db8:f::1]:9",
    "2001:db8:f::2",
    "::1",
    "fe80::7%eth0",
    "%",
    "unknown",
    "_x",
    " ",
    "\t",
    "[",
    "]",
    ":",
    "10.0.0.4, ",
    "10.0.0.5,"
  };

  private static final String[] FORWARDED_PIECES = {
    ",",
    ", ",
    "for=10.0.0.2",
    "for=\"10.0.0.3:80\"",
    "for=192.0.2.1",
    "For=\"[2001:db8:f::1]:9\"",
    "for=\"[2001:db8:f::2]\"",
    ";",
    "for=\"",
    "\"",
    "\\",
    "\\\"",
    "=",
    "proto=https",
    "host=\"a, b\\\"c\"",
    "for=unknown",
    "for=\"[fe80::7%eth0]\"",
    "for=\"[64:ff9b::203.0.113.7]\"",
    " ",
    "for=10.0.0.4, ",
    "for=10.0.0.5,",
    "by=_x;for=10.0.0.6;",
    "10.0.0.2\"",
    "x=\""
  };

  private static List<String> randomLines(Random random, String[] pieces) {
    List<String> lines = new ArrayList<>();
    for (int line = 1 + random.nextInt(3); line > 0; line--) {
      StringBuilder text = new StringBuilder();
      for (int piece = random.nextInt(8); piece > 0; piece--) {
        text.append(pieces[random.nextInt(pieces.length)]);
      }
      lines.add(text.toString());
    }
    return lines;
  }

  private void check(List<String> xForwardedFor, List<String> forwarded) {
    chain.begin((String.join("", xForwardedFor) + String.join("", forwarded)).getBytes(ISO_8859_1));
    int at = 0;
    for (String line : xForwardedFor) {
      chain.addXForwardedFor(at, line.length());
      at += line.length();
    }
    for (String line : forwarded) {
      chain.addForwarded(at, line.length());
      at += line.length();
    }
    ClientIdentity client = chain.resolve(PEER, TRUSTED);

    Model model = new Model(xForwardedFor, forwarded);
    String input = xForwardedFor + " " + forwarded;
    assertThat(client).as(input).isEqualTo(model.client);
    assertThat(chain.ending()).as(input).isEqualTo(model.ending);
    assertThat(chain.believedHops()).as(input).isEqualTo(model.hops.size());
    for (int i = 0; i < model.hops.size(); i++) {
      assertThat(chain.believedHop(i)).as(input).isEqualTo(model.hops.get(i));
    }
  }

  /** Null address: a hop that names nobody. */
  private record Hop(@Nullable IpAddress address, int port) {}

  private static final class Model {
    final List<IpAddress> hops = new ArrayList<>();
    ClientIdentity client = PEER;
    Ending ending = Ending.ABSENT;

    Model(List<String> xForwardedFor, List<String> forwarded) {
      List<Hop> first = xForwardedForHops(xForwardedFor);
      List<Hop> second = forwardedHops(forwarded);
      if (!first.isEmpty() || !second.isEmpty()) {
        ending = walk(first, second);
      }
    }

    private Ending walk(List<Hop> first, List<Hop> second) {
      for (int i = 0; i < Math.max(first.size(), second.size()); i++) {
        if (i == ForwardedChain.MAX_HOPS) {
          return Ending.TOO_MANY_HOPS;
        }
        Hop left = i < first.size() ? first.get(i) : second.get(i);
        Hop right = i < second.size() ? second.get(i) : first.get(i);
        if (left.address == null || right.address == null) {
          return Ending.UNREADABLE_HOP;
        }
        if (!left.address.equals(right.address)) {
          return Ending.CONFLICT;
        }
        hops.add(right.address);
        client = new ClientIdentity(right.address, right.port, Provenance.FORWARDED_HEADER);
        if (!TRUSTED.contains(right.address)) {
          return Ending.CLIENT_FOUND;
        }
      }
      return Ending.EXHAUSTED;
    }

    /** Rightmost first. */
    private static List<Hop> xForwardedForHops(List<String> lines) {
      List<Hop> hops = new ArrayList<>();
      if (!lines.isEmpty()) {
        for (String element : String.join(",", lines).split(",", -1)) {
          String text = element.replaceAll("^[ \\t]+|[ \\t]+$", "");
          IpAddress bare = address(text);
          hops.addFirst(bare != null ? new Hop(bare, 0) : node(text));
        }
      }
      return hops;
    }

    private static List<Hop> forwardedHops(List<String> lines) {
      List<Hop> hops = new ArrayList<>();
      for (String line : lines.reversed()) {
        String rest = line;
        boolean more = true;
        while (more) {
          Matcher last = LAST_ELEMENT.matcher(rest);
          if (!last.matches()) {
            hops.add(new Hop(null, 0));
            return hops;
          }
          hops.add(element(last.group(2)));
          more = !last.group(1).isEmpty();
          rest = more ? last.group(1).substring(0, last.group(1).length() - 1) : "";
        }
      }
      return hops;
    }

    private static Hop element(String text) {
      List<String> seen = new ArrayList<>();
      Hop hop = new Hop(null, 0);
      Matcher pair = PAIR.matcher(text);
      while (pair.find()) {
        String name = pair.group(1).toLowerCase(Locale.ROOT);
        if (seen.contains(name) && List.of("for", "by", "host", "proto").contains(name)) {
          return new Hop(null, 0);
        }
        seen.add(name);
        if (name.equals("for")) {
          String value = pair.group(2);
          boolean quoted = value.startsWith("\"");
          hop =
              node(
                  quoted
                      ? value.substring(1, value.length() - 1).replaceAll("(?s)\\\\(.)", "$1")
                      : value);
        }
      }
      return hop;
    }

    private static @Nullable IpAddress address(String text) {
      IpAddress address =
          IpAddress.parseOrNull(text.replaceFirst("^((?i:fe80):[^%]*)%[0-9A-Za-z._-]+$", "$1"));
      return address == null ? null : translated(address);
    }

    /** What stands behind 64:ff9b::/96, where it is an address that others can have. */
    private static IpAddress translated(IpAddress address) {
      byte[] octets = InetAddress.ofLiteral(address.toString()).getAddress();
      if (octets.length != 16 || !HexFormat.of().formatHex(octets, 0, 12).equals(NAT64)) {
        return address;
      }
      String text =
          IntStream.range(12, 16)
              .mapToObj(i -> Integer.toString(octets[i] & 0xff))
              .collect(Collectors.joining("."));
      return text.matches(NOT_GLOBAL) ? address : IpAddress.parse(text);
    }

    private static final String NAT64 = "0064ff9b0000000000000000";
    private static final String NOT_GLOBAL =
        "(0|10|127|22[4-9]|23[0-9]|24[0-9]|25[0-5]|169\\.254|192\\.168|172\\.(1[6-9]|2[0-9]|3[01])"
            + "|100\\.(6[4-9]|[789][0-9]|1[01][0-9]|12[0-7]))\\..*";

    private static Hop node(String text) {
      Matcher node = NODE.matcher(text);
      if (!node.matches()) {
        return new Hop(null, 0);
      }
      String address = node.group(1) != null ? node.group(1) : node.group(2);
      int port = node.group(3) == null ? 0 : Integer.parseInt(node.group(3));
      return port > 0xffff ? new Hop(null, 0) : new Hop(address(address), port);
    }
  }
}
