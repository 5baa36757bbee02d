package io.weir.config;

import io.weir.config.Schema.Alternative;
import io.weir.config.Schema.Choice;
import io.weir.config.Schema.Headers;
import io.weir.config.Schema.Kind;
import io.weir.config.Schema.ListOf;
import io.weir.config.Schema.Nested;
import io.weir.config.Schema.Opt;
import io.weir.config.Schema.Simple;
import io.weir.config.Schema.Spec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes records of nodes, by what the records' {@link Key}s declare.
 *
 * <p>A wrong value is reported and replaced by its default or by a placeholder, and binding goes
 * on: so all problems are found, and the result is always complete. It may be used only if no
 * problem was found.
 */
final class Binder {
  private static final Map<Spec, Object> DEFAULTS = new ConcurrentHashMap<>();
  private static final Node.Mapping EMPTY = new Node.Mapping(Mark.START, List.of(), 1);

  private final Problems problems;

  /** The values of the file's own keys, by name: what blocks further in start from. */
  private final Map<String, Object> topLevel = new HashMap<>();

  Binder(Problems problems) {
    this.problems = problems;
  }

  /** Binds the whole file. */
  Config bind(Node root) {
    return (Config) block(Config.class, root, "", null);
  }

  /**
   * Binds a block.
   *
   * @param base the block of the same kind whose values hold where none is written; null: the
   *     defaults hold
   */
  private Object block(Class<?> type, Node node, String path, @Nullable Object base) {
    Schema schema = Schema.of(type);
    if (!(node instanceof Node.Mapping mapping)) {
      refuse(path, node, "keys with values");
      return schema.create(schema.specs().stream().map(Binder::standIn).toArray());
    }
    Map<String, Node.Entry> entries = entries(mapping, schema.keys(), path);
    Object[] values = new Object[schema.specs().size()];
    for (int i = 0; i < values.length; i++) {
      Spec spec = schema.specs().get(i);
      values[i] =
          spec.key().inline()
              ? choice((Choice) spec.kind(), entries, path)
              : key(spec, entries, path, base);
      if (type == Config.class) {
        topLevel.put(spec.name(), values[i]);
      }
    }
    return schema.create(values);
  }

  /** The entries of the keys that are known here; the others are reported. */
  private Map<String, Node.Entry> entries(Node.Mapping mapping, List<String> known, String path) {
    Map<String, Node.Entry> entries = new HashMap<>();
    for (Node.Entry entry : mapping.entries()) {
      String place = join(path, entry.key());
      if (known.contains(entry.key())) {
        problems.place(place, entry.mark());
        entries.put(entry.key(), entry);
      } else {
        String hint = problems.full() ? "" : Vocabulary.hint(entry.key(), known);
        problems.add(entry.mark(), join(path, Text.show(entry.key())), "unknown key", hint);
      }
    }
    return entries;
  }

  private Object key(
      Spec spec, Map<String, Node.Entry> entries, String path, @Nullable Object base) {
    Object start =
        base != null ? spec.valueIn(base) : spec.key().inherit() ? topLevel.get(spec.name()) : null;
    Node.Entry entry = entries.get(spec.name());
    Node.Entry single = entries.get(spec.key().single());
    if (entry != null && single != null) {
      problems.add(
          join(path, single.key()), "given beside " + spec.name() + " (expected: one of them)");
    }
    if (entry != null) {
      return written(spec, entry.value(), join(path, spec.name()), start);
    }
    if (single != null) {
      Kind element = ((ListOf) spec.kind()).element();
      Object value = value(element, spec.key(), single.value(), join(path, single.key()), null);
      return value == null ? List.of() : List.of(value);
    }
    return start != null ? start : absent(spec, path);
  }

  private Object written(Spec spec, Node node, String path, @Nullable Object start) {
    Object value = value(spec.kind(), spec.key(), node, path, start);
    if (value == null) {
      return standIn(spec);
    }
    if (!spec.needs().available() && isOn(value)) {
      problems.add(
          path,
          "is understood, but this version of Weir has no "
              + spec.needs().words()
              + " yet (planned)",
          value instanceof Boolean
              ? "set " + spec.name() + ": false"
              : hasSwitch(value) ? "remove it, or set enabled: false in it" : "remove it");
    }
    return value;
  }

  private Object absent(Spec spec, String path) {
    if (isRequired(spec)) {
      problems.add(
          join(path, spec.name()), "missing (expected: " + noun(spec.kind(), spec.key()) + ")");
    }
    return standIn(spec);
  }

  /** Binds a value that was written; null if it is wrong, which is then reported. */
  private @Nullable Object value(
      Kind kind, Key key, Node node, String path, @Nullable Object start) {
    if (node instanceof Node.Scalar scalar && scalar.isNull()) {
      problems.add(path, "no value (expected: " + noun(kind, key) + ")");
      return null;
    }
    return switch (kind) {
      case Opt opt -> optional(opt, key, node, path, start);
      case Nested nested -> block(nested.type(), node, path, start);
      case ListOf list -> list(list.element(), key, node, path);
      case Headers headers -> headers(node, path);
      case Choice choice -> choiceAlone(choice, node, path);
      case Simple simple -> simple(simple.type(), key, node, path);
    };
  }

  private @Nullable Object optional(
      Opt opt, Key key, Node node, String path, @Nullable Object start) {
    if (key.off() && node instanceof Node.Scalar scalar && scalar.text().equals("off")) {
      return Optional.empty();
    }
    if (key.off() && opt.value() instanceof Nested && node instanceof Node.Scalar) {
      refuse(path, node, noun(opt, key));
      return null;
    }
    Object inner = start instanceof Optional<?> optional ? optional.orElse(null) : null;
    Object value = value(opt.value(), key, node, path, inner);
    return value == null ? null : Optional.of(value);
  }

  private @Nullable Object simple(Class<?> type, Key key, Node node, String path) {
    if (!(node instanceof Node.Scalar scalar)) {
      refuse(path, node, Scalars.noun(type, key));
      return null;
    }
    Object value = Scalars.read(type, scalar, key);
    if (value == null) {
      String expected = Scalars.noun(type, key) + (key.range().isEmpty() ? "" : ", " + key.range());
      problems.add(path, expectation(shown(scalar), expected), Scalars.hint(type, scalar, key));
    } else if (!Range.contains(key, value)) {
      problems.add(path, expectation(shown(scalar), key.range()));
      return null;
    }
    return value;
  }

  private @Nullable Object list(Kind element, Key key, Node node, String path) {
    if (!(node instanceof Node.Sequence sequence)) {
      String hint =
          node instanceof Node.Scalar scalar
              ? "write [" + shown(scalar) + "]"
              : "begin each with \"- \"";
      problems.add(path, expectation(shown(node), "a list"), hint);
      return null;
    }
    List<Object> values = new ArrayList<>();
    Set<Object> seen = new HashSet<>();
    for (int i = 0; i < sequence.items().size(); i++) {
      Node item = sequence.items().get(i);
      String place = path + "[" + i + "]";
      problems.place(place, item.mark());
      Object value = value(element, key, item, place, null);
      values.add(value == null ? standIn(element) : value);
      if (value != null && element instanceof Simple && !seen.add(value)) {
        problems.add(place, shown(item) + " is listed twice");
      }
    }
    return Collections.unmodifiableList(values);
  }

  private @Nullable Object headers(Node node, String path) {
    if (!(node instanceof Node.Mapping mapping)) {
      refuse(path, node, "header fields with values");
      return null;
    }
    Map<String, String> headers = new LinkedHashMap<>();
    Set<String> seen = new HashSet<>();
    for (Node.Entry entry : mapping.entries()) {
      String place = join(path, Text.show(entry.key()));
      problems.place(place, entry.mark());
      if (!Form.HEADER_NAME.accepts(entry.key())) {
        problems.add(place, expectation(Text.show(entry.key()), Form.HEADER_NAME.expected()));
      } else if (!(entry.value() instanceof Node.Scalar scalar)
          || !Form.HEADER_VALUE.accepts(scalar.text())) {
        problems.add(place, expectation(shown(entry.value()), Form.HEADER_VALUE.expected()));
      } else if (!seen.add(entry.key().toLowerCase(Locale.ROOT))) {
        problems.add(place, "given twice (expected: each field once, in any case)");
      } else {
        headers.put(entry.key(), scalar.text());
      }
    }
    return Collections.unmodifiableMap(headers);
  }

  private @Nullable Object choiceAlone(Choice choice, Node node, String path) {
    if (!(node instanceof Node.Mapping mapping)) {
      String names = String.join(", ", choice.alternatives().keySet());
      refuse(path, node, "one of the keys " + names);
      return null;
    }
    return choice(
        choice, entries(mapping, List.copyOf(choice.alternatives().keySet()), path), path);
  }

  /** Binds the one of several keys that is there. */
  private Object choice(Choice choice, Map<String, Node.Entry> entries, String path) {
    List<Alternative> chosen =
        choice.alternatives().values().stream().filter(a -> entries.containsKey(a.name())).toList();
    if (chosen.size() != 1) {
      String names = chosen.stream().map(Alternative::name).collect(Collectors.joining(" and "));
      String expected = "exactly one of " + String.join(", ", choice.alternatives().keySet());
      problems.add(path, expectation(names.isEmpty() ? "nothing to do" : names, expected));
      return standIn(choice);
    }
    Alternative alternative = chosen.getFirst();
    Node node = Objects.requireNonNull(entries.get(alternative.name())).value();
    String place = join(path, alternative.name());
    Spec only = alternative.only();
    return only == null
        ? block(alternative.schema().type(), node, place, null)
        : alternative.schema().create(new Object[] {written(only, node, place, null)});
  }

  private void refuse(String path, Node node, String expected) {
    problems.add(path, expectation(shown(node), expected));
  }

  private static String expectation(String value, String expected) {
    return value + " (expected: " + expected + ")";
  }

  private static String shown(Node node) {
    return switch (node) {
      case Node.Scalar scalar when scalar.plain() -> Text.show(scalar.text());
      case Node.Scalar scalar ->
          scalar.text().isEmpty() ? "\"\"" : '"' + Text.show(scalar.text()) + '"';
      case Node.Sequence sequence -> "a list";
      case Node.Mapping mapping -> "keys with values";
    };
  }

  /** What a value looks like, for messages. */
  static String noun(Kind kind, Key key) {
    return switch (kind) {
      case Opt opt -> noun(opt.value(), key) + (key.off() ? ", or off" : "");
      case Nested nested -> "keys with values";
      case ListOf list -> "a list";
      case Headers headers -> "header fields with values";
      case Choice choice -> "one of the keys " + String.join(", ", choice.alternatives().keySet());
      case Simple simple ->
          Scalars.noun(simple.type(), key) + (key.range().isEmpty() ? "" : ", " + key.range());
    };
  }

  static boolean isRequired(Spec spec) {
    return spec.key().def().isEmpty()
        && (spec.kind() instanceof Simple || spec.kind() instanceof Choice);
  }

  /** The default, or where there is none, something of the right type. */
  private static Object standIn(Spec spec) {
    Object known = DEFAULTS.get(spec);
    if (known != null) {
      return known;
    }
    Object value = spec.key().def().isEmpty() ? standIn(spec.kind()) : defaultOf(spec);
    DEFAULTS.put(spec, value);
    return value;
  }

  private static Object standIn(Kind kind) {
    return switch (kind) {
      case Opt opt -> Optional.empty();
      case Nested nested ->
          new Binder(new Problems("default")).block(nested.type(), EMPTY, "", null);
      case ListOf list -> List.of();
      case Headers headers -> Map.of();
      case Simple simple -> Scalars.placeholder(simple.type());
      case Choice choice -> {
        Schema first = choice.alternatives().values().iterator().next().schema();
        yield first.create(first.specs().stream().map(Binder::standIn).toArray());
      }
    };
  }

  /** Defaults are written in the operator's words, and read by the same rules. */
  private static Object defaultOf(Spec spec) {
    Problems problems = new Problems("default of " + spec.name());
    String def = spec.key().def();
    boolean simple = "[{\"".indexOf(def.charAt(0)) < 0;
    Node node = simple ? new Node.Scalar(Mark.START, def, true) : Yaml.read(def, problems);
    Object value =
        node == null ? null : new Binder(problems).value(spec.kind(), spec.key(), node, "", null);
    if (value == null || !problems.none()) {
      throw new IllegalStateException(problems.list().toString());
    }
    return value;
  }

  /**
   * Whether a value asks for anything: all do, but for {@code false} and blocks that are switched
   * off.
   */
  private static boolean isOn(Object value) {
    return switch (value) {
      case Boolean on -> on;
      case Optional<?> optional -> optional.isPresent() && isOn(optional.get());
      case Record block when hasSwitch(block) ->
          Boolean.TRUE.equals(switchOf(block).valueIn(block));
      default -> true;
    };
  }

  private static boolean hasSwitch(Object value) {
    Object bare =
        value instanceof Optional<?> optional && optional.isPresent() ? optional.get() : value;
    return bare.getClass().isAnnotationPresent(Block.class)
        && Schema.of(bare.getClass()).keys().contains("enabled");
  }

  private static Spec switchOf(Record block) {
    return Schema.of(block.getClass()).specs().stream()
        .filter(spec -> spec.name().equals("enabled"))
        .findFirst()
        .orElseThrow();
  }

  private static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
