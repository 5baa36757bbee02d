package io.weir.proxy.route;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.weir.proxy.http.Ascii;
import io.weir.proxy.http.Head;
import java.util.ArrayList;
import java.util.List;

/**
 * A change of the path, for rewrites and redirects. A path to which it does not apply stays as it
 * is.
 *
 * <p>Immutable; safe in any thread.
 */
public sealed interface PathEdit {
  /** Leaves the path as it is. */
  PathEdit KEEP = new Keep();

  /** An upper limit of what {@link #write} writes for this request. */
  int maxLength(Head head);

  /**
   * Writes the changed path and returns the offset behind it.
   *
   * @param head a request with a normalised path
   * @param dst where to; may be {@code head.bytes} behind its content
   * @param at offset with room for {@link #maxLength} octets
   */
  int write(Head head, byte[] dst, int at);

  /** Puts this path in place of every other. */
  static PathEdit replaceAll(String path) {
    return new Whole(Paths.compile("path", path));
  }

  /**
   * Replaces a prefix of whole segments, joined with exactly one slash: "/api" by "/" makes "/x" of
   * "/api/x", never "//x".
   */
  static PathEdit replacePrefix(String prefix, String replacement) {
    return new Prefix(Paths.compile("prefix", prefix), Paths.compile("replacement", replacement));
  }

  /**
   * Replaces every match of an expression in RE2 syntax; "$1" to "$9" stand for groups, "$$" for a
   * dollar sign. Allocates when used.
   */
  static PathEdit replaceRegex(String regex, String replacement) {
    return Substitution.of(Regex.compile("regex", regex), replacement);
  }

  private static int copy(byte[] src, int start, int end, byte[] dst, int at) {
    System.arraycopy(src, start, dst, at, end - start);
    return at + end - start;
  }

  /** See {@link #KEEP}. */
  record Keep() implements PathEdit {
    @Override
    public int maxLength(Head head) {
      return head.pathEnd - head.pathStart;
    }

    @Override
    public int write(Head head, byte[] dst, int at) {
      return copy(head.bytes, head.pathStart, head.pathEnd, dst, at);
    }
  }

  /** See {@link #replaceAll}. */
  final class Whole implements PathEdit {
    private final byte[] path;

    private Whole(byte[] path) {
      this.path = path;
    }

    @Override
    public int maxLength(Head head) {
      return path.length;
    }

    @Override
    public int write(Head head, byte[] dst, int at) {
      return copy(path, 0, path.length, dst, at);
    }
  }

  /** See {@link #replacePrefix}. */
  final class Prefix implements PathEdit {
    private final byte[] prefix;
    private final byte[] replacement;

    private Prefix(byte[] prefix, byte[] replacement) {
      this.prefix = prefix;
      this.replacement = replacement;
    }

    @Override
    public int maxLength(Head head) {
      return replacement.length + 1 + head.pathEnd - head.pathStart;
    }

    @Override
    public int write(Head head, byte[] dst, int at) {
      int rest = Paths.behindSegments(head.bytes, head.pathStart, head.pathEnd, prefix);
      if (rest < 0) {
        return KEEP.write(head, dst, at);
      }
      int end = copy(replacement, 0, replacement.length, dst, at);
      if (rest < head.pathEnd) {
        boolean slashBefore = dst[end - 1] == '/';
        boolean slashBehind = head.bytes[rest] == '/';
        if (slashBefore && slashBehind) {
          end--;
        } else if (!slashBefore && !slashBehind && head.bytes[rest] != ';') {
          dst[end++] = '/';
        }
      }
      return copy(head.bytes, rest, head.pathEnd, dst, end);
    }
  }

  /** See {@link #replaceRegex}. The template is literal, group, literal, group … literal. */
  final class Substitution implements PathEdit {
    private final Pattern regex;
    private final byte[][] literals;
    private final int[] groups;

    private Substitution(Pattern regex, List<String> literals, List<Integer> groups) {
      this.regex = regex;
      this.literals = literals.stream().map(Ascii::bytes).toArray(byte[][]::new);
      this.groups = groups.stream().mapToInt(Integer::intValue).toArray();
    }

    private static Substitution of(Pattern regex, String template) {
      List<String> literals = new ArrayList<>();
      List<Integer> groups = new ArrayList<>();
      StringBuilder literal = new StringBuilder();
      for (int i = 0; i < template.length(); i++) {
        char c = template.charAt(i);
        char next = i + 1 < template.length() ? template.charAt(i + 1) : 0;
        if (c != '$') {
          literal.append(c);
        } else if (next == '$') {
          literal.append(c);
          i++;
        } else if (next >= '1' && next <= '9' && next - '0' <= regex.groupCount()) {
          literals.add(literal.toString());
          groups.add(next - '0');
          literal.setLength(0);
          i++;
        } else {
          throw new IllegalArgumentException(
              "replacement: " + template + " (expected: $1 to $9 for a group of the regex, or $$)");
        }
      }
      literals.add(literal.toString());
      literals.forEach(l -> checkLiteral(l, template));
      return new Substitution(regex, literals, groups);
    }

    private static void checkLiteral(String literal, String template) {
      if (!literal.chars().allMatch(c -> c <= 0x7e && c != '?' && Ascii.isTarget((byte) c))) {
        throw new IllegalArgumentException(
            "replacement: " + template + " (expected: characters of a path, others encoded)");
      }
    }

    @Override
    public int maxLength(Head head) {
      int path = head.pathEnd - head.pathStart;
      int literal = 0;
      for (byte[] l : literals) {
        literal += l.length;
      }
      // At most one match before each octet and one at the end. Matches do not overlap, so each
      // use of a group copies at most the path once over all matches.
      return Math.addExact(path * (groups.length + 1), Math.multiplyExact(path + 1, literal));
    }

    @Override
    public int write(Head head, byte[] dst, int at) {
      String path = head.path();
      Matcher matcher = regex.matcher(path);
      int copied = 0;
      int end = at;
      while (matcher.find()) {
        end = copy(head, copied, matcher.start(), dst, end);
        end = expand(head, matcher, dst, end);
        copied = matcher.end();
      }
      return copy(head, copied, path.length(), dst, end);
    }

    private int expand(Head head, Matcher matcher, byte[] dst, int at) {
      int end = at;
      for (int i = 0; i < groups.length; i++) {
        end = PathEdit.copy(literals[i], 0, literals[i].length, dst, end);
        if (matcher.start(groups[i]) >= 0) {
          end = copy(head, matcher.start(groups[i]), matcher.end(groups[i]), dst, end);
        }
      }
      byte[] last = literals[groups.length];
      return PathEdit.copy(last, 0, last.length, dst, end);
    }

    private static int copy(Head head, int from, int to, byte[] dst, int at) {
      return PathEdit.copy(head.bytes, head.pathStart + from, head.pathStart + to, dst, at);
    }
  }
}
