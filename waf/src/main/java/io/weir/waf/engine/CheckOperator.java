package io.weir.waf.engine;

import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import io.weir.net.IpPrefixSet;
import io.weir.waf.injection.CrossSiteScripting;
import io.weir.waf.injection.SqlInjection;
import io.weir.waf.regex.ByteSet;
import io.weir.waf.regex.WorkBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Operators that are one check without an argument that varies. */
final class CheckOperator extends Operator {

  /** Units of {@link WorkBudget} for an octet, of checks that do not charge themselves. */
  private static final long WORK = 1;

  @FunctionalInterface
  interface Check {
    boolean test(byte[] in, int from, int to);
  }

  /** A check that charges for what it does. */
  @FunctionalInterface
  interface Detector {
    boolean detects(byte[] in, int from, int to, WorkBudget budget);
  }

  private final Detector detector;
  private final @Nullable ByteSet anyOf;
  private final @Nullable ByteSet octets;

  private CheckOperator(Check check) {
    this(charging(check), null, null);
  }

  private CheckOperator(Detector detector, @Nullable ByteSet anyOf, @Nullable ByteSet octets) {
    this.detector = detector;
    this.anyOf = anyOf;
    this.octets = octets;
  }

  private static Detector charging(Check check) {
    return (in, from, to, budget) -> {
      budget.charge(WORK * (to - from));
      return check.test(in, from, to);
    };
  }

  @Override
  @Nullable ByteSet octets() {
    return octets;
  }

  @Override
  @Nullable ByteSet anyOf() {
    return anyOf;
  }

  @Override
  boolean matches(byte[] in, int from, int to, Evaluation evaluation) {
    return detector.detects(in, from, to, evaluation.budget);
  }

  static CheckOperator unconditional(boolean answer) {
    return new CheckOperator((in, from, to) -> answer);
  }

  static CheckOperator sqlInjection() {
    return new CheckOperator(SqlInjection::detects, null, SqlInjection.SIGNS);
  }

  static CheckOperator crossSiteScripting() {
    return new CheckOperator(CrossSiteScripting::detects, null, CrossSiteScripting.SIGNS);
  }

  /** Matches when an octet is not of the ranges, such as {@code 9,10,32-126}. */
  static CheckOperator byteRange(String ranges) throws CompileException {
    ByteSet allowed = ByteSet.NONE;
    for (String range : ranges.split(",", -1)) {
      String[] ends = range.strip().split("-", -1);
      try {
        int from = Integer.parseInt(ends[0].strip());
        int to = ends.length == 1 ? from : Integer.parseInt(ends[1].strip());
        if (ends.length > 2 || from < 0 || to > 255 || from > to) {
          throw new NumberFormatException();
        }
        allowed = allowed.union(ByteSet.range(from, to));
      } catch (NumberFormatException e) {
        throw new CompileException(
            "@validateByteRange: " + range + " (expected: numbers from 0 to 255 such as 32-126)");
      }
    }
    ByteSet wrong = allowed.complement();
    return new CheckOperator(charging(wrong::occursIn), wrong, wrong);
  }

  /** Matches when a percent sign is not followed by two hexadecimal digits. */
  static CheckOperator urlEncoding() {
    return new CheckOperator((in, from, to) -> {
      for (int i = from; i < to; i++) {
        if (in[i] == '%' && (i + 2 >= to || !isHex(in[i + 1]) || !isHex(in[i + 2]))) {
          return true;
        }
      }
      return false;
    });
  }

  private static boolean isHex(int octet) {
    return Character.digit(octet, 16) >= 0 && octet > 0;
  }

  /** Matches when the value is not UTF-8 (RFC 3629), also for overlong forms and surrogates. */
  static CheckOperator utf8() {
    return new CheckOperator((in, from, to) -> {
      int i = from;
      while (i < to) {
        int length = in[i] >= 0 ? 1 : utf8Length(in, i, to);
        if (length == 0) {
          return true;
        }
        i += length;
      }
      return false;
    });
  }

  private static int utf8Length(byte[] in, int at, int to) {
    int lead = in[at] & 0xff;
    int length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length == 0 || at + length > to) {
      return 0;
    }
    for (int i = 1; i < length; i++) {
      if ((in[at + i] & 0xc0) != 0x80) {
        return 0;
      }
    }
    int second = in[at + 1] & 0xff;
    boolean overlong = lead == 0xe0 && second < 0xa0 || lead == 0xf0 && second < 0x90;
    boolean beyond = lead == 0xed && second > 0x9f || lead == 0xf4 && second > 0x8f;
    return overlong || beyond ? 0 : length;
  }

  static CheckOperator ipMatch(Iterable<String> texts) throws CompileException {
    List<IpPrefix> prefixes = new ArrayList<>();
    for (String text : texts) {
      prefixes.add(prefix(text.strip()));
    }
    IpPrefixSet set = IpPrefixSet.of(prefixes);
    return new CheckOperator((in, from, to) -> {
      IpAddress address = IpAddress.parseOrNull(in, from, to - from);
      return address != null && set.contains(address);
    });
  }

  private static IpPrefix prefix(String text) throws CompileException {
    int slash = text.indexOf('/');
    IpAddress address = IpAddress.parseOrNull(slash < 0 ? text : text.substring(0, slash));
    try {
      if (address != null) {
        int bits = slash < 0 ? address.width() : Integer.parseInt(text.substring(slash + 1));
        if (slash >= 0 && address.isIpv4() && text.indexOf(':') >= 0) {
          bits -= 96; // an IPv4-mapped IPv6 prefix
        }
        if (bits >= 0 && bits <= address.width()) {
          return new IpPrefix(address.prefix(bits), bits);
        }
      }
    } catch (NumberFormatException e) {
      // falls through to the complaint
    }
    throw new CompileException(
        "@ipMatch: " + text + " (expected: an address or a prefix such as 192.0.2.0/24)");
  }

  /** The operator of this name without argument, or null. */
  static @Nullable CheckOperator named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "unconditionalmatch" -> unconditional(true);
      case "nomatch" -> unconditional(false);
      case "detectsqli" -> sqlInjection();
      case "detectxss" -> crossSiteScripting();
      case "validateurlencoding" -> urlEncoding();
      case "validateutf8encoding" -> utf8();
      default -> null;
    };
  }
}
