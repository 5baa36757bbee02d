package io.weir.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.net.ForwardedChain.Ending;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In the tables "|" separates field lines, and 10.0.0.0/8 and 2001:db8:f::/48 are trusted. */
class ForwardedChainTest {

  private static final IpPrefixSet TRUSTED =
      IpPrefixSet.of(List.of(IpPrefix.parse("10.0.0.0/8"), IpPrefix.parse("2001:db8:f::/48")));

  private final ForwardedChain chain = new ForwardedChain();

  private ClientIdentity resolve(String peer, String xForwardedFor, String forwarded) {
    List<String> xLines = lines(xForwardedFor);
    List<String> fLines = lines(forwarded);
    chain.begin(String.join("", concat(xLines, fLines)).getBytes(ISO_8859_1));
    int at = 0;
    for (String line : xLines) {
      chain.addXForwardedFor(at, line.length());
      at += line.length();
    }
    for (String line : fLines) {
      chain.addForwarded(at, line.length());
      at += line.length();
    }
    IpAddress address = IpAddress.parse(peer);
    return chain.resolve(new ClientIdentity(address, 4711, Provenance.SOCKET), TRUSTED);
  }

  private static List<String> concat(List<String> first, List<String> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }

  private static List<String> lines(String field) {
    return field.equals("-") ? List.of() : List.of(field.split("\\|", -1));
  }

  private String believed() {
    byte[] dst = new byte[ForwardedChain.MAX_HOPS * (IpAddress.MAX_TEXT_LENGTH + 2)];
    return new String(dst, 0, chain.writeBelieved(dst, 0), ISO_8859_1);
  }

  private static String text(ClientIdentity client) {
    return client.address() + (client.port() == 0 ? "" : " port " + client.port());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      textBlock =
          """
          # peer; X-Forwarded-For; client; ending; believed
          # The peer is not a proxy of ours.
          203.0.113.9; 192.0.2.1; 203.0.113.9 port 4711; PEER_UNTRUSTED; ~~
          203.0.113.9; 10.0.0.1; 203.0.113.9 port 4711; PEER_UNTRUSTED; ~~
          203.0.113.9; garbage; 203.0.113.9 port 4711; PEER_UNTRUSTED; ~~
          2001:db8::9; 192.0.2.1; 2001:db8::9 port 4711; PEER_UNTRUSTED; ~~
          10.0.0.1; -; 10.0.0.1 port 4711; ABSENT; ~~
          203.0.113.9; -; 203.0.113.9 port 4711; ABSENT; ~~
          # One hop.
          10.0.0.1; 192.0.2.1; 192.0.2.1; CLIENT_FOUND; 192.0.2.1
          10.0.0.1; 2001:DB8::0:1; 2001:db8::1; CLIENT_FOUND; 2001:db8::1
          2001:db8:f::1; 2001:db8::1; 2001:db8::1; CLIENT_FOUND; 2001:db8::1
          2001:db8:f::1; 192.0.2.1; 192.0.2.1; CLIENT_FOUND; 192.0.2.1
          ::ffff:10.0.0.1; ::ffff:192.0.2.1; 192.0.2.1; CLIENT_FOUND; 192.0.2.1
          # Ports and brackets.
          10.0.0.1; 192.0.2.1:5000; 192.0.2.1 port 5000; CLIENT_FOUND; 192.0.2.1
          10.0.0.1; [2001:db8::1]:5000; 2001:db8::1 port 5000; CLIENT_FOUND; 2001:db8::1
          10.0.0.1; [2001:db8::1]; 2001:db8::1; CLIENT_FOUND; 2001:db8::1
          10.0.0.1; [::ffff:192.0.2.1]:5; 192.0.2.1 port 5; CLIENT_FOUND; 192.0.2.1
          10.0.0.1; 192.0.2.1:0; 192.0.2.1; CLIENT_FOUND; 192.0.2.1
          10.0.0.1; 192.0.2.1:5000, 10.0.0.2:6000; 192.0.2.1 port 5000; CLIENT_FOUND; 192.0.2.1, 10.0.0.2
          # Spoofed: what is left of the client is not believed.
          10.0.0.1; 198.51.100.66, 192.0.2.1; 192.0.2.1; CLIENT_FOUND; 192.0.2.1
          10.0.0.1; 10.0.0.9, 192.0.2.1; 192.0.2.1; CLIENT_FOUND; 192.0.2.1
          10.0.0.1; 127.0.0.1, 10.0.0.9, 192.0.2.1, 10.0.0.2; 192.0.2.1; CLIENT_FOUND; 192.0.2.1, 10.0.0.2
          10.0.0.1; ',,~"%, 192.0.2.1; 192.0.2.1; CLIENT_FOUND; 192.0.2.1
          10.0.0.1; unknown, 192.0.2.1; 192.0.2.1; CLIENT_FOUND; 192.0.2.1
          # Several trusted hops, both families, blanks.
          10.0.0.1; 192.0.2.1,10.0.0.3,10.0.0.2; 192.0.2.1; CLIENT_FOUND; 192.0.2.1, 10.0.0.3, 10.0.0.2
          10.0.0.1; 192.0.2.1 , 2001:db8:f::3  ,\t10.0.0.2\t; 192.0.2.1; CLIENT_FOUND; 192.0.2.1, 2001:db8:f::3, 10.0.0.2
          # All of them are ours.
          10.0.0.1; 10.0.0.2; 10.0.0.2; EXHAUSTED; 10.0.0.2
          10.0.0.1; 10.0.0.3, 10.0.0.2; 10.0.0.3; EXHAUSTED; 10.0.0.3, 10.0.0.2
          # Several lines are one list.
          10.0.0.1; 198.51.100.66|192.0.2.1; 192.0.2.1; CLIENT_FOUND; 192.0.2.1
          10.0.0.1; 198.51.100.66, 192.0.2.1|10.0.0.2; 192.0.2.1; CLIENT_FOUND; 192.0.2.1, 10.0.0.2
          10.0.0.1; 192.0.2.1|10.0.0.4, 10.0.0.3|10.0.0.2; 192.0.2.1; CLIENT_FOUND; 192.0.2.1, 10.0.0.4, 10.0.0.3, 10.0.0.2
          # A hop that names nobody ends the walk.
          10.0.0.1; unknown; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 192.0.2.1, unknown; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 192.0.2.1, _hidden, 10.0.0.2; 10.0.0.2; UNREADABLE_HOP; 10.0.0.2
          10.0.0.1; 192.0.2.1, 10.0.0.2:x; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; fe80::1%eth0; fe80::1; CLIENT_FOUND; fe80::1
          10.0.0.1; 2001:db8::1%eth0; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; fe80::1%; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; [fe80::1%25eth0]:80; fe80::1 port 80; CLIENT_FOUND; fe80::1
          10.0.0.1; 64:ff9b::203.0.113.7; 203.0.113.7; CLIENT_FOUND; 203.0.113.7
          10.0.0.1; 64:ff9b::10.0.0.2; 64:ff9b::a00:2; CLIENT_FOUND; 64:ff9b::a00:2
          10.0.0.1; 192.0.2.1:65536; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 192.0.2.1:; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 192.0.2.1:000080; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 192.0.2.1:-1; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 192.0.2.1:80:80; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 192.0.2.01; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 192.0.2; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; [192.0.2.1]; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; [2001:db8::1; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 2001:db8::1]; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; [2001:db8::1]80; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; []; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; [; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; :; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; "192.0.2.1"; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 192.0.2.1 192.0.2.2; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; for=192.0.2.1; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          # So does an empty one: skipping it would believe what is left of it.
          10.0.0.1; ~~; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; ~ ~; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 192.0.2.1,; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; 192.0.2.1, , 10.0.0.2; 10.0.0.2; UNREADABLE_HOP; 10.0.0.2
          10.0.0.1; 192.0.2.1|; 10.0.0.1 port 4711; UNREADABLE_HOP; ~~
          10.0.0.1; ~,10.0.0.2~; 10.0.0.2; UNREADABLE_HOP; 10.0.0.2
          10.0.0.1; ~|10.0.0.2~; 10.0.0.2; UNREADABLE_HOP; 10.0.0.2
          """)
  void readsXForwardedFor(
      String peer, String field, String client, Ending ending, String believed) {
    assertThat(text(resolve(peer, field, "-"))).isEqualTo(client);
    assertThat(chain.ending()).isEqualTo(ending);
    assertThat(believed()).isEqualTo(believed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '~',
      textBlock =
          """
          # peer ! Forwarded ! client ! ending ! believed
          203.0.113.9 ! for=192.0.2.1 ! 203.0.113.9 port 4711 ! PEER_UNTRUSTED ! ~~
          10.0.0.1 ! for=192.0.2.1 ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          10.0.0.1 ! For="192.0.2.1" ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          10.0.0.1 ! FOR="192.0.2.1:5000" ! 192.0.2.1 port 5000 ! CLIENT_FOUND ! 192.0.2.1
          10.0.0.1 ! for="[2001:db8:cafe::17]:4711" ! 2001:db8:cafe::17 port 4711 ! CLIENT_FOUND ! 2001:db8:cafe::17
          10.0.0.1 ! for="[2001:db8:cafe::17]" ! 2001:db8:cafe::17 ! CLIENT_FOUND ! 2001:db8:cafe::17
          10.0.0.1 ! for="192.0.2.1:_gazonk" ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          10.0.0.1 ! for="\\1\\92.0.2.1" ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          10.0.0.1 ! for=192.0.2.60;proto=http;by=203.0.113.43 ! 192.0.2.60 ! CLIENT_FOUND ! 192.0.2.60
          10.0.0.1 ! proto=https;host="a, b; for=198.51.100.66";for=192.0.2.1 ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          10.0.0.1 ! for=192.0.2.1;host="a\\", for=198.51.100.66" ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          10.0.0.1 ! for=192.0.2.1;host="a\\\\" ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          10.0.0.1 ! ;;for=192.0.2.1;;secret=x; ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          10.0.0.1 ! for=198.51.100.66, for=192.0.2.1, for=10.0.0.2 ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1, 10.0.0.2
          10.0.0.1 ! for=198.51.100.66|for=192.0.2.1 , for="[2001:db8:f::2]" ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1, 2001:db8:f::2
          10.0.0.1 ! for=10.0.0.2 ! 10.0.0.2 ! EXHAUSTED ! 10.0.0.2
          # Quotes that a stranger left open do not reach what a proxy appended.
          10.0.0.1 ! for="198.51.100.66, for=192.0.2.1 ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          10.0.0.1 ! for=", for="[2001:db8::1]" ! 2001:db8::1 ! CLIENT_FOUND ! 2001:db8::1
          10.0.0.1 ! for="\\, for="[2001:db8::1]" ! 2001:db8::1 ! CLIENT_FOUND ! 2001:db8::1
          10.0.0.1 ! for="x|for=192.0.2.1 ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          # Hops that name nobody.
          10.0.0.1 ! for=unknown ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=192.0.2.1, for=_hidden, for=10.0.0.2 ! 10.0.0.2 ! UNREADABLE_HOP ! 10.0.0.2
          10.0.0.1 ! for="_SEVKISEK" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for="unknown:_x" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! by=192.0.2.1 ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! proto=http ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! ~~ ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=192.0.2.1, ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! ; ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          # Malformed.
          10.0.0.1 ! 192.0.2.1 ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for= ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! =192.0.2.1 ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for="" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for="192.0.2.1 ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=192.0.2.1" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for="192.0.2.1"x ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for="192.0.2.1\\" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for='192.0.2.1' ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=192.0.2.1:80 ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=[2001:db8::1] ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for="2001:db8::1" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for="[192.0.2.1]" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for="[fe80::1%eth0]" ! fe80::1 ! CLIENT_FOUND ! fe80::1
          10.0.0.1 ! for="192.0.2.1:_" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for="192.0.2.1:_a~" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for="192.0.2.1:" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for="192.0.2.1:123456" ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=192.0.2.1;for=192.0.2.2 ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=192.0.2.1;proto=a;Proto=b ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=192.0.2.1; proto=http ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for = 192.0.2.1 ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=192.0.2.1 proto=http ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=192.0.2.1;host=a:80 ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          10.0.0.1 ! for=192.0.2.1;h\u00f6st=a ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          """)
  void readsForwarded(String peer, String field, String client, Ending ending, String believed) {
    assertThat(text(resolve(peer, "-", field))).isEqualTo(client);
    assertThat(chain.ending()).isEqualTo(ending);
    assertThat(believed()).isEqualTo(believed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '~',
      textBlock =
          """
          # X-Forwarded-For ! Forwarded ! client ! ending ! believed
          192.0.2.1 ! for=192.0.2.1 ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          192.0.2.1 ! for="192.0.2.1:80" ! 192.0.2.1 port 80 ! CLIENT_FOUND ! 192.0.2.1
          192.0.2.1, 10.0.0.2 ! for=192.0.2.1, for=10.0.0.2 ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1, 10.0.0.2
          198.51.100.66, 192.0.2.1 ! for=198.51.100.67, for=192.0.2.1 ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1
          # Whichever of the two a stranger wrote, he does not become someone else.
          192.0.2.1 ! for=198.51.100.66 ! 10.0.0.1 port 4711 ! CONFLICT ! ~~
          192.0.2.1, 10.0.0.2 ! for=198.51.100.66, for=10.0.0.2 ! 10.0.0.2 ! CONFLICT ! 10.0.0.2
          192.0.2.1 ! for=_hidden ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          garbage ! for=192.0.2.1 ! 10.0.0.1 port 4711 ! UNREADABLE_HOP ! ~~
          # A proxy further out wrote only one of them.
          192.0.2.1, 10.0.0.2 ! for=10.0.0.2 ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1, 10.0.0.2
          10.0.0.2 ! for=192.0.2.1, for=10.0.0.2 ! 192.0.2.1 ! CLIENT_FOUND ! 192.0.2.1, 10.0.0.2
          """)
  void believesBothFieldsOnlyWhereTheyAgree(
      String xForwardedFor, String forwarded, String client, Ending ending, String believed) {
    assertThat(text(resolve("10.0.0.1", xForwardedFor, forwarded))).isEqualTo(client);
    assertThat(chain.ending()).isEqualTo(ending);
    assertThat(believed()).isEqualTo(believed);
  }

  @Test
  void saysThatTheAddressCameFromAHeaderOnlyIfItDid() {
    assertThat(resolve("10.0.0.1", "192.0.2.1", "-").provenance())
        .isEqualTo(Provenance.FORWARDED_HEADER);
    assertThat(resolve("10.0.0.1", "unknown", "-").provenance()).isEqualTo(Provenance.SOCKET);
  }

  @Test
  void keepsThePeerItselfWhereNothingIsBelieved() {
    ClientIdentity peer =
        new ClientIdentity(IpAddress.parse("203.0.113.9"), 1, Provenance.PROXY_PROTOCOL);
    chain.begin("192.0.2.1".getBytes(ISO_8859_1));
    assertThat(chain.resolve(peer, TRUSTED)).isSameAs(peer);
    chain.addXForwardedFor(0, 9);
    assertThat(chain.resolve(peer, TRUSTED)).isSameAs(peer);
  }

  @Test
  void believesNoEndlessChain() {
    String hops = "10.0.0.2, ".repeat(ForwardedChain.MAX_HOPS - 1) + "10.0.0.2";

    resolve("10.0.0.1", hops, "-");
    assertThat(chain.ending()).isEqualTo(Ending.EXHAUSTED);
    assertThat(chain.believedHops()).isEqualTo(ForwardedChain.MAX_HOPS);

    assertThat(text(resolve("10.0.0.1", "192.0.2.1, " + hops, "-"))).isEqualTo("10.0.0.2");
    assertThat(chain.ending()).isEqualTo(Ending.TOO_MANY_HOPS);
  }

  @Test
  void takesAnyNumberOfLines() {
    resolve("10.0.0.1", "192.0.2.1" + "|10.0.0.2".repeat(20), "-");
    assertThat(chain.ending()).isEqualTo(Ending.CLIENT_FOUND);
    assertThat(chain.believedHops()).isEqualTo(21);
    assertThat(chain.believedHop(20)).hasToString("192.0.2.1");
    assertThatThrownBy(() -> chain.believedHop(21)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void readsElementsOfAnyLength() {
    String host = "a".repeat(100_000);
    assertThat(text(resolve("10.0.0.1", "-", "host=\"" + host + "\";for=192.0.2.1")))
        .isEqualTo("192.0.2.1");
    assertThat(text(resolve("10.0.0.1", "-", "for=\"192.0.2.1:_" + host + "\"")))
        .isEqualTo("10.0.0.1 port 4711");
    assertThat(text(resolve("10.0.0.1", host, "-"))).isEqualTo("10.0.0.1 port 4711");
  }

  @Test
  void forgetsTheRequestBefore() {
    resolve("10.0.0.1", "192.0.2.1, 10.0.0.2", "-");
    assertThat(text(resolve("10.0.0.1", "-", "-"))).isEqualTo("10.0.0.1 port 4711");
    assertThat(chain.believedHops()).isZero();
    assertThat(believed()).isEmpty();
    assertThat(chain.ending()).isEqualTo(Ending.ABSENT);
  }

  @Test
  void refusesLinesOutsideTheBytes() {
    chain.begin(new byte[4]);
    assertThatThrownBy(() -> chain.addXForwardedFor(2, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> chain.addForwarded(-1, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
