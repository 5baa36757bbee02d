package io.weir.waf.engine;

import io.weir.waf.regex.AutomataMemory;
import io.weir.waf.regex.Automaton;
import io.weir.waf.regex.ByteSet;
import io.weir.waf.regex.Program;
import io.weir.waf.transform.Transformation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How values of one class are looked at: a tree of transformations, and at its nodes the questions
 * that rules ask of values transformed so far. Values are of one class when the same rules look at
 * them. Immutable.
 */
final class ScanPlan {

  /** A question at a node, and the rules that want to hear yes, or no. */
  static final class Question {
    final Operator operator;
    final List<Rule> ifYes = new ArrayList<>();
    final List<Rule> ifNo = new ArrayList<>();

    Question(Operator operator) {
      this.operator = operator;
    }
  }

  /** One way to transform a value. */
  static final class Node {
    final int parent;
    final @Nullable Transformation transformation;
    private final Map<Operator, Question> byOperator = new LinkedHashMap<>();

    /** Questions that need one of some words: by the number the literal scanner tells. */
    @Nullable Question[] byWord = {};

    /** Bits of the numbers above. */
    long[] candidates = {};

    /** Patterns that no word announces, looked for together. */
    @Nullable Automaton union;

    List<Question> unionQuestions = List.of();

    /** Everything else, asked one by one. */
    List<Question> others = List.of();

    Node(int parent, @Nullable Transformation transformation) {
      this.parent = parent;
      this.transformation = transformation;
    }

    boolean asks() {
      return !byOperator.isEmpty();
    }
  }

  final Node[] nodes;
  final boolean isEmpty;

  private ScanPlan(Node[] nodes) {
    this.nodes = nodes;
    isEmpty = Arrays.stream(nodes).noneMatch(Node::asks);
  }

  /**
   * @param rules that look at the class of values
   * @param wordNumbers the literal scanner's number of each operator that needs words
   */
  static ScanPlan of(
      List<Rule> rules,
      Map<Operator, Integer> wordNumbers,
      UnionCache unions,
      AutomataMemory memory) {
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
    for (Node node : nodes) {
      seal(node, wordNumbers, unions, memory);
    }
    return new ScanPlan(nodes.toArray(Node[]::new));
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

  private static void seal(
      Node node, Map<Operator, Integer> wordNumbers, UnionCache unions, AutomataMemory memory) {
    int words = (wordNumbers.size() + 63) >> 6;
    long[] candidates = new long[words];
    @Nullable Question[] byWord = new Question[wordNumbers.size()];
    List<Question> union = new ArrayList<>();
    List<Question> others = new ArrayList<>();
    for (Question question : node.byOperator.values()) {
      Integer number = wordNumbers.get(question.operator);
      if (!question.ifNo.isEmpty()) {
        others.add(question);
      } else if (number != null) {
        candidates[number >> 6] |= 1L << number;
        byWord[number] = question;
      } else if (question.operator.program() != null) {
        union.add(question);
      } else {
        others.add(question);
      }
    }
    node.candidates = candidates;
    node.byWord = byWord;
    node.others = others;
    node.unionQuestions = union;
    if (!union.isEmpty()) {
      node.union = unions.of(union.stream().map(question -> question.operator).toList(), memory);
    }
  }

  /** Automata for several patterns, shared by nodes that ask for the same ones. */
  static final class UnionCache {
    private final Map<List<Operator>, Automaton> known = new LinkedHashMap<>();

    synchronized Automaton of(List<Operator> operators, AutomataMemory memory) {
      Automaton single = operators.size() == 1 ? operators.getFirst().automaton() : null;
      return single != null
          ? single
          : known.computeIfAbsent(
              operators,
              list -> {
                List<Program> programs = new ArrayList<>();
                for (Operator operator : list) {
                  Program program = operator.program();
                  if (program != null) {
                    programs.add(program);
                  }
                }
                return new Automaton(programs, memory);
              });
    }
  }

  /** Whether octets of the presence map can change by a transformation. */
  static boolean mayChange(Transformation transformation, long w0, long w1, long w2, long w3) {
    ByteSet triggers = transformation.triggers();
    return triggers == null
        || ((triggers.w0() & w0)
                | (triggers.w1() & w1)
                | (triggers.w2() & w2)
                | (triggers.w3() & w3))
            != 0;
  }
}
