package io.weir.proxy.inspect;

import io.weir.waf.Category;
import io.weir.waf.Match;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What rules found in an exchange, as people are told.
 *
 * @param matches in the order in which the rules ran; at least one
 */
public record Findings(List<Match> matches) {
  /** So many fit into the log. */
  private static final int MOST_IDS = 128;

  /** The rules' ids, with blanks between. */
  public String ids() {
    return matches.stream()
        .map(match -> Integer.toString(match.ruleId()))
        .distinct()
        .limit(MOST_IDS)
        .collect(Collectors.joining(" "));
  }

  /** What all of them added to the anomaly score. */
  public int score() {
    return matches.stream().mapToInt(Match::score).sum();
  }

  /** The finding that weighs most; the first of several. */
  public Match gravest() {
    // The stream's maximum would be the last of several.
    return matches.stream()
        .sorted(Comparator.comparingInt(match -> -match.score()))
        .toList()
        .getFirst();
  }

  /** The value in which that finding was made; null where the rule names none. */
  public Match.@Nullable Evidence evidence() {
    List<Match.Evidence> evidence = gravest().evidence();
    return evidence.isEmpty() ? null : evidence.getFirst();
  }

  /** The kinds of attacks that were found; empty where the rules say none. */
  public Set<Category> categories() {
    Set<Category> categories = EnumSet.noneOf(Category.class);
    for (Category category : Category.values()) {
      if (matches.stream().anyMatch(match -> match.tags().contains(category.tag()))) {
        categories.add(category);
      }
    }
    return categories;
  }

  /** The element of {@code waf.exclusions} that lets just this pass at this path. */
  public String exclusion(String path) {
    List<Match> reasons = matches.stream().filter(Findings::weighs).toList();
    Set<String> variables =
        reasons.stream()
            .flatMap(match -> match.evidence().stream().limit(1))
            .map(evidence -> evidence.variable())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    List<String> keys = new ArrayList<>();
    keys.add("path: \"" + path + '"');
    keys.add(
        "rules: " + list(reasons.stream().map(match -> "" + match.ruleId()).distinct().toList()));
    if (variables.stream()
            .allMatch(variable -> variable.matches("[A-Z_]+(:[^\\p{Cntrl}\\s|,\"']+)?"))
        && !variables.isEmpty()) {
      keys.add("parameters: " + list(variables));
    }
    return "{" + String.join(", ", keys) + "}";
  }

  /** Whether the rule did more than to look at what others had added up. */
  private static boolean weighs(Match match) {
    return match.score() > 0
        || match.disruptive()
            && match.evidence().stream().noneMatch(value -> value.variable().startsWith("TX:"));
  }

  private static String list(Collection<String> elements) {
    return elements.stream()
        .map(each -> '"' + each + '"')
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
