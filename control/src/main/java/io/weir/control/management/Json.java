package io.weir.control.management;

import java.util.Collection;
import java.util.function.Consumer;

/** Writes JSON (RFC 8259): just what is needed here, so that no library is loaded for it. */
final class Json {
  private final StringBuilder text = new StringBuilder();
  private boolean first = true;

  /** An object as the whole text. */
  static String object(Consumer<Json> members) {
    Json json = new Json();
    json.enclose('{', () -> members.accept(json), '}');
    return json.text.append('\n').toString();
  }

  Json member(String name, String value) {
    name(name);
    quote(value);
    return this;
  }

  Json member(String name, long value) {
    name(name);
    text.append(value);
    return this;
  }

  Json member(String name, double value) {
    name(name);
    text.append(Double.isFinite(value) ? Double.toString(value) : "null");
    return this;
  }

  Json member(String name, boolean value) {
    name(name);
    text.append(value);
    return this;
  }

  Json member(String name, Consumer<Json> members) {
    name(name);
    enclose('{', () -> members.accept(this), '}');
    return this;
  }

  /** An array of objects. */
  <T> Json array(String name, Collection<T> items, Elements<T> members) {
    name(name);
    enclose(
        '[',
        () -> {
          for (T item : items) {
            separate();
            enclose('{', () -> members.write(this, item), '}');
          }
        },
        ']');
    return this;
  }

  /** An array of numbers. */
  Json array(String name, long[] numbers) {
    name(name);
    enclose(
        '[',
        () -> {
          for (long number : numbers) {
            separate();
            text.append(number);
          }
        },
        ']');
    return this;
  }

  /** Writes the members of one object of an array. */
  interface Elements<T> {
    void write(Json json, T item);
  }

  private void enclose(char open, Runnable content, char close) {
    text.append(open);
    first = true;
    content.run();
    text.append(close);
    first = false;
  }

  private void separate() {
    if (!first) {
      text.append(',');
    }
    first = false;
  }

  private void name(String name) {
    separate();
    quote(name);
    text.append(':');
  }

  private void quote(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c < ' ' || Character.isSurrogate(c) || c == 0x7f) {
        text.append("\\u%04x".formatted((int) c));
      } else {
        text.append(c);
      }
    }
    text.append('"');
  }
}
