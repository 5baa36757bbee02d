package io.weir.waf.engine;

import io.weir.waf.RuleProblem;
import io.weir.waf.regex.AutomataMemory;
import io.weir.waf.regex.Lazy;
import io.weir.waf.regex.LiteralScanner;
import io.weir.waf.regex.PatternCache;
import io.weir.waf.regex.RegexException;
import io.weir.waf.seclang.Directive;
import io.weir.waf.seclang.DirectiveReader;
import io.weir.waf.seclang.RuleText;
import io.weir.waf.seclang.RuleText.ActionText;
import io.weir.waf.seclang.RuleText.TargetText;
import io.weir.waf.seclang.SyntaxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Compiles directives to a {@link Plan}. All problems are collected, not the first only. */
public final class RuleCompiler {
  private static final int MAX_INCLUDE_DEPTH = 16;
  private static final Operator NEVER = CheckOperator.unconditional(false);

  /** What stands in a file, in its order: a rule or a marker. */
  private record Item(@Nullable Rule rule, @Nullable String marker) {}

  private final Set<Path> files = new LinkedHashSet<>();
  private final List<RuleProblem> problems = new ArrayList<>();
  private final List<RuleProblem> notes = new ArrayList<>();
  private final List<Item> items = new ArrayList<>();
  private final Store.Names names = new Store.Names();
  private final PatternCache patterns;
  private final AutomataMemory memory;
  private final OperatorReader operators;
  private final ActionReader actions;
  private final Map<Integer, List<ActionText>> defaults = new HashMap<>();
  private final Set<Integer> ids = new HashSet<>();
  private Settings settings = Settings.defaults();
  private @Nullable Rule openChain;
  private int includeDepth;
  private boolean tolerant;

  /**
   * @param automataLimit octets that all automata may take together
   * @param patterns where compiled patterns are kept
   */
  public RuleCompiler(long automataLimit, PatternCache patterns) {
    this.patterns = patterns;
    memory = new AutomataMemory(automataLimit);
    operators = new OperatorReader(names, patterns, memory, files);
    actions = new ActionReader(names, memory);
  }

  public List<RuleProblem> problems() {
    return problems;
  }

  /** Notes patterns that cannot be compiled, instead of complaining. */
  public void tolerate() {
    tolerant = true;
  }

  /** What was understood and has no effect here. */
  public List<RuleProblem> notes() {
    return notes;
  }

  /** The files that were read so far, data files among them. */
  public Set<Path> files() {
    return files;
  }

  public void add(Path file) {
    files.add(file);
    try {
      add(Files.readString(file, StandardCharsets.UTF_8), file.toString(), file.getParent());
    } catch (IOException e) {
      problems.add(new RuleProblem(file.toString(), 0, "", "cannot be read: " + e.getMessage()));
    }
  }

  /**
   * @param folder where data files and included files are, or null
   */
  public void add(String text, String file, @Nullable Path folder) {
    for (Directive directive : DirectiveReader.read(text, file, problems)) {
      try {
        apply(directive, folder);
      } catch (CompileException | SyntaxException e) {
        complain(directive, e.getMessage());
      }
    }
    if (openChain != null) {
      problems.add(
          new RuleProblem(
              file, openChain.line, "SecRule", "chain without a next rule in the file"));
      openChain = null;
    }
  }

  private void complain(Directive directive, @Nullable String message) {
    problems.add(
        new RuleProblem(
            directive.file(), directive.line(), directive.name(), String.valueOf(message)));
  }

  private void apply(Directive directive, @Nullable Path folder)
      throws CompileException, SyntaxException {
    String name = directive.name().toLowerCase(Locale.ROOT);
    if (openChain != null && !name.equals("secrule") && !name.equals("secaction")) {
      complain(directive, "stands between the rules of a chain");
      openChain = null;
    }
    switch (name) {
      case "secrule" -> rule(directive, folder);
      case "secaction" -> action(directive);
      case "secmarker" -> items.add(new Item(null, required(directive, 0)));
      case "secdefaultaction" -> defaultAction(directive);
      case "include" -> include(directive, folder);
      case "secruleremovebyid" -> remove(byIds(directive.arguments()));
      case "secruleremovebytag" -> remove(byTag(required(directive, 0)));
      case "secruleremovebymsg" -> remove(byMessage(required(directive, 0)));
      case "secruleupdatetargetbyid" ->
          updateTargets(byIds(List.of(required(directive, 0))), directive);
      case "secruleupdatetargetbytag" -> updateTargets(byTag(required(directive, 0)), directive);
      case "secruleupdatetargetbymsg" ->
          updateTargets(byMessage(required(directive, 0)), directive);
      case "secruleupdateactionbyid" -> updateActions(directive);
      default -> setting(directive, name);
    }
  }

  private static String required(Directive directive, int index) throws CompileException {
    if (index >= directive.arguments().size()) {
      throw new CompileException("needs " + (index + 1) + " argument(s)");
    }
    return directive.argument(index);
  }

  private void setting(Directive directive, String name) throws CompileException {
    String value = directive.argument(0);
    switch (name) {
      case "secruleengine" ->
          settings = with(ActionReader.engine(value), settings.requestBodyAccess());
      case "secrequestbodyaccess" -> settings = with(settings.engine(), isOn(value));
      case "secresponsebodyaccess" -> responseAccess(isOn(value));
      case "secrequestbodylimit" -> bodyLimits(size(value), settings.responseBodyLimit());
      case "secresponsebodylimit" -> bodyLimits(settings.requestBodyLimit(), size(value));
      case "secargumentseparator" -> {
        if (value.length() != 1) {
          throw new CompileException(value + " (expected: one character)");
        }
        limits(value.charAt(0), settings.argumentsLimit(), settings.jsonDepthLimit());
      }
      case "secargumentslimit" ->
          limits(settings.argumentSeparator(), size(value), settings.jsonDepthLimit());
      case "secrequestbodyjsondepthlimit" ->
          limits(settings.argumentSeparator(), settings.argumentsLimit(), size(value));
      case "secresponsebodymimetype" -> mimeTypes(Set.copyOf(directive.arguments()));
      case "secresponsebodymimetypesclear" -> mimeTypes(Set.of());
      case "secrequestbodynofileslimit",
          "secrequestbodyinmemorylimit",
          "secrequestbodylimitaction",
          "secresponsebodylimitaction",
          "secpcrematchlimit",
          "secpcrematchlimitrecursion",
          "seccomponentsignature",
          "secserversignature",
          "secauditengine",
          "secauditlog",
          "secauditlog2",
          "secauditlogparts",
          "secauditlogtype",
          "secauditlogformat",
          "secauditlogrelevantstatus",
          "secauditlogstoragedir",
          "secauditlogdirmode",
          "secauditlogfilemode",
          "secdebuglog",
          "secdebugloglevel",
          "sectmpdir",
          "sectmpsaveuploadedfiles",
          "secdatadir",
          "secuploaddir",
          "secuploadkeepfiles",
          "secuploadfilelimit",
          "secuploadfilemode",
          "seccookieformat",
          "seccookiev0separator",
          "secstatusengine",
          "secunicodemapfile",
          "seccollectiontimeout",
          "secwebappid",
          "secinterceptonerror",
          "sectmpsave",
          "secxmlexternalentity" ->
          notes.add(
              new RuleProblem(
                  directive.file(), directive.line(), directive.name(), "has no effect here"));
      default -> throw new CompileException("unknown or unsupported directive");
    }
  }

  private static boolean isOn(String value) throws CompileException {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "on" -> true;
      case "off" -> false;
      default -> throw new CompileException(value + " (expected: On or Off)");
    };
  }

  private static int size(String value) throws CompileException {
    try {
      int size = Integer.parseInt(value);
      if (size > 0) {
        return size;
      }
    } catch (NumberFormatException e) {
      // falls through to the complaint
    }
    throw new CompileException(value + " (expected: a number > 0)");
  }

  private Settings with(Settings.Engine engine, boolean requestBodyAccess) {
    return new Settings(
        engine,
        requestBodyAccess,
        settings.responseBodyAccess(),
        settings.requestBodyLimit(),
        settings.responseBodyLimit(),
        settings.argumentSeparator(),
        settings.argumentsLimit(),
        settings.jsonDepthLimit(),
        settings.responseMimeTypes());
  }

  private void responseAccess(boolean on) {
    settings =
        new Settings(
            settings.engine(),
            settings.requestBodyAccess(),
            on,
            settings.requestBodyLimit(),
            settings.responseBodyLimit(),
            settings.argumentSeparator(),
            settings.argumentsLimit(),
            settings.jsonDepthLimit(),
            settings.responseMimeTypes());
  }

  private void bodyLimits(int request, int response) {
    settings =
        new Settings(
            settings.engine(),
            settings.requestBodyAccess(),
            settings.responseBodyAccess(),
            request,
            response,
            settings.argumentSeparator(),
            settings.argumentsLimit(),
            settings.jsonDepthLimit(),
            settings.responseMimeTypes());
  }

  private void limits(char separator, int arguments, int depth) {
    settings =
        new Settings(
            settings.engine(),
            settings.requestBodyAccess(),
            settings.responseBodyAccess(),
            settings.requestBodyLimit(),
            settings.responseBodyLimit(),
            separator,
            arguments,
            depth,
            settings.responseMimeTypes());
  }

  private void mimeTypes(Set<String> types) {
    settings =
        new Settings(
            settings.engine(),
            settings.requestBodyAccess(),
            settings.responseBodyAccess(),
            settings.requestBodyLimit(),
            settings.responseBodyLimit(),
            settings.argumentSeparator(),
            settings.argumentsLimit(),
            settings.jsonDepthLimit(),
            types);
  }

  private void include(Directive directive, @Nullable Path folder) throws CompileException {
    String pattern = required(directive, 0);
    if (includeDepth == MAX_INCLUDE_DEPTH) {
      throw new CompileException("files included deeper than " + MAX_INCLUDE_DEPTH);
    }
    List<Path> files = included(pattern, folder);
    includeDepth++;
    files.forEach(this::add);
    includeDepth--;
  }

  /** The file of this name, or all that a pattern of names means, in their order. */
  private static List<Path> included(String pattern, @Nullable Path folder)
      throws CompileException {
    try {
      Path path = folder == null ? Path.of(pattern) : folder.resolve(pattern);
      Path parent = path.getParent();
      Path fileName = path.getFileName();
      if (!pattern.contains("*") || parent == null || fileName == null) {
        return List.of(path);
      }
      try (DirectoryStream<Path> found = Files.newDirectoryStream(parent, fileName.toString())) {
        List<Path> files = new ArrayList<>();
        found.forEach(files::add);
        files.sort(null);
        return files;
      }
    } catch (IOException | DirectoryIteratorException | IllegalArgumentException e) {
      throw new CompileException("cannot include " + pattern + ": " + e.getMessage());
    }
  }

  private void defaultAction(Directive directive) throws CompileException, SyntaxException {
    List<ActionText> texts = RuleText.actions(required(directive, 0));
    Rule probe = new Rule(directive.file(), directive.line());
    for (ActionText text : texts) {
      actions.apply(text, probe);
    }
    defaults.put(probe.phase, texts);
  }

  private void rule(Directive directive, @Nullable Path folder)
      throws CompileException, SyntaxException {
    if (directive.arguments().size() > 3) {
      throw new CompileException("has more than three arguments (is a quote missing?)");
    }
    Rule rule = new Rule(directive.file(), directive.line());
    String operatorText = required(directive, 1);
    try {
      for (TargetText target : RuleText.targets(required(directive, 0))) {
        rule.targets.add(Target.of(target, names, memory));
      }
      RuleText.OperatorText operator = RuleText.operator(operatorText);
      rule.operator = read(operator, directive, folder);
      rule.negated = operator.negated() && rule.operator != NEVER;
    } finally {
      link(rule, directive, directive.argument(2));
    }
  }

  private Operator read(RuleText.OperatorText operator, Directive directive, @Nullable Path folder)
      throws CompileException {
    if (Set.of("geolookup", "rbl").contains(operator.name().toLowerCase(Locale.ROOT))) {
      return neverMatches(directive, "no database or resolver is asked");
    }
    try {
      return operators.read(operator, folder);
    } catch (CompileException e) {
      if (tolerant && e.getCause() instanceof RegexException) {
        return neverMatches(directive, String.valueOf(e.getMessage()));
      }
      throw e;
    }
  }

  private Operator neverMatches(Directive directive, String why) {
    String note = "the rule never matches: " + why;
    notes.add(new RuleProblem(directive.file(), directive.line(), directive.name(), note));
    return NEVER;
  }

  private void action(Directive directive) throws CompileException, SyntaxException {
    link(new Rule(directive.file(), directive.line()), directive, required(directive, 0));
  }

  /** Reads the actions and puts the rule in its place, as a link if a chain is open. */
  private void link(Rule rule, Directive directive, String actionText)
      throws CompileException, SyntaxException {
    List<ActionText> texts = RuleText.actions(actionText);
    Rule before = openChain;
    if (before == null) {
      int phase = 2;
      for (ActionText text : texts) {
        if (text.name().equalsIgnoreCase("phase")) {
          actions.apply(text, rule);
          phase = rule.phase;
        }
      }
      applyDefaults(rule, phase, texts);
    }
    for (ActionText text : texts) {
      actions.apply(text, rule);
    }
    openChain = rule.chain ? rule : null;
    if (before != null) {
      before.next = rule;
      rule.phase = before.phase;
      return;
    }
    if (rule.id == 0) {
      complain(directive, "has no id");
    } else if (!ids.add(rule.id)) {
      complain(directive, "id " + rule.id + " is used twice");
    }
    items.add(new Item(rule, null));
  }

  /** Default actions hold where a rule says nothing; block takes the default's disruption. */
  private void applyDefaults(Rule rule, int phase, List<ActionText> texts)
      throws CompileException, SyntaxException {
    boolean blocks = texts.stream().anyMatch(text -> text.name().equalsIgnoreCase("block"));
    for (ActionText text : defaults.getOrDefault(phase, List.of())) {
      String name = text.name().toLowerCase(Locale.ROOT);
      boolean disrupts =
          Set.of("deny", "drop", "pass", "allow", "redirect", "status").contains(name);
      if (name.equals("log") || name.equals("nolog") || name.equals("t") || disrupts && blocks) {
        actions.apply(text, rule);
      }
    }
  }

  private static Predicate<Rule> byIds(List<String> arguments) throws CompileException {
    List<int[]> ranges = new ArrayList<>();
    for (String argument : arguments) {
      for (String part : argument.split("[,\\s]+", -1)) {
        String[] ends = part.split("-", 2);
        try {
          int from = Integer.parseInt(ends[0].strip());
          ranges.add(new int[] {from, ends.length == 1 ? from : Integer.parseInt(ends[1].strip())});
        } catch (NumberFormatException e) {
          throw new CompileException(part + " (expected: rule ids such as 942100 or 1-99)");
        }
      }
    }
    return rule -> {
      for (int[] range : ranges) {
        if (rule.id >= range[0] && rule.id <= range[1]) {
          return true;
        }
      }
      return false;
    };
  }

  private static Predicate<Rule> byTag(String tag) {
    Predicate<String> meant = TextPattern.of(tag);
    return rule -> rule.tags.stream().anyMatch(meant);
  }

  private static Predicate<Rule> byMessage(String message) {
    Predicate<String> meant = TextPattern.of(message);
    return rule -> rule.message != null && meant.test(rule.message.toString());
  }

  private void remove(Predicate<Rule> meant) {
    items.removeIf(item -> item.rule() != null && meant.test(item.rule()));
  }

  private List<Rule> allRules() {
    List<Rule> rules = new ArrayList<>();
    for (Item item : items) {
      if (item.rule() != null) {
        rules.add(item.rule());
      }
    }
    return rules;
  }

  private void updateTargets(Predicate<Rule> meant, Directive directive)
      throws CompileException, SyntaxException {
    List<Target> added = new ArrayList<>();
    for (TargetText text : RuleText.targets(required(directive, 1))) {
      added.add(Target.of(text, names, memory));
    }
    for (Rule rule : allRules()) {
      if (meant.test(rule) && rule.operator != null) {
        if (directive.arguments().size() > 2) {
          String replaced = directive.argument(2).toUpperCase(Locale.ROOT);
          rule.targets.removeIf(target -> target.label().toUpperCase(Locale.ROOT).equals(replaced));
        }
        rule.targets.addAll(added);
      }
    }
  }

  private void updateActions(Directive directive) throws CompileException, SyntaxException {
    String[] which = required(directive, 0).split(":", 2);
    List<ActionText> texts = RuleText.actions(required(directive, 1));
    Predicate<Rule> meant = byIds(List.of(which[0]));
    for (Rule rule : allRules()) {
      if (!meant.test(rule)) {
        continue;
      }
      Rule link = rule;
      for (int i = which.length == 2 ? size(which[1]) : 0; i > 0 && link != null; i--) {
        link = link.next;
      }
      if (link == null) {
        throw new CompileException("rule " + rule.id + " has no such link");
      }
      for (ActionText text : texts) {
        if (text.name().equalsIgnoreCase("id") || text.name().equalsIgnoreCase("phase")) {
          throw new CompileException(text.name() + " cannot be changed");
        }
        actions.apply(text, link);
      }
    }
  }

  /** Call when {@link #problems} is empty. */
  public Plan compile() {
    patterns.save();
    Store initial = new Store(names);
    List<Rule> rules = new ArrayList<>();
    int[] phaseStart = new int[Plan.PHASES + 2];
    Folding folding = new Folding(names, initial);
    for (int phase = 1; phase <= Plan.PHASES; phase++) {
      phaseStart[phase] = rules.size();
      order(phase, folding, rules);
    }
    phaseStart[Plan.PHASES + 1] = rules.size();
    boolean leak = CaptureUse.analyse(rules);
    long[] always = new long[(rules.size() + 63) >> 6];
    for (Rule rule : rules) {
      rule.batched = isBatched(rule);
      rule.tags = List.copyOf(rule.tags);
      if (!rule.batched) {
        always[rule.ordinal >> 6] |= 1L << rule.ordinal;
      }
    }
    resolveControls(rules, always.length);
    List<Lazy<LiteralScanner>> literals = new ArrayList<>();
    List<List<View>> views = new ArrayList<>();
    literals.add(new Lazy<>(() -> new LiteralScanner.Builder().build()));
    views.add(List.of());
    for (int phase = 1; phase <= Plan.PHASES; phase++) {
      List<Rule> own = rules.subList(phaseStart[phase], phaseStart[phase + 1]);
      Map<Operator, Integer> wordNumbers = wordNumbers(own);
      literals.add(new Lazy<>(() -> literals(wordNumbers)));
      views.add(views(own, wordNumbers, always));
    }
    return new Plan(
        List.copyOf(rules),
        phaseStart,
        views,
        literals,
        always,
        names,
        initial,
        settings,
        memory,
        leak);
  }

  /** Puts the rules of a phase in order and resolves what they skip to. */
  private void order(int phase, Folding folding, List<Rule> rules) {
    folding.beginPhase();
    int begin = rules.size();
    List<Item> kept = new ArrayList<>();
    for (Item item : items) {
      Rule rule = item.rule();
      if (rule == null) {
        folding.marker(String.valueOf(item.marker()));
        kept.add(item);
      } else if (rule.phase == phase && folding.keep(rule)) {
        kept.add(item);
      }
    }
    Map<String, List<Rule>> waiting = new HashMap<>();
    for (Item item : kept) {
      Rule rule = item.rule();
      if (rule == null) {
        for (Rule skipping : waiting.getOrDefault(String.valueOf(item.marker()), List.of())) {
          skipping.skipTo = rules.size();
        }
        waiting.remove(String.valueOf(item.marker()));
        continue;
      }
      rule.ordinal = rules.size();
      rules.add(rule);
      String marker = rule.skipAfter;
      if (marker != null) {
        waiting.computeIfAbsent(marker, key -> new ArrayList<>()).add(rule);
      }
    }
    // A marker that does not come means the end of the phase, or a rule of that id.
    for (Map.Entry<String, List<Rule>> entry : waiting.entrySet()) {
      for (Rule skipping : entry.getValue()) {
        skipping.skipTo = afterRuleWithId(entry.getKey(), rules, begin);
      }
    }
    for (Rule rule : rules.subList(begin, rules.size())) {
      if (rule.skip > 0) {
        rule.skipTo = Math.min(rules.size(), rule.ordinal + 1 + rule.skip);
      }
    }
  }

  private static int afterRuleWithId(String marker, List<Rule> rules, int begin) {
    for (int i = begin; i < rules.size(); i++) {
      if (String.valueOf(rules.get(i).id).equals(marker)) {
        return i + 1;
      }
    }
    return rules.size();
  }

  private static boolean isBatched(Rule rule) {
    Operator operator = rule.operator;
    if (operator == null || !operator.isPure() || rule.phase == Plan.PHASES) {
      return false;
    }
    for (Target target : rule.targets) {
      if (target.variable().kind() != Variable.Kind.LISTS || target.count()) {
        return false;
      }
    }
    return true;
  }

  /** Numbers the operators that need words. */
  private static Map<Operator, Integer> wordNumbers(List<Rule> rules) {
    Map<Operator, Integer> wordNumbers = new LinkedHashMap<>();
    for (Rule rule : rules) {
      Operator operator = rule.operator;
      if (rule.batched
          && operator != null
          && !wordNumbers.containsKey(operator)
          && operator.needsWord()) {
        wordNumbers.put(operator, wordNumbers.size());
      }
    }
    return wordNumbers;
  }

  private static LiteralScanner literals(Map<Operator, Integer> wordNumbers) {
    LiteralScanner.Builder builder = new LiteralScanner.Builder(wordNumbers.size());
    wordNumbers.forEach((operator, number) -> {
      Set<String> words = operator.words();
      if (words != null) {
        words.forEach(word -> builder.add(word, number));
      }
    });
    return builder.build();
  }

  private List<View> views(List<Rule> rules, Map<Operator, Integer> wordNumbers, long[] always) {
    List<View> views = new ArrayList<>();
    for (Base base : Base.values()) {
      for (boolean ofNames : new boolean[] {false, true}) {
        List<Rule> looking = new ArrayList<>();
        for (Rule rule : rules) {
          if (rule.batched && looksAt(rule, base, ofNames)) {
            looking.add(rule);
          }
        }
        if (looking.isEmpty()) {
          continue;
        }
        View view = new View(views.size(), base, ofNames, looking, wordNumbers);
        if (view.selectors() > View.MAX_SELECTORS) {
          // Too many names to tell classes apart: these rules are run one by one.
          for (Rule rule : looking) {
            rule.batched = false;
            always[rule.ordinal >> 6] |= 1L << rule.ordinal;
          }
          return views(rules, wordNumbers, always);
        }
        views.add(view);
      }
    }
    return views;
  }

  private static boolean looksAt(Rule rule, Base base, boolean names) {
    for (Target target : rule.targets) {
      if (!target.exclude() && View.covers(target, base, names)) {
        return true;
      }
    }
    return false;
  }

  private static void resolveControls(List<Rule> rules, int words) {
    for (Rule rule : rules) {
      for (Rule link = rule; link != null; link = link.next) {
        link.ctls.replaceAll(ctl -> resolve(ctl, rules, words));
      }
    }
  }

  private static Rule.Ctl resolve(Rule.Ctl ctl, List<Rule> rules, int words) {
    Predicate<Rule> meant;
    try {
      meant =
          switch (ctl.control()) {
            case RULE_REMOVE_BY_ID, TARGET_REMOVE_BY_ID -> byIds(List.of(ctl.value()));
            case RULE_REMOVE_BY_TAG, TARGET_REMOVE_BY_TAG -> byTag(ctl.value());
            case RULE_REMOVE_BY_MSG, TARGET_REMOVE_BY_MSG -> byMessage(ctl.value());
            default -> rule -> false;
          };
    } catch (CompileException e) {
      return ctl;
    }
    return new Rule.Ctl(ctl.control(), ctl.value(), select(rules, words, meant), ctl.targets());
  }

  static long[] select(List<Rule> rules, int words, Predicate<Rule> meant) {
    long[] selected = new long[words];
    for (Rule rule : rules) {
      if (meant.test(rule)) {
        selected[rule.ordinal >> 6] |= 1L << rule.ordinal;
      }
    }
    return selected;
  }
}
