package io.weir.waf.engine;

import io.weir.waf.transform.Octets;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Variables that rules set: {@code tx.name} and, for the length of the transaction, those of the
 * other namespaces. Names known when the rules were compiled have numbers; others, made of values
 * of the request, are kept beside. Confined to one thread.
 */
final class Store {
  /** Namespaces of variables; only TX is meant to last no longer than a transaction. */
  static final List<String> NAMESPACES =
      List.of("TX", "IP", "GLOBAL", "SESSION", "USER", "RESOURCE", "ENV", "GEO");

  private static final byte ABSENT = 0;
  private static final byte NUMBER = 1;
  private static final byte TEXT = 2;
  private static final int MAX_DYNAMIC = 10_000;

  /** Names that rules mention, such as {@code tx.score}; shared by all transactions. */
  static final class Names {
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> names = new ArrayList<>();

    int number(String name) {
      String key = name.toLowerCase(Locale.ROOT);
      Integer known = numbers.putIfAbsent(key, names.size());
      if (known == null) {
        names.add(key);
        return names.size() - 1;
      }
      return known;
    }

    int size() {
      return names.size();
    }

    String name(int number) {
      return names.get(number);
    }
  }

  private final Names names;
  private final byte[] kinds;
  private final int[] numbers;
  private final byte[] @Nullable [] texts;
  private final List<String> dynamicNames = new ArrayList<>();

  /** What stands behind the namespace in each of them, as rules that ask for many names read it. */
  private final List<byte[]> dynamicKeys = new ArrayList<>();

  private final Map<String, byte[]> dynamic = new HashMap<>();

  Store(Names names) {
    this.names = names;
    int size = names.size();
    kinds = new byte[size];
    numbers = new int[size];
    texts = new byte[size][];
  }

  void copyFrom(Store initial) {
    System.arraycopy(initial.kinds, 0, kinds, 0, kinds.length);
    System.arraycopy(initial.numbers, 0, numbers, 0, kinds.length);
    System.arraycopy(initial.texts, 0, texts, 0, kinds.length);
    if (!dynamicNames.isEmpty()) {
      dynamicNames.clear();
      dynamicKeys.clear();
      dynamic.clear();
    }
  }

  Names names() {
    return names;
  }

  boolean isSet(int name) {
    return kinds[name] != ABSENT;
  }

  int number(int name) {
    return switch (kinds[name]) {
      case NUMBER -> numbers[name];
      case TEXT -> {
        byte[] text = texts[name];
        yield text == null ? 0 : Text.number(text, 0, text.length);
      }
      default -> 0;
    };
  }

  void set(int name, int value) {
    kinds[name] = NUMBER;
    numbers[name] = value;
  }

  void set(int name, byte[] value) {
    kinds[name] = TEXT;
    texts[name] = value;
  }

  byte @Nullable [] text(int name) {
    return kinds[name] == TEXT ? texts[name] : null;
  }

  void unset(int name) {
    kinds[name] = ABSENT;
  }

  /** Appends the value as text; nothing when it is not set. */
  void write(int name, Octets out) {
    if (kinds[name] == NUMBER) {
      writeNumber(numbers[name], out);
    } else if (kinds[name] == TEXT) {
      byte[] text = texts[name];
      if (text != null) {
        out.add(text, 0, text.length);
      }
    }
  }

  static void writeNumber(int number, Octets out) {
    long rest = Math.abs((long) number);
    if (number < 0) {
      out.add('-');
    }
    long unit = 1;
    while (unit * 10 <= rest) {
      unit *= 10;
    }
    for (; unit > 0; unit /= 10) {
      out.add((int) ('0' + rest / unit % 10));
    }
  }

  /** Sets a variable whose name was made at run time. */
  void setDynamic(String name, byte @Nullable [] value) {
    Integer known = names.numbers.get(name);
    if (known != null) {
      if (value == null) {
        unset(known);
      } else {
        set(known, value);
      }
      return;
    }
    if (value == null) {
      if (dynamic.remove(name) != null) {
        int at = dynamicNames.indexOf(name);
        dynamicNames.remove(at);
        dynamicKeys.remove(at);
      }
    } else if (dynamic.containsKey(name) || dynamicNames.size() < MAX_DYNAMIC) {
      if (dynamic.put(name, value) == null) {
        dynamicNames.add(name);
        dynamicKeys.add(
            name.substring(name.indexOf('.') + 1).getBytes(StandardCharsets.ISO_8859_1));
      }
    }
  }

  byte @Nullable [] dynamic(String name) {
    Integer known = names.numbers.get(name);
    if (known == null) {
      return dynamic.get(name);
    }
    if (!isSet(known)) {
      return null;
    }
    Octets out = new Octets(16);
    write(known, out);
    return out.toArray();
  }

  List<String> dynamicNames() {
    return dynamicNames;
  }

  byte[] dynamicKey(int number) {
    return dynamicKeys.get(number);
  }
}
