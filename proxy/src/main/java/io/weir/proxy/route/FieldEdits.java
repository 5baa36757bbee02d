package io.weir.proxy.route;

import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * How the fields of a message change: some are removed, some replaced, some added. Who forwards a
 * head leaves out the fields for which {@link #removes} says so and then writes all new ones: as
 * {@link #lines} on HTTP/1, one by one on HTTP/2.
 *
 * <p>Fields that frame the message, concern one connection or name the host cannot be touched: a
 * configuration must not be able to desynchronise two servers.
 *
 * <p>Immutable; safe in any thread.
 */
public final class FieldEdits {
  /** Changes nothing. */
  public static final FieldEdits NONE = new FieldEdits(List.of(), List.of(), List.of());

  /**
   * One field to be written.
   *
   * @param name a token (RFC 9110 §5.1), in any case
   * @param value visible ASCII, spaces and tabs inside
   */
  public record Field(String name, String value) {
    /**
     * @throws IllegalArgumentException if name or value are not such, or the field is not to be
     *     touched
     */
    public Field {
      editable(name);
      checkedValue(name, value);
    }
  }

  private final byte[][] removed;

  /** One bit for each known name to be removed; spares most fields the comparison. */
  private final long removedKnown;

  /** One bit for each length, modulo 64, of the other names to be removed. */
  private final long removedLengths;

  private final byte[][] names;
  private final byte[][] values;
  private final byte[] lines;

  /**
   * Compiles edits.
   *
   * @param set fields that replace all of their name
   * @param add fields that are added to those of their name
   * @param remove names of fields that are removed
   * @throws IllegalArgumentException if a name is set and removed, or not to be touched
   */
  public FieldEdits(List<Field> set, List<Field> add, Collection<String> remove) {
    refuseContradictions(set, remove);
    this.removed =
        Stream.concat(set.stream().map(Field::name), remove.stream())
            .map(name -> editable(name))
            .toArray(byte[][]::new);
    this.removedKnown = bits(removed, true);
    this.removedLengths = bits(removed, false);
    List<Field> written = new ArrayList<>(set);
    written.addAll(add);
    this.names = written.stream().map(f -> editable(f.name)).toArray(byte[][]::new);
    this.values = written.stream().map(f -> Ascii.bytes(f.value)).toArray(byte[][]::new);
    StringBuilder text = new StringBuilder();
    written.forEach(f -> text.append(f.name).append(": ").append(f.value).append("\r\n"));
    this.lines = Ascii.bytes(text.toString());
  }

  private static void refuseContradictions(List<Field> set, Collection<String> remove) {
    for (Field field : set) {
      if (remove.stream().anyMatch(field.name::equalsIgnoreCase)) {
        throw new IllegalArgumentException(
            "headers.remove: " + field.name + " (expected: a field that is not set as well)");
      }
    }
  }

  private static long bits(byte[][] names, boolean known) {
    long bits = 0;
    for (byte[] name : names) {
      FieldName constant = FieldName.of(name, 0, name.length);
      if (known == (constant != FieldName.OTHER)) {
        bits |= 1L << (known ? constant.ordinal() : name.length);
      }
    }
    return bits;
  }

  /** The octets of a field name in lower case. */
  static byte[] token(String key, String name) {
    byte[] bytes = Ascii.bytes(name);
    boolean token = bytes.length > 0 && bytes.length <= 256;
    for (int i = 0; i < bytes.length; i++) {
      token &= Ascii.isToken(bytes[i]);
      bytes[i] = Ascii.lower(bytes[i]);
    }
    if (!token) {
      throw new IllegalArgumentException(key + ": " + name + " (expected: a field name)");
    }
    return bytes;
  }

  private static byte[] editable(String name) {
    byte[] bytes = token("headers", name);
    FieldName known = FieldName.of(bytes, 0, bytes.length);
    boolean refused =
        known.isHopByHop()
            || switch (known) {
              case CONTENT_LENGTH, EXPECT, HOST, TRAILER -> true;
              default -> false;
            };
    if (refused) {
      throw new IllegalArgumentException(
          "headers: "
              + name
              + " (expected: a field that neither frames the message nor concerns one connection;"
              + (known == FieldName.HOST
                  ? " the host is changed by rewrite.host)"
                  : " Weir sets it)"));
    }
    return bytes;
  }

  /** The value, if it may stand in a field (RFC 9110 §5.5) and every reader sees the same. */
  static String checkedValue(String key, String value) {
    boolean valid = value.chars().allMatch(c -> c <= 0x7e && Ascii.isValue((byte) c));
    if (!valid || !value.strip().equals(value)) {
      throw new IllegalArgumentException(
          key + ": " + value + " (expected: visible ASCII without spaces around it)");
    }
    return value;
  }

  /** Whether field {@code i} of a message is to be left out: removed, or replaced by a new one. */
  public boolean removes(Head head, int i) {
    FieldName name = head.name(i);
    if (name != FieldName.OTHER) {
      return (removedKnown >>> name.ordinal() & 1) != 0;
    }
    int start = head.nameStart(i);
    int end = head.nameEnd(i);
    return (removedLengths >>> (end - start) & 1) != 0 && isRemoved(head.bytes, start, end);
  }

  private boolean isRemoved(byte[] bytes, int start, int end) {
    for (byte[] name : removed) {
      if (isSameName(bytes, start, end, name)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Underscores are hyphens to some backends: to remove a field is to remove its other spelling.
   */
  private static boolean isSameName(byte[] bytes, int start, int end, byte[] name) {
    for (int i = 0; i < name.length && end - start == name.length; i++) {
      byte b = bytes[start + i];
      if (Ascii.lower(b) != name[i] && !(b == '_' && name[i] == '-')) {
        return false;
      }
    }
    return end - start == name.length;
  }

  /** Whether no field is ever left out, so that {@link #removes} need not be asked. */
  public boolean removesNothing() {
    return removed.length == 0;
  }

  /** The new fields as HTTP/1 lines, each with its line end; not to be changed. */
  public byte[] lines() {
    return lines;
  }

  /** Number of new fields. */
  public int count() {
    return names.length;
  }

  /** Name of a new field in lower case; not to be changed. */
  public byte[] name(int i) {
    return names[i];
  }

  /** Value of a new field; not to be changed. */
  public byte[] value(int i) {
    return values[i];
  }
}
