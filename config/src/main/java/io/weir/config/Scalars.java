package io.weir.config;

import io.weir.net.HostPort;
import io.weir.net.IpAddress;
import io.weir.net.IpPrefix;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads single values. One row per type: what it is called, what stands in for a wrong one, how it
 * is read.
 */
final class Scalars {
  private Scalars() {}

  /**
   * How one type is read.
   *
   * @param noun what is expected, in a message
   * @param plain whether it must stand without quotes
   * @param placeholder what stands in for a required value that is missing or wrong
   */
  private record Reader(String noun, boolean plain, Object placeholder, Reading reading) {}

  /** Reads a text; null, or an IllegalArgumentException, if it is not one. */
  private interface Reading {
    @Nullable Object read(String text, Key key);
  }

  private static final Duration LONGEST = Duration.ofDays(3650);
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)?");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,15})(B|KiB|MiB|GiB|TiB)?");
  private static final Pattern INT_RANGE = Pattern.compile("([0-9]{1,9})(?:-([0-9]{1,9}))?");
  private static final Pattern INTEGER = Pattern.compile("[0-9]{1,10}");
  private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");

  private static final Reader INT =
      new Reader("a whole number", true, 0, (text, key) -> integer(text));
  private static final Reader BOOLEAN =
      new Reader("true or false", true, false, (text, key) -> bool(text));

  private static final Map<Class<?>, Reader> READERS =
      Map.ofEntries(
          Map.entry(boolean.class, BOOLEAN),
          Map.entry(Boolean.class, BOOLEAN),
          Map.entry(int.class, INT),
          Map.entry(Integer.class, INT),
          Map.entry(
              double.class,
              new Reader(
                  "a number",
                  true,
                  0.0,
                  (text, key) -> DECIMAL.matcher(text).matches() ? Double.valueOf(text) : null)),
          Map.entry(
              String.class,
              new Reader("", false, "", (text, key) -> key.form().accepts(text) ? text : null)),
          Map.entry(
              Duration.class,
              new Reader(
                  "a duration such as 10s",
                  false,
                  Duration.ZERO,
                  (text, key) -> duration(text, key.unit()))),
          Map.entry(
              ByteSize.class,
              new Reader("a size such as 8KiB", false, ByteSize.ZERO, (text, key) -> size(text))),
          Map.entry(
              IntRange.class,
              new Reader(
                  "a number or a range such as 200-299",
                  false,
                  new IntRange(0, 0),
                  (text, key) -> intRange(text))),
          Map.entry(
              HostPort.class,
              new Reader(
                  "host and port, such as 192.0.2.10:8080",
                  false,
                  new HostPort("0.0.0.0", 0),
                  (text, key) -> backend(HostPort.parse(text)))),
          Map.entry(
              ListenAddress.class,
              new Reader(
                  "an IP address and port, such as 0.0.0.0:443",
                  false,
                  new ListenAddress(IpAddress.ofIpv4(0), 0),
                  (text, key) -> listen(HostPort.parse(text)))),
          Map.entry(
              IpAddress.class,
              new Reader(
                  "an IP address such as 192.0.2.1",
                  false,
                  IpAddress.ofIpv4(0),
                  (text, key) -> IpAddress.parse(text))),
          Map.entry(
              IpPrefix.class,
              new Reader(
                  "a network such as 192.0.2.0/24",
                  false,
                  new IpPrefix(IpAddress.ofIpv4(0), 0),
                  (text, key) -> IpPrefix.parse(text))));

  /** The value; null if the scalar is no value of this type. */
  static @Nullable Object read(Class<?> type, Node.Scalar scalar, Key key) {
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .filter(constant -> Label.of((Enum<?>) constant).equals(scalar.text()))
          .findFirst()
          .orElse(null);
    }
    Reader reader = reader(type);
    if (reader.plain && !scalar.plain()) {
      return null;
    }
    try {
      return reader.reading.read(scalar.text(), key);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** What a value of this type looks like. */
  static String noun(Class<?> type, Key key) {
    if (type == Duration.class && !key.unit().isEmpty()) {
      return "seconds, or a duration such as 5m";
    }
    return type.isEnum()
        ? "one of " + String.join(", ", labels(type))
        : type == String.class ? key.form().expected() : reader(type).noun;
  }

  /** What stands in for a required value that is missing or wrong, so that checking can go on. */
  static Object placeholder(Class<?> type) {
    return type.isEnum() ? type.getEnumConstants()[0] : reader(type).placeholder;
  }

  /** What the operator may have meant by a value that was refused; empty if nobody knows. */
  static String hint(Class<?> type, Node.Scalar scalar, Key key) {
    String text = scalar.text();
    if (type.isEnum()) {
      return Text.nearest(text, labels(type)).map(near -> "did you mean " + near + "?").orElse("");
    }
    if (type != String.class
        && !scalar.plain()
        && read(type, new Node.Scalar(Mark.START, text, true), key) != null) {
      return "write it without quotes";
    }
    if (type == Duration.class && text.matches("[0-9]{1,9}")) {
      return "write the unit: " + text + "s or " + text + "ms";
    }
    if (type == Duration.class && DURATION.matcher(text).matches()) {
      return "the longest duration is 3650d";
    }
    if (type == ByteSize.class) {
      return sizeHint(text);
    }
    if (type == IpPrefix.class && text.contains("/")) {
      return "the bits after the prefix must be zero";
    }
    return type == boolean.class ? booleanHint(text) : "";
  }

  /** How a value is written, for messages and for the reference. */
  static List<String> labels(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(constant -> Label.of((Enum<?>) constant))
        .collect(Collectors.toList());
  }

  private static Reader reader(Class<?> type) {
    return Objects.requireNonNull(READERS.get(type), type::toString);
  }

  private static @Nullable Boolean bool(String text) {
    return text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null;
  }

  private static @Nullable Integer integer(String text) {
    long value = INTEGER.matcher(text).matches() ? Long.parseLong(text) : -1;
    return 0 <= value && value <= Integer.MAX_VALUE ? (Integer) (int) value : null;
  }

  private static @Nullable Duration duration(String text, String unit) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    long amount = Long.parseLong(matcher.group(1));
    String suffix = matcher.group(2) == null ? unit : matcher.group(2);
    Duration duration =
        switch (suffix) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          case "d" -> Duration.ofDays(amount);
          default -> amount == 0 ? Duration.ZERO : null;
        };
    return duration == null || duration.compareTo(LONGEST) > 0 ? null : duration;
  }

  private static @Nullable ByteSize size(String text) {
    Matcher matcher = SIZE.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    long amount = Long.parseLong(matcher.group(1));
    int unit =
        matcher.group(2) == null ? -1 : Arrays.asList(ByteSize.UNITS).indexOf(matcher.group(2));
    if (unit < 0) {
      return amount == 0 ? ByteSize.ZERO : null;
    }
    boolean tooLarge = amount > Long.MAX_VALUE >> (10 * unit);
    return tooLarge ? null : new ByteSize(amount << (10 * unit));
  }

  private static String sizeHint(String text) {
    if (text.matches("[0-9]{1,15}")) {
      return "write the unit: " + text + "B or " + text + "KiB";
    }
    return text.matches("(?i)[0-9]{1,15} ?[kmgt]i?b?")
        ? "write "
            + text.replaceAll("(?i)^([0-9]+) ?([kmgt]).*", "$1")
            + text.replaceAll("(?i)^[0-9]+ ?([kmgt]).*", "$1").toUpperCase(java.util.Locale.ROOT)
            + "iB"
        : "";
  }

  private static String booleanHint(String text) {
    return switch (text.toLowerCase(java.util.Locale.ROOT)) {
      case "yes", "on", "y", "true" -> "write true";
      case "no", "off", "n", "false" -> "write false";
      default -> "";
    };
  }

  private static @Nullable IntRange intRange(String text) {
    Matcher matcher = INT_RANGE.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    int first = Integer.parseInt(matcher.group(1));
    int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
    return first <= last ? new IntRange(first, last) : null;
  }

  private static @Nullable HostPort backend(HostPort written) {
    return written.port() == 0 ? null : written;
  }

  private static @Nullable ListenAddress listen(HostPort written) {
    IpAddress address = written.address();
    return address == null ? null : new ListenAddress(address, written.port());
  }
}
