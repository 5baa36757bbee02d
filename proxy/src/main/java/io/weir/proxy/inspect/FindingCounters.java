package io.weir.proxy.inspect;

import io.weir.proxy.log.WafAction;
import io.weir.waf.Category;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the web application firewall found on one event loop: requests, by what became of them and
 * by category. A request counts once in each category of its findings. Confined to the loop.
 */
public final class FindingCounters {
  /** The category of findings whose rules name none. */
  public static final String OTHER = "other";

  private final long[][] counts = new long[WafAction.values().length][Category.values().length + 1];

  /** Counts an exchange with findings. */
  public void count(WafAction action, Findings findings) {
    long[] row = counts[action.ordinal()];
    Set<Category> categories = findings.categories();
    for (Category category : categories) {
      row[category.ordinal()]++;
    }
    if (categories.isEmpty()) {
      row[row.length - 1]++;
    }
  }

  /** Adds these counts to a sum: by what became of the requests, then by the category's name. */
  public void addTo(Map<WafAction, Map<String, Long>> sum) {
    for (WafAction action : WafAction.values()) {
      long[] row = counts[action.ordinal()];
      for (int i = 0; i < row.length; i++) {
        if (row[i] > 0) {
          sum.computeIfAbsent(action, a -> new TreeMap<>()).merge(name(i), row[i], Long::sum);
        }
      }
    }
  }

  private static String name(int category) {
    return category < Category.values().length
        ? Category.values()[category].name().toLowerCase(Locale.ROOT)
        : OTHER;
  }

  /** Nothing yet, for {@link #addTo}. */
  public static Map<WafAction, Map<String, Long>> none() {
    return new EnumMap<>(WafAction.class);
  }
}
