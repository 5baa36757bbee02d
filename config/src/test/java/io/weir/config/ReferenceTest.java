package io.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.config.Schema.Alternative;
import io.weir.config.Schema.Choice;
import io.weir.config.Schema.Kind;
import io.weir.config.Schema.ListOf;
import io.weir.config.Schema.Nested;
import io.weir.config.Schema.Opt;
import io.weir.config.Schema.Simple;
import io.weir.config.Schema.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * docs/reference/configuration.md says what the declarations say. Run with {@code
 * -Dweir.regenerate=true} to write it.
 */
class ReferenceTest {
  private static final Path REFERENCE = Path.of("../docs/reference/configuration.md");

  private static final String INTRODUCTION =
      """
      # Configuration reference

      One YAML 1.2 file, UTF-8, at most 4 MiB. `weir check FILE` reads it as strictly as `weir run FILE` does: a key that is
      not listed here, a key given twice, or a value outside its range is a problem, and a configuration with problems is
      refused as a whole. Complete configurations with comments are in `examples/`.

      - Durations are written `250ms`, `10s`, `5m`, `12h`, `30d`; sizes `512B`, `8KiB`, `10MiB`, `1GiB`. `0` needs no unit.
      - Addresses with IPv6, and wildcards such as `"*.example.com"`, need quotes, because YAML has its own use for the
        characters `[`, `:` and `*`.
      - Networks are written `192.0.2.0/24`, `"2001:db8::/32"`. Relative file names start at the configuration file.
      - Where a value is *taken from the top level*, single keys of the block may be given here, and the others are those
        of the block of the same name at the top level.
      - *Planned* marks what is read and checked, but refused as long as it is switched on, because this version cannot do it.

      This page is generated from the declarations in the module `config`; do not edit it.
      """;

  private final Map<String, Section> sections = new LinkedHashMap<>();

  private record Section(String title, String text, Set<String> places, List<String> rows) {}

  @Test
  void matchesTheDeclarations() throws IOException {
    String reference = generate();
    if (Boolean.getBoolean("weir.regenerate")) {
      Files.createDirectories(Objects.requireNonNull(REFERENCE.getParent()));
      Files.writeString(REFERENCE, reference);
    }
    assertThat(Files.readString(REFERENCE)).isEqualTo(reference);
  }

  @Test
  void namesEveryKeyOfThisVersionInTheFullExample() throws IOException {
    String example = Files.readString(Path.of("../examples/full.yaml"));
    Set<String> missing =
        available(Config.class)
            .filter(key ->
                !Pattern.compile("(^|[ {])" + key + ":", Pattern.MULTILINE).matcher(example).find())
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(missing).isEmpty();
  }

  private static Stream<String> available(Class<?> block) {
    return Schema.of(block).specs().stream()
        .filter(spec -> spec.needs().available())
        .flatMap(spec ->
            Stream.concat(spec.keys(), blocks(spec.kind()).flatMap(ReferenceTest::available)));
  }

  private static Stream<Class<?>> blocks(Kind kind) {
    return switch (kind) {
      case Nested nested -> Stream.of(nested.type());
      case Opt opt -> blocks(opt.value());
      case ListOf list -> blocks(list.element());
      case Choice choice ->
          choice.alternatives().values().stream()
              .flatMap(
                  a -> a.only() == null ? Stream.of(a.schema().type()) : blocks(a.only().kind()));
      default -> Stream.empty();
    };
  }

  private String generate() {
    describe(Config.class, "", "The file itself");
    StringBuilder page = new StringBuilder(INTRODUCTION);
    for (Section section : sections.values()) {
      page.append("\n## ").append(section.title).append("\n\n");
      if (section.places.size() > 1) {
        page.append("Stands at ").append(String.join(", ", section.places)).append(".\n\n");
      }
      page.append(section.text)
          .append("\n\n| key | value | default | meaning |\n|---|---|---|---|\n");
      section.rows.forEach(page::append);
    }
    return page.toString();
  }

  private void describe(Class<?> block, String path, String title) {
    Section known = sections.get(block.getName());
    if (known != null) {
      known.places.add("`" + path + "`");
      return;
    }
    String text = Objects.requireNonNull(block.getAnnotation(Block.class)).value();
    Section section = new Section(title, text, new LinkedHashSet<>(), new ArrayList<>());
    section.places.add("`" + path + "`");
    sections.put(block.getName(), section);
    Schema.of(block).specs().forEach(spec -> row(section, spec));
    Schema.of(block)
        .specs()
        .forEach(spec -> follow(spec.kind(), spec.key().inline() ? path : join(path, spec.name())));
  }

  private void follow(Kind kind, String path) {
    switch (kind) {
      case Nested nested -> describe(nested.type(), path, "`" + path + "`");
      case Opt opt -> follow(opt.value(), path);
      case ListOf list -> follow(list.element(), path + "[]");
      case Choice choice ->
          choice.alternatives().values().forEach(a -> followAlternative(a, join(path, a.name())));
      default -> {}
    }
  }

  private void followAlternative(Alternative alternative, String path) {
    if (alternative.only() == null) {
      describe(alternative.schema().type(), path, "`" + path + "`");
    } else {
      follow(alternative.only().kind(), path);
    }
  }

  private static void row(Section section, Spec spec) {
    Kind bare = spec.kind() instanceof Opt opt ? opt.value() : spec.kind();
    if (bare instanceof Choice choice) {
      String prefix = spec.key().inline() ? "" : spec.name() + ".";
      choice
          .alternatives()
          .values()
          .forEach(a -> section.rows.add(alternativeRow(prefix, a, spec)));
      return;
    }
    String name =
        spec.key().single().isEmpty()
            ? "`" + spec.name() + "`"
            : "`" + spec.name() + "` (or `" + spec.key().single() + "`, one)";
    String planned = spec.needs().available() ? "" : "*Planned.* ";
    section.rows.add(
        cells(name, type(spec.kind(), spec.key()), byDefault(spec), planned + spec.key().doc()));
  }

  private static String alternativeRow(String prefix, Alternative a, Spec spec) {
    String only = a.only() == null ? "block" : type(a.only().kind(), a.only().key());
    String doc =
        a.only() == null
            ? Objects.requireNonNull(a.schema().type().getAnnotation(Block.class)).value()
            : a.only().key().doc();
    String needed = spec.kind() instanceof Opt ? "none of these" : "one of these";
    return cells("`" + prefix + a.name() + "`", only, needed, doc);
  }

  private static String cells(String... cells) {
    return "| "
        + Stream.of(cells).map(c -> c.replace("|", "\\|")).collect(Collectors.joining(" | "))
        + " |\n";
  }

  private static String type(Kind kind, Key key) {
    return switch (kind) {
      case Opt opt -> type(opt.value(), key) + (key.off() ? ", or `off`" : "");
      case ListOf list -> "list of: " + type(list.element(), key);
      case Nested nested -> "block";
      case Simple simple when simple.type().isEnum() ->
          Scalars.labels(simple.type()).stream()
              .map(l -> "`" + l + "`")
              .collect(Collectors.joining(", "));
      default -> Binder.noun(kind, key);
    };
  }

  private static String byDefault(Spec spec) {
    if (spec.key().inherit()) {
      return "taken from the top level";
    }
    if (Binder.isRequired(spec)) {
      return "required";
    }
    String def = spec.key().def();
    if (def.isEmpty()) {
      return spec.kind() instanceof Nested ? "its defaults" : "none";
    }
    return def.equals("{}") ? "its defaults" : "`" + def + "`";
  }

  private static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
