package io.weir.waf.regex;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a text must contain for a pattern to match: one of some words, in any case of letters. The
 * idea is that of RE2's prefilter: a part of the pattern either stands for a few words exactly, or
 * at least needs one of some words; sequences multiply the former, alternatives add both up.
 */
public final class Requirement {
  private static final int MAX_EXACT = 600;
  private static final int MAX_WORDS = 4000;

  /** Longer words make no better filter. */
  private static final int MAX_LENGTH = 8;

  private Requirement() {}

  /** The words in lower case as Latin-1, none shorter than {@code minLength}; or null. */
  public static @Nullable Set<String> words(Node pattern, int minLength) {
    Set<String> words = analyse(pattern).best();
    if (words == null || words.size() > MAX_WORDS) {
      return null;
    }
    Set<String> cut = new LinkedHashSet<>();
    for (String word : words) {
      if (word.length() < minLength) {
        return null;
      }
      cut.add(word.substring(0, Math.min(MAX_LENGTH, word.length())));
    }
    return cut;
  }

  /**
   * @param exact all the texts that match, or null if there are many
   * @param needed texts of which one occurs in each match, or null
   */
  private record Needs(@Nullable Set<String> exact, @Nullable Set<String> needed) {
    @Nullable Set<String> best() {
      return better(exact, needed);
    }
  }

  private static Needs analyse(Node node) {
    return switch (node) {
      case Node.Octet octet -> new Needs(exact(octet.set()), null);
      case Node.Sequence sequence -> sequence(sequence.parts());
      case Node.Choice choice -> choice(choice.alternatives());
      case Node.Group group -> analyse(group.node());
      case Node.Assertion ignored -> new Needs(Set.of(""), null);
      case Node.Repeat repeat -> repeat(repeat);
    };
  }

  private static @Nullable Set<String> exact(ByteSet set) {
    Set<String> texts = new LinkedHashSet<>();
    for (int octet = 0; octet < 256; octet++) {
      if (set.contains(octet)) {
        texts.add(String.valueOf((char) lower(octet)));
        if (texts.size() > 10) {
          return null;
        }
      }
    }
    return texts.isEmpty() ? null : texts;
  }

  private static int lower(int octet) {
    return octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
  }

  private static Needs repeat(Node.Repeat repeat) {
    if (repeat.min() == 0) {
      if (repeat.max() == 1) {
        Needs inner = analyse(repeat.node());
        if (inner.exact() != null && inner.exact().size() < MAX_EXACT) {
          Set<String> texts = new LinkedHashSet<>(inner.exact());
          texts.add("");
          return new Needs(texts, null);
        }
      }
      return new Needs(null, null);
    }
    Needs inner = analyse(repeat.node());
    if (repeat.min() == repeat.max() && repeat.min() <= MAX_LENGTH) {
      List<Node> copies = new ArrayList<>();
      for (int i = 0; i < repeat.min(); i++) {
        copies.add(repeat.node());
      }
      return sequence(copies);
    }
    return new Needs(null, inner.best());
  }

  private static Needs choice(List<Node> alternatives) {
    Set<String> exact = new LinkedHashSet<>();
    Set<String> needed = new LinkedHashSet<>();
    boolean allExact = true;
    boolean allNeed = true;
    for (Node alternative : alternatives) {
      Needs info = analyse(alternative);
      if (info.exact() == null) {
        allExact = false;
      } else {
        exact.addAll(info.exact());
      }
      Set<String> best = info.best();
      if (best == null) {
        allNeed = false;
      } else {
        needed.addAll(best);
      }
      allExact &= exact.size() <= MAX_EXACT;
      allNeed &= needed.size() <= MAX_WORDS;
    }
    return new Needs(allExact ? exact : null, allNeed ? needed : null);
  }

  /** Multiplies neighbours that are exact; what grows too large ends a run of them. */
  private static Needs sequence(List<Node> parts) {
    Set<String> run = Set.of("");
    @Nullable Set<String> best = null;
    boolean wholeExact = true;
    for (Node part : parts) {
      Needs info = analyse(part);
      Set<String> product = info.exact() == null ? null : product(run, info.exact());
      if (product != null) {
        run = product;
        continue;
      }
      wholeExact = false;
      best = better(best, run);
      best = better(best, info.best());
      Set<String> exact = info.exact();
      run = exact == null ? Set.of("") : exact;
    }
    return wholeExact ? new Needs(run, null) : new Needs(null, better(best, run));
  }

  private static @Nullable Set<String> product(Set<String> left, Set<String> right) {
    if ((long) left.size() * right.size() > MAX_EXACT) {
      return null;
    }
    Set<String> texts = new LinkedHashSet<>();
    for (String begin : left) {
      for (String end : right) {
        if (begin.length() + end.length() > 60) {
          return null;
        }
        texts.add(begin + end);
      }
    }
    return texts;
  }

  /** The set whose shortest word is longer; of equals the smaller one. */
  private static @Nullable Set<String> better(@Nullable Set<String> a, @Nullable Set<String> b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    int lengthA = Math.min(4, shortest(a));
    int lengthB = Math.min(4, shortest(b));
    if (lengthA != lengthB) {
      return lengthA > lengthB ? a : b;
    }
    return a.size() <= b.size() ? a : b;
  }

  private static int shortest(Set<String> texts) {
    return texts.stream().mapToInt(String::length).min().orElse(0);
  }

  /** Octets of which every match contains at least one, or null if there is no such limit. */
  public static @Nullable ByteSet octets(Node node) {
    return switch (node) {
      case Node.Octet octet -> octet.set();
      case Node.Group group -> octets(group.node());
      case Node.Assertion ignored -> null;
      case Node.Repeat repeat -> repeat.min() == 0 ? null : octets(repeat.node());
      case Node.Choice choice -> {
        ByteSet union = ByteSet.NONE;
        for (Node alternative : choice.alternatives()) {
          ByteSet set = octets(alternative);
          if (set == null) {
            yield null;
          }
          union = union.union(set);
        }
        yield union;
      }
      case Node.Sequence sequence -> {
        ByteSet best = null;
        for (Node part : sequence.parts()) {
          ByteSet set = octets(part);
          // Letters and spaces are everywhere: a smaller count of octets filters better.
          if (set != null && (best == null || set.size() < best.size())) {
            best = set;
          }
        }
        yield best;
      }
    };
  }
}
