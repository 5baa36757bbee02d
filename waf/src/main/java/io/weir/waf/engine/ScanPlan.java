package io.weir.waf.engine;

import io.weir.waf.regex.ByteSet;
import io.weir.waf.transform.Transformation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How values of one class are looked at: a tree of transformations, and at its nodes the questions
 * that rules ask of values transformed so far. Values are of one class when the same rules look at
 * them.
 *
 * <p>Most transformations change nothing in most values, so that many nodes come to the same
 * octets. Their questions are then asked together, each once: {@link #together} keeps what was put
 * together so far. Thread-safe.
 */
final class ScanPlan {

  /** A question at a node, and the rules that want to hear yes, or no. */
  static final class Question {
    final Operator operator;
    final @Nullable ByteSet anyOf;
    final @Nullable ByteSet octets;
    final List<Rule> ifYes = new ArrayList<>();
    final List<Rule> ifNo = new ArrayList<>();

    Question(Operator operator) {
      this.operator = operator;
      anyOf = operator.anyOf();
      octets = operator.octets();
    }
  }

  /** One way to transform a value. */
  static final class Node {
    final int parent;
    final @Nullable Transformation transformation;
    private final Map<Operator, Question> byOperator = new LinkedHashMap<>();

    /** Earlier nodes with the same transformation: from equal octets they come to equal ones. */
    int[] alike = {};

    /** Questions that need one of some words: by the number the literal scanner tells. */
    @Nullable Question[] byWord = {};

    /** Bits of the numbers above. */
    long[] candidates = {};

    boolean needsWords;

    /** Everything else, asked one by one. */
    Question[] others = {};

    Node(int parent, @Nullable Transformation transformation) {
      this.parent = parent;
      this.transformation = transformation;
    }

    boolean asks() {
      return !byOperator.isEmpty();
    }

    void add(Question other) {
      Question own = byOperator.computeIfAbsent(other.operator, Question::new);
      addMissing(other.ifYes, own.ifYes);
      addMissing(other.ifNo, own.ifNo);
    }

    private static void addMissing(List<Rule> from, List<Rule> to) {
      for (Rule rule : from) {
        if (!to.contains(rule)) {
          to.add(rule);
        }
      }
    }
  }

  /** Groups of nodes that are kept put together; those that come later are asked one by one. */
  private static final int MAX_GROUPS = 256;

  final Node[] nodes;
  final boolean isEmpty;

  /** The nodes with questions, one bit each; 0 if there are too many nodes to put together. */
  final long asking;

  /** Octets without which no node changes a long value; null if one changes each. */
  private final @Nullable ByteSet triggers;

  private final Map<Operator, Integer> wordNumbers;
  private volatile Groups groups = new Groups(new long[0], new Node[0]);

  /** Nodes put together, by the bits of those that they are made of. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Groups(long[] members, Node[] merged) {}

  private ScanPlan(Node[] nodes, Map<Operator, Integer> wordNumbers) {
    this.nodes = nodes;
    this.wordNumbers = wordNumbers;
    isEmpty = Arrays.stream(nodes).noneMatch(Node::asks);
    triggers = triggers(nodes);
    asking = nodes.length > 64 ? 0 : asking(nodes);
  }

  private static long asking(Node[] nodes) {
    long bits = 0;
    for (int i = 0; i < nodes.length; i++) {
      bits |= nodes[i].asks() ? 1L << i : 0;
    }
    return bits;
  }

  private static @Nullable ByteSet triggers(Node[] nodes) {
    ByteSet all = ByteSet.NONE;
    for (Node node : nodes) {
      if (node.transformation != null) {
        ByteSet triggers = node.transformation.triggersInLong();
        if (triggers == null) {
          return null;
        }
        all = all.union(triggers);
      }
    }
    return all;
  }

  /** Makes what values of this class will need first. */
  void prepare() {
    together(asking);
  }

  /** Whether a value of two octets or more goes through all nodes unchanged. */
  boolean keeps(long w0, long w1, long w2, long w3) {
    return triggers != null && !intersects(triggers, w0, w1, w2, w3);
  }

  /**
   * The questions of several nodes as those of one.
   *
   * @param members some of {@link #asking}
   * @return null when enough groups are kept already
   */
  @Nullable Node together(long members) {
    Groups known = groups;
    for (int i = 0; i < known.members().length; i++) {
      if (known.members()[i] == members) {
        return known.merged()[i];
      }
    }
    return known.members().length < MAX_GROUPS ? merge(members) : null;
  }

  private synchronized @Nullable Node merge(long members) {
    Groups known = groups;
    int count = known.members().length;
    if (count == MAX_GROUPS) {
      return null;
    }
    Node merged = new Node(-1, null);
    for (long bits = members; bits != 0; bits &= bits - 1) {
      nodes[Long.numberOfTrailingZeros(bits)].byOperator.values().forEach(merged::add);
    }
    seal(merged, wordNumbers);
    long[] masks = Arrays.copyOf(known.members(), count + 1);
    Node[] all = Arrays.copyOf(known.merged(), count + 1);
    masks[count] = members;
    all[count] = merged;
    groups = new Groups(masks, all);
    return merged;
  }

  /**
   * @param rules that look at the class of values
   * @param wordNumbers the literal scanner's number of each operator that needs words
   */
  static ScanPlan of(List<Rule> rules, Map<Operator, Integer> wordNumbers) {
    List<Node> nodes = new ArrayList<>();
    nodes.add(new Node(-1, null));
    for (Rule rule : rules) {
      int node = 0;
      if (rule.multiMatch) {
        ask(nodes.get(node), rule);
      }
      for (Transformation transformation : rule.transformations) {
        node = child(nodes, node, transformation);
        if (rule.multiMatch) {
          ask(nodes.get(node), rule);
        }
      }
      ask(nodes.get(node), rule);
    }
    for (int i = 0; i < nodes.size(); i++) {
      Transformation own = nodes.get(i).transformation;
      nodes.get(i).alike =
          IntStream.range(1, i).filter(other -> nodes.get(other).transformation == own).toArray();
      seal(nodes.get(i), wordNumbers);
    }
    return new ScanPlan(nodes.toArray(Node[]::new), wordNumbers);
  }

  private static int child(List<Node> nodes, int parent, Transformation transformation) {
    for (int i = parent + 1; i < nodes.size(); i++) {
      if (nodes.get(i).parent == parent && nodes.get(i).transformation == transformation) {
        return i;
      }
    }
    nodes.add(new Node(parent, transformation));
    return nodes.size() - 1;
  }

  private static void ask(Node node, Rule rule) {
    Operator operator = rule.operator;
    if (operator == null) {
      return;
    }
    Question question = node.byOperator.computeIfAbsent(operator, Question::new);
    List<Rule> listeners = rule.negated ? question.ifNo : question.ifYes;
    if (!listeners.contains(rule)) {
      listeners.add(rule);
    }
  }

  private static void seal(Node node, Map<Operator, Integer> wordNumbers) {
    int words = (wordNumbers.size() + 63) >> 6;
    long[] candidates = new long[words];
    @Nullable Question[] byWord = new Question[wordNumbers.size()];
    List<Question> others = new ArrayList<>();
    for (Question question : node.byOperator.values()) {
      Integer number = wordNumbers.get(question.operator);
      if (number != null && question.ifNo.isEmpty()) {
        candidates[number >> 6] |= 1L << number;
        byWord[number] = question;
      } else {
        others.add(question);
      }
    }
    node.candidates = candidates;
    node.byWord = byWord;
    node.needsWords = Arrays.stream(candidates).anyMatch(bits -> bits != 0);
    node.others = others.toArray(Question[]::new);
  }

  static boolean intersects(ByteSet set, long w0, long w1, long w2, long w3) {
    return ((set.w0() & w0) | (set.w1() & w1) | (set.w2() & w2) | (set.w3() & w3)) != 0;
  }
}
