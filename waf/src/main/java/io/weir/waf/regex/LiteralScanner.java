package io.weir.waf.regex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds all of many words in one pass, in any case of ASCII letters (Aho and Corasick, 1975), with
 * the failure function written out: one step for each octet, whatever the text. Words are entered
 * by their first octets only; who needs the rest compares it.
 *
 * <p>Immutable and thread-safe.
 */
public final class LiteralScanner {
  private final byte[] classOf;
  private final int classes;

  /** By state times classes plus class: the next state, as the offset of its row. */
  private final int[] next;

  /** By state: the users to be told, or null. */
  private final int[] @Nullable [] users;

  private final int words;

  private LiteralScanner(
      byte[] classOf, int classes, int[] next, int[] @Nullable [] users, int words) {
    this.classOf = classOf;
    this.classes = classes;
    this.next = next;
    this.users = users;
    this.words = words;
  }

  /** The number of 64-bit words that hold a bit for each user. */
  public int words() {
    return words;
  }

  /** Octets of memory taken. */
  public long memory() {
    return 4L * next.length;
  }

  /** Sets the bit of each user one of whose words occurs. */
  public void scan(byte[] text, int from, int to, long[] found) {
    int row = 0;
    for (int i = from; i < to; i++) {
      row = next[row + (classOf[text[i] & 0xff] & 0xff)];
      if (row < 0) {
        row = -row;
        int[] told = users[row / classes];
        if (told != null) {
          for (int user : told) {
            found[user >> 6] |= 1L << user;
          }
        }
      }
    }
  }

  /**
   * Finds the first of some phrases, of which users are the numbers and words the first octets.
   *
   * @param phrases in lower case
   * @return offset of the phrase in the upper half, its number in the lower one; or -1
   */
  long find(byte[] text, int from, int to, byte[][] phrases, int prefix) {
    int row = 0;
    for (int i = from; i < to; i++) {
      row = next[row + (classOf[text[i] & 0xff] & 0xff)];
      if (row < 0) {
        row = -row;
        int[] told = users[row / classes];
        if (told != null) {
          for (int user : told) {
            int begin = i + 1 - Math.min(prefix, phrases[user].length);
            if (begin + phrases[user].length <= to && isAt(text, begin, phrases[user])) {
              return (long) begin << 32 | user;
            }
          }
        }
      }
    }
    return -1;
  }

  private static boolean isAt(byte[] text, int at, byte[] phrase) {
    for (int i = 0; i < phrase.length; i++) {
      int octet = text[at + i];
      if ((octet >= 'A' && octet <= 'Z' ? octet + 32 : octet) != phrase[i]) {
        return false;
      }
    }
    return true;
  }

  /** Collects words and their users. */
  public static final class Builder {
    private final List<int[]> rows = new ArrayList<>();
    private final List<int[]> told = new ArrayList<>();
    private final Map<String, Integer> paths = new HashMap<>();
    private final int[] byClass = new int[256];
    private int classes = 1;
    private int users;

    public Builder() {
      addRow();
    }

    private int addRow() {
      rows.add(new int[0]);
      told.add(new int[0]);
      return rows.size() - 1;
    }

    /**
     * @param users how many there are, those without words among them
     */
    public Builder(int users) {
      this();
      this.users = users;
    }

    /**
     * @param word Latin-1, in lower case, not empty
     * @param user a small number, whose bit {@link LiteralScanner#scan} sets
     */
    public void add(String word, int user) {
      users = Math.max(users, user + 1);
      Integer known = paths.get(word);
      int state = known == null ? path(word) : known;
      paths.put(word, state);
      tell(state, user);
    }

    private void tell(int state, int user) {
      int[] before = told.get(state);
      for (int present : before) {
        if (present == user) {
          return;
        }
      }
      int[] after = Arrays.copyOf(before, before.length + 1);
      after[before.length] = user;
      told.set(state, after);
    }

    private int path(String word) {
      int state = 0;
      for (int i = 0; i < word.length(); i++) {
        int octet = word.charAt(i);
        if (byClass[octet] == 0) {
          byClass[octet] = classes++;
        }
        int cls = byClass[octet];
        int[] row = rows.get(state);
        if (row.length <= cls) {
          row = Arrays.copyOf(row, cls + 1);
          rows.set(state, row);
        }
        if (row[cls] == 0) {
          int added = addRow();
          row[cls] = added;
        }
        state = row[cls];
      }
      return state;
    }

    public LiteralScanner build() {
      byte[] classOf = new byte[256];
      for (int octet = 0; octet < 256; octet++) {
        int lower = octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
        classOf[octet] = (byte) byClass[lower];
      }
      int states = rows.size();
      int[] next = new int[states * classes];
      int[] failure = new int[states];
      int[] queue = new int[states];
      int last = 1;
      for (int first = 0; first < last; first++) {
        int state = queue[first];
        int[] row = rows.get(state);
        int base = state * classes;
        if (state > 0) {
          // Where the words have no way, the way of what was read of them last is gone.
          System.arraycopy(next, failure[state] * classes, next, base, classes);
        }
        for (int cls = 0; cls < row.length; cls++) {
          int child = row[cls];
          if (child > 0) {
            failure[child] = state == 0 ? 0 : next[base + cls];
            next[base + cls] = child;
            merge(child, failure[child]);
            queue[last++] = child;
          }
        }
      }
      // States of a few octets, which most texts stay with, lie together: that is what a cache
      // needs.
      int[] @Nullable [] users = new int[states][];
      int[] rowOf = new int[states];
      for (int place = 0; place < states; place++) {
        int[] all = told.get(queue[place]);
        users[place] = all.length == 0 ? null : all;
        rowOf[queue[place]] = all.length == 0 ? place * classes : -place * classes;
      }
      int[] placed = new int[next.length];
      for (int place = 0; place < states; place++) {
        int from = queue[place] * classes;
        for (int cls = 0; cls < classes; cls++) {
          placed[place * classes + cls] = rowOf[next[from + cls]];
        }
      }
      return new LiteralScanner(classOf, classes, placed, users, (this.users + 63) >> 6);
    }

    private void merge(int state, int other) {
      int[] more = told.get(other);
      for (int user : more) {
        tell(state, user);
      }
    }
  }
}
