package io.weir.net;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Finds the client in what proxies have written into X-Forwarded-For and Forwarded (RFC 7239).
 *
 * <p>Every proxy appends, on the right, the address that spoke to it; everything further left it
 * only passed on. So the fields are read from the right: the rightmost hop is believed if the peer
 * of the connection is a trusted proxy, the next one if the hop just read is a trusted proxy too,
 * and so on to the first address that is not trusted: the client. What is left of it is never read:
 * anyone may have written it. For a peer that is not trusted nothing is read at all.
 *
 * <pre>
 *   X-Forwarded-For: 192.0.2.66, 203.0.113.7, 198.51.100.2     from 198.51.100.1
 *                    not read    the client   trusted          trusted
 * </pre>
 *
 * <p>A hop that names no address (obfuscated, {@code unknown}, malformed, empty) ends the walk: the
 * address proven last stands. RFC 9110 section 5.6.1.2 would skip an empty list element; here it is
 * a proxy that could not name its peer, and to skip it would be to believe the stranger's text left
 * of it.
 *
 * <p><b>Both fields present.</b> A proxy commonly writes one and passes the other on untouched, so
 * whichever field had precedence, a stranger could fill it in where the proxies write the other.
 * Therefore neither wins: both are read in step, a hop counts only if they agree on its address,
 * and at the first disagreement the address proven last stands ({@link Ending#CONFLICT}). A field
 * that has run out objects to nothing, just like one that is absent. Where it is known which field
 * the proxies write, give only that one: then nothing a client adds to the other can hide the
 * client.
 *
 * <p>Forwarded is split from the right as well. An unbalanced quote that a stranger put to the left
 * therefore cannot swallow what a proxy appended; and since an element is only accepted if it
 * parses in full, the split is unambiguous for every element that a proxy wrote correctly.
 *
 * <p>To use: {@link #begin}, the field lines in their order, {@link #resolve}. Reusable; confined
 * to one thread. Makes no object but the addresses and the identity it believes, so none for a
 * request without these fields or from an untrusted peer.
 */
public final class ForwardedChain {

  /** The most hops believed; more means proxies that send in a circle. */
  public static final int MAX_HOPS = 32;

  /** Why the walk ended where it did. */
  public enum Ending {
    /** There was no field to read. */
    ABSENT,
    /** The peer is not a trusted proxy; the fields were ignored. */
    PEER_UNTRUSTED,
    /** The walk came to an address that is not a trusted proxy. */
    CLIENT_FOUND,
    /** Every hop is a trusted proxy; the leftmost one asked on its own behalf. */
    EXHAUSTED,
    /** A hop names no address: obfuscated, unknown, malformed or empty. */
    UNREADABLE_HOP,
    /** X-Forwarded-For and Forwarded name different addresses for the same hop. */
    CONFLICT,
    /** More than {@link #MAX_HOPS} trusted hops. */
    TOO_MANY_HOPS
  }

  private final FieldCursor xForwardedFor = new FieldCursor();
  private final FieldCursor forwarded = new FieldCursor();
  private final ForwardedHop hop = new ForwardedHop();
  private final @Nullable IpAddress[] believed = new @Nullable IpAddress[MAX_HOPS];
  private int believedHops;
  private Ending ending = Ending.ABSENT;

  /** Makes one for one thread to use again and again. */
  public ForwardedChain() {}

  /**
   * Forgets the last request. {@code src} holds the field lines to come, until {@link #resolve}.
   */
  public void begin(byte[] src) {
    xForwardedFor.begin(src);
    forwarded.begin(src);
    Arrays.fill(believed, 0, believedHops, null);
    believedHops = 0;
    ending = Ending.ABSENT;
  }

  /**
   * Takes the value of the next X-Forwarded-For line.
   *
   * @throws IndexOutOfBoundsException if the slice is not within the bytes given to {@link #begin}
   */
  public void addXForwardedFor(int offset, int length) {
    xForwardedFor.addLine(offset, length);
  }

  /**
   * Takes the value of the next Forwarded line.
   *
   * @throws IndexOutOfBoundsException if the slice is not within the bytes given to {@link #begin}
   */
  public void addForwarded(int offset, int length) {
    forwarded.addLine(offset, length);
  }

  /**
   * Walks the chain. Call once after the lines.
   *
   * @param peer who sent the request, as known without these fields
   * @param trusted the networks of the proxies whose word counts
   * @return the client; {@code peer} itself if no hop was believed
   */
  public ClientIdentity resolve(ClientIdentity peer, IpPrefixSet trusted) {
    if (xForwardedFor.isAbsent() && forwarded.isAbsent()) {
      return peer;
    }
    IpAddress proven = peer.address();
    int port = 0;
    Ending end = trusted.contains(proven) ? null : Ending.PEER_UNTRUSTED;
    while (end == null) {
      end = readHop();
      if (end == null) {
        proven = Objects.requireNonNull(hop.address);
        port = hop.port;
        believed[believedHops++] = proven;
        end = trusted.contains(proven) ? null : Ending.CLIENT_FOUND;
      }
    }
    ending = end;
    return believedHops == 0 ? peer : new ClientIdentity(proven, port, Provenance.FORWARDED_HEADER);
  }

  /** Reads the next hop to the left from whichever fields still have one; null if it counts. */
  private @Nullable Ending readHop() {
    boolean inXForwardedFor = xForwardedFor.previous(false);
    boolean inForwarded = forwarded.previous(true);
    if (!inXForwardedFor && !inForwarded) {
      return Ending.EXHAUSTED;
    }
    if (believedHops == MAX_HOPS) {
      return Ending.TOO_MANY_HOPS;
    }
    if (inXForwardedFor
        && !hop.parseXForwardedFor(xForwardedFor.src, xForwardedFor.start, xForwardedFor.end)) {
      return Ending.UNREADABLE_HOP;
    }
    IpAddress first = inXForwardedFor ? hop.address : null;
    if (inForwarded && !hop.parseForwarded(forwarded.src, forwarded.start, forwarded.end)) {
      return Ending.UNREADABLE_HOP;
    }
    return first == null || first.equals(hop.address) ? null : Ending.CONFLICT;
  }

  /** Why the last walk ended where it did. */
  public Ending ending() {
    return ending;
  }

  /** The number of hops that the last walk believed, 0 to {@link #MAX_HOPS}. */
  public int believedHops() {
    return believedHops;
  }

  /**
   * A hop that the last walk believed.
   *
   * @param index 0 for the rightmost, {@code believedHops() - 1} for the client
   * @throws IndexOutOfBoundsException if there is no such hop
   */
  public IpAddress believedHop(int index) {
    return Objects.requireNonNull(believed[Objects.checkIndex(index, believedHops)]);
  }

  /**
   * Writes the believed hops in the order and form of X-Forwarded-For, the client first, separated
   * by {@code ", "}: what may be passed on to a backend. Writes nothing if none was believed.
   *
   * @param dst room for {@link #MAX_HOPS} times {@link IpAddress#MAX_TEXT_LENGTH} + 2 always
   *     suffices
   * @return the offset after the last byte written
   */
  public int writeBelieved(byte[] dst, int offset) {
    int at = offset;
    for (int i = believedHops - 1; i >= 0; i--) {
      at = believedHop(i).writeTo(dst, at);
      if (i > 0) {
        dst[at++] = ',';
        dst[at++] = ' ';
      }
    }
    return at;
  }

  /** Walks the list elements of one field, over all its lines, from the right. */
  private static final class FieldCursor {
    private byte[] src = new byte[0];
    private int[] lines = new int[8]; // start and end of each line
    private int count; // of entries in "lines"; falls as lines are used up
    private boolean insideLine; // an element of the last line was read and one more is left of it
    private int lineEnd;

    /** The element last found: {@code src[start, end)}, blanks around it removed. */
    private int start;

    private int end;

    void begin(byte[] bytes) {
      src = bytes;
      count = 0;
      insideLine = false;
    }

    boolean isAbsent() {
      return count == 0;
    }

    void addLine(int offset, int length) {
      Objects.checkFromIndexSize(offset, length, src.length);
      if (count == lines.length) {
        lines = Arrays.copyOf(lines, 2 * count);
      }
      lines[count++] = offset;
      lines[count++] = offset + length;
    }

    /** Moves to the element to the left; false if there is none. */
    boolean previous(boolean quotes) {
      if (count == 0) {
        return false;
      }
      int lineStart = lines[count - 2];
      int right = insideLine ? lineEnd : lines[count - 1];
      int left = elementStart(lineStart, right, quotes);
      insideLine = left > lineStart;
      lineEnd = left - 1; // the comma
      if (!insideLine) {
        count -= 2;
      }
      trim(left, right);
      return true;
    }

    /** Finds the start of the element that ends at {@code right}. */
    private int elementStart(int lineStart, int right, boolean quotes) {
      boolean quoted = false;
      int at = right;
      while (at > lineStart && (quoted || src[at - 1] != ',')) {
        at--;
        if (quotes && src[at] == '"' && !(quoted && isEscaped(lineStart, at))) {
          quoted = !quoted;
        }
      }
      return at;
    }

    /** Says whether an odd number of backslashes is right before {@code at}. */
    private boolean isEscaped(int lineStart, int at) {
      int run = at;
      while (run > lineStart && src[run - 1] == '\\') {
        run--;
      }
      return (at - run) % 2 == 1;
    }

    private void trim(int left, int right) {
      start = left;
      end = right;
      while (start < end && isBlank(src[start])) {
        start++;
      }
      while (start < end && isBlank(src[end - 1])) {
        end--;
      }
    }

    private static boolean isBlank(byte c) {
      return c == ' ' || c == '\t';
    }
  }
}
