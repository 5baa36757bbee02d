package io.weir.config;

import io.weir.config.Schema.Choice;
import io.weir.config.Schema.Kind;
import io.weir.config.Schema.ListOf;
import io.weir.config.Schema.Nested;
import io.weir.config.Schema.Opt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All keys of the language and where they may stand, to help with those that stand where they do
 * not.
 */
final class Vocabulary {
  private static final int FEW = 4;

  /** Each key with the blocks it may stand in. */
  private static final Map<String, List<String>> PLACES = new LinkedHashMap<>();

  static {
    collect(Config.class, "at the top level");
  }

  private Vocabulary() {}

  /** What the operator may have meant by a key that is unknown among these. */
  static String hint(String key, List<String> known) {
    if (key.equals("<<")) {
      return "merge keys are not understood; an alias (*name) as value is";
    }
    List<String> places = PLACES.getOrDefault(key, List.of()).stream().distinct().toList();
    Optional<String> near = Text.nearest(key, known);
    if (!places.isEmpty() && places.size() <= FEW) {
      return key + " stands " + String.join(" or ", places);
    }
    return near.map(name -> "did you mean " + name + "?")
        .orElse("known here: " + String.join(", ", known));
  }

  private static void collect(Class<?> block, String place) {
    for (Schema.Spec spec : Schema.of(block).specs()) {
      spec.keys().forEach(key -> PLACES.computeIfAbsent(key, k -> new ArrayList<>()).add(place));
      collect(spec.kind(), "in " + spec.name());
    }
  }

  private static void collect(Kind kind, String place) {
    switch (kind) {
      case Nested nested -> collect(nested.type(), place);
      case Opt opt -> collect(opt.value(), place);
      case ListOf list -> collect(list.element(), place);
      case Choice choice ->
          choice.alternatives().values().stream()
              .filter(alternative -> alternative.only() == null)
              .forEach(
                  alternative -> collect(alternative.schema().type(), "in " + alternative.name()));
      default -> {}
    }
  }
}
