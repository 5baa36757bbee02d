package io.weir.control;

import io.weir.config.Problem;
import io.weir.config.Waf;
import io.weir.control.Live.LiveRules;
import io.weir.proxy.inspect.Protection;
import io.weir.proxy.inspect.Rules;
import io.weir.waf.RuleException;
import io.weir.waf.RuleProblem;
import io.weir.waf.RuleSet;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Compiles {@code waf} blocks. Routes that want the same rules share them, and rules whose files
 * have not changed are taken from the running generation.
 */
final class WafCompiler {
  private static final System.Logger LOG = System.getLogger(WafCompiler.class.getName());
  private static final String BODY_SIZE_LIMIT = "body_size_limit";
  private static final String GRPC_CONTENT = "grpc_content";

  /** Compiled patterns, beside the installed rule sets' folder, if there is such a place. */
  private static final String PATTERNS = "waf-patterns.cache";

  /** What the engine takes at most where the configuration asks for no more, in octets. */
  private static final long LEAST_ENGINE_LIMIT = 32 << 20;

  private final Complaints complaints;
  private final SourceFiles files;
  private final Map<RuleList, LiveRules> running;
  private final int loops;
  private final Map<RuleList, LiveRules> compiled = new HashMap<>();
  private final Map<Wanted, Optional<Protection>> known = new HashMap<>();

  /**
   * A block, and whether its exclusions stand in it: those that it inherits were written for other
   * rule sets too, so they need not mean anything here.
   */
  private record Wanted(Waf waf, boolean ownExclusions) {}

  /**
   * What rules are made of: equal lists make equal rules as long as the files are the same.
   *
   * @param before files with what has to stand before the settings
   * @param settings what the configuration says, in SecLang
   * @param rules files
   * @param tolerant whether rules that the engine cannot run are left out, with a warning
   */
  record RuleList(List<Path> before, String settings, List<Path> rules, boolean tolerant) {}

  WafCompiler(Complaints complaints, SourceFiles files, Live running, int loops) {
    this.complaints = complaints;
    this.files = files;
    this.running = running.rules();
    this.loops = loops;
  }

  /** The rules that were needed. */
  Map<RuleList, LiveRules> rules() {
    return compiled;
  }

  /** What a block asks for; null where it is switched off, or wrong, which then has been said. */
  @Nullable Protection compile(Optional<Waf> block, String path) {
    if (block.isEmpty() || !block.get().enabled()) {
      return null;
    }
    Wanted wanted = new Wanted(block.get(), complaints.written(path + ".exclusions"));
    Optional<Protection> protection = known.get(wanted);
    if (protection == null) {
      protection = Optional.ofNullable(protection(wanted, path));
      known.put(wanted, protection);
    }
    return protection.orElse(null);
  }

  private @Nullable Protection protection(Wanted wanted, String path) {
    Waf waf = wanted.waf();
    RuleList list = list(waf, path);
    LiveRules live = list == null ? null : rules(list);
    if (live == null) {
      return null;
    }
    List<Protection.Exclusion> exclusions = new ArrayList<>();
    for (int i = 0; i < waf.exclusions().size(); i++) {
      Waf.Exclusion exclusion = waf.exclusions().get(i);
      Protection.Exclusion made =
          complaints.attempt(
              path + ".exclusions[" + i + "]",
              () -> exclusion(live.rules().set(), exclusion, wanted.ownExclusions()));
      if (made != null) {
        exclusions.add(made);
      }
    }
    return new Protection(
        live.rules(),
        waf.mode() == Waf.Mode.BLOCK,
        waf.bodySizeLimit().bytes(),
        waf.inspectResponses(),
        exclusions);
  }

  /** Null where it means nothing here, and need not. */
  private static Protection.@Nullable Exclusion exclusion(
      RuleSet set, Waf.Exclusion exclusion, boolean own) {
    List<String> rules = new ArrayList<>(exclusion.rules());
    boolean anyBodySize = rules.remove(BODY_SIZE_LIMIT);
    boolean grpcContent = rules.remove(GRPC_CONTENT);
    if (!own) {
      rules.removeIf(selector -> !set.hasRules(selector));
      if (rules.isEmpty() && !anyBodySize && !grpcContent) {
        return null;
      }
    }
    List<String> variables =
        exclusion.parameters().stream()
            .map(name -> name.matches("[A-Z_]+(:.*)?") ? name : "ARGS:" + name)
            .toList();
    return Protection.Exclusion.of(
        exclusion.path(),
        rules.isEmpty() ? null : set.exclusion(rules, variables),
        anyBodySize,
        grpcContent);
  }

  // ------------------------------------------------------------------ which rules

  private @Nullable RuleList list(Waf waf, String path) {
    RuleFolders folders = RuleFolders.of(waf, files.folder(), RuleFolders.installedHere());
    files.resolve(folders.own().toString());
    List<Path> before = new ArrayList<>();
    List<Path> rules = new ArrayList<>();
    boolean complete = true;
    for (int i = 0; i < waf.ruleSets().size(); i++) {
      Optional<RuleFolders.Found> found =
          find(folders, waf.ruleSets().get(i), path + ".rule_sets[" + i + "]");
      found.flatMap(RuleFolders.Found::setup).ifPresent(before::add);
      found.ifPresent(set -> rules.addAll(set.rules()));
      complete &= found.isPresent();
    }
    waf.files().forEach(file -> rules.add(files.resolve(file)));
    // Three of the old rules look around, which the engine does not.
    boolean tolerant = waf.ruleSets().contains(RuleFolders.DEBIAN);
    return complete ? new RuleList(before, settings(waf), rules, tolerant) : null;
  }

  private Optional<RuleFolders.Found> find(RuleFolders folders, String name, String path) {
    try {
      Optional<RuleFolders.Found> found = folders.find(name);
      if (found.isEmpty()) {
        complaints.add(
            path,
            name
                + " (expected: a rule set in "
                + folders.own()
                + " or "
                + folders.installed()
                + ")",
            hint(name));
      }
      return found;
    } catch (IOException e) {
      complaints.add(path, name + " cannot be read: " + e.getMessage());
      return Optional.empty();
    }
  }

  private static String hint(String name) {
    return switch (name) {
      case RuleFolders.DEBIAN -> "apt-get install modsecurity-crs";
      case "owasp_crs_v4" ->
          "weir rules install owasp_crs_v4 fetches it; Debian's older one is "
              + RuleFolders.DEBIAN
              + " (apt-get install modsecurity-crs)";
      default -> "put " + name + ".conf, or a folder of this name, into rules_folder";
    };
  }

  /** The settings of the Core Rule Set: what its crs-setup.conf would say. */
  private static String settings(Waf waf) {
    int lowest = waf.anomalyScoring().perRuleScore().first();
    int highest = waf.anomalyScoring().perRuleScore().last();
    int threshold = waf.anomalyScoring().threshold();
    return """
    SecRequestBodyLimit %d
    SecAction "id:190100,phase:1,nolog,pass,t:none,\\
      setvar:tx.blocking_paranoia_level=%d,setvar:tx.paranoia_level=%d,\\
      setvar:tx.inbound_anomaly_score_threshold=%d,\\
      setvar:tx.outbound_anomaly_score_threshold=%d,\\
      setvar:tx.critical_anomaly_score=%d,setvar:tx.error_anomaly_score=%d,\\
      setvar:tx.warning_anomaly_score=%d,setvar:tx.notice_anomaly_score=%d"
    """
        .formatted(
            Math.max(LEAST_ENGINE_LIMIT, waf.bodySizeLimit().bytes()),
            waf.paranoiaLevel(),
            waf.paranoiaLevel(),
            threshold,
            Math.max(1, threshold - 1),
            highest,
            score(lowest, highest, 3),
            score(lowest, highest, 2),
            score(lowest, highest, 1));
  }

  /** Of the four steps from lowest to highest; a notice is the first of them. */
  private static int score(int lowest, int highest, int step) {
    return lowest + Math.round((highest - lowest) * step / 4f);
  }

  // ------------------------------------------------------------------ rules

  private @Nullable LiveRules rules(RuleList list) {
    LiveRules live = compiled.get(list);
    if (live == null) {
      live = running.get(list);
      if (live == null || !live.digest().join().equals(digest(live.rules().set().files()))) {
        live = make(list);
      }
      if (live != null) {
        live.rules().set().files().forEach(file -> files.resolve(file.toString()));
        compiled.put(list, live);
      }
    }
    return live;
  }

  private @Nullable LiveRules make(RuleList list) {
    list.before().forEach(file -> files.resolve(file.toString()));
    list.rules().forEach(file -> files.resolve(file.toString()));
    RuleSet.Compiler compiler = RuleSet.compiler();
    Path states = RuleFolders.installedHere().getParent();
    if (states != null && Files.isDirectory(states)) {
      compiler.patternCache(states.resolve(PATTERNS));
    }
    compiler.baseRules();
    if (list.tolerant()) {
      compiler.tolerant();
    }
    list.before().forEach(compiler::file);
    compiler.text(list.settings(), "waf");
    list.rules().forEach(compiler::file);
    try {
      RuleSet set = compiler.compile();
      set.notes().forEach(note -> LOG.log(Level.WARNING, "{0}", note));
      CompletableFuture<String> digest =
          CompletableFuture.supplyAsync(() -> digest(set.files()), WafCompiler::besideTheStart);
      digest.thenRun(set::prepare);
      return new LiveRules(new Rules(set, loops), digest);
    } catch (RuleException wrong) {
      wrong.problems().stream().map(WafCompiler::problem).forEach(complaints::add);
      return null;
    }
  }

  private static void besideTheStart(Runnable task) {
    Thread.ofPlatform().daemon().name("waf-prepare").start(task);
  }

  private static Problem problem(RuleProblem wrong) {
    String message =
        wrong.directive().isEmpty() ? wrong.message() : wrong.directive() + ": " + wrong.message();
    return new Problem(wrong.file(), wrong.line(), 0, "", message, Optional.empty());
  }

  /** Of the files' octets; one that cannot be read counts too. */
  private static String digest(List<Path> files) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (Path file : files) {
        byte[] contents = contents(file);
        sha256.update((file + "\n" + contents.length + "\n").getBytes(StandardCharsets.UTF_8));
        sha256.update(contents);
      }
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("SHA-256 is part of every JDK", impossible);
    }
  }

  private static byte[] contents(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException gone) {
      return new byte[0];
    }
  }
}
