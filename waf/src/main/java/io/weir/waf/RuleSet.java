package io.weir.waf;

import io.weir.waf.engine.Exclusions;
import io.weir.waf.engine.Plan;
import io.weir.waf.engine.RuleCompiler;
import io.weir.waf.regex.PatternCache;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compiled rules. Immutable and thread-safe; transactions of many threads share one. */
public final class RuleSet {
  private final Plan plan;
  private final List<RuleProblem> notes;

  private final List<Path> files;

  private RuleSet(Plan plan, List<RuleProblem> notes, Collection<Path> files) {
    this.plan = plan;
    this.notes = List.copyOf(notes);
    this.files = List.copyOf(files);
  }

  /** Begins to compile rules. */
  public static Compiler compiler() {
    return new Compiler();
  }

  /** Makes a transaction, to be used again after {@link Transaction#reset}. */
  public Transaction newTransaction() {
    return new Transaction(plan);
  }

  /**
   * Makes at once what else the first transactions would make, and judges some harmless text, so
   * that what usual text needs is there. Until it is done states of automata have a part of their
   * price only, and afterwards hostile text alone needs many. May run on a thread of its own while
   * transactions run.
   */
  public void prepare() {
    plan.prepare();
    Rehearsal.of(this);
    plan.settle();
  }

  /** Whether {@link #prepare} is done. */
  public boolean isPrepared() {
    return plan.isSettled();
  }

  /** Rules that run for requests and responses; what was decided when compiling is not counted. */
  public int ruleCount() {
    return plan.ruleCount();
  }

  /** Directives that were understood and have no effect here. */
  public List<RuleProblem> notes() {
    return notes;
  }

  /** The files that it was made of: rules, included rules and data files, as they were named. */
  public List<Path> files() {
    return files;
  }

  /** Octets that the automata of patterns take now, about. */
  public long automataMemory() {
    return plan.automataMemory();
  }

  /**
   * Rules that are not to look at some parameters, or not to run at all.
   *
   * @param rules ids, ranges such as 942000-942999, tags such as attack-sqli, or categories such as
   *     sql_injection (see {@link Category})
   * @param variables such as {@code ARGS:comment}; when empty the rules do not run
   * @throws IllegalArgumentException if a selector means no rule, or a variable is not known
   */
  public Exclusion exclusion(List<String> rules, List<String> variables) {
    return new Exclusion(Exclusions.of(plan, rules, variables));
  }

  /** Whether an id, a range, a tag or a category means any rule here. */
  public boolean hasRules(String selector) {
    return Exclusions.meansAny(plan, selector);
  }

  /** What {@link #exclusion} made; valid for transactions of the same rule set. */
  public static final class Exclusion {
    final Exclusions exclusions;

    private Exclusion(Exclusions exclusions) {
      this.exclusions = exclusions;
    }
  }

  /** Collects rules and compiles them. */
  public static final class Compiler {
    private long automataLimit = 64L << 20;
    private @Nullable Path patterns;
    private @Nullable RuleCompiler compiler;

    private Compiler() {}

    /**
     * Caps the memory that the automata of all patterns may take together; call it first.
     *
     * @param octets at least 1 MiB; the default is 64 MiB
     */
    public Compiler automataMemory(long octets) {
      if (octets < 1 << 20) {
        throw new IllegalArgumentException("octets: " + octets + " (expected: >= 1048576)");
      }
      automataLimit = octets;
      return this;
    }

    /**
     * Keeps compiled patterns in a file, and takes from it those that are there; call it first. The
     * file is made with its folder, and may serve any number of rule sets; if it is damaged or
     * cannot be written, that is only said in the log.
     */
    public Compiler patternCache(Path file) {
      patterns = file;
      return this;
    }

    private RuleCompiler open() {
      RuleCompiler open = compiler;
      if (open == null) {
        Path file = patterns;
        open =
            new RuleCompiler(
                automataLimit, file == null ? PatternCache.none() : PatternCache.in(file));
        compiler = open;
      }
      return open;
    }

    /**
     * Adds the engine's base rules: which body processor reads which content type, and that a body
     * that cannot be read as what it says is refused. Add them before a rule set.
     */
    public Compiler baseRules() {
      try (InputStream in = RuleSet.class.getResourceAsStream("base.conf")) {
        if (in == null) {
          throw new IllegalStateException("base.conf is missing");
        }
        return text(new String(in.readAllBytes(), StandardCharsets.UTF_8), "base.conf");
      } catch (IOException e) {
        throw new IllegalStateException("base.conf cannot be read", e);
      }
    }

    /**
     * Lets rules whose pattern uses look-around or back references never match, and notes them,
     * instead of refusing all. The Core Rule Set 3 has three such rules, version 4 has none.
     */
    public Compiler tolerant() {
      open().tolerate();
      return this;
    }

    /** Adds a file; data files and includes are looked for beside it. */
    public Compiler file(Path file) {
      open().add(file);
      return this;
    }

    /**
     * Adds rules without a folder of their own.
     *
     * @param name to show in problems
     */
    public Compiler text(String rules, String name) {
      open().add(rules, name, null);
      return this;
    }

    /**
     * @throws RuleException with all problems found
     */
    public RuleSet compile() throws RuleException {
      RuleCompiler open = open();
      if (!open.problems().isEmpty()) {
        throw new RuleException(open.problems());
      }
      return new RuleSet(open.compile(), open.notes(), open.files());
    }
  }
}
