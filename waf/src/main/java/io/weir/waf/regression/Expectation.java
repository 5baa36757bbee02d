package io.weir.waf.regression;

import io.weir.waf.Match;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a test wants to be observed.
 *
 * @param rules ids of rules that have to match
 * @param absent ids of rules that must not match
 * @param pattern of what the log has to hold, or null
 * @param absentPattern of what the log must not hold, or null
 * @param status of the answer, or 0 where any will do
 * @param refusalWelcome whether a server that refuses the request before rules see it is right too
 */
public record Expectation(
    List<Integer> rules,
    List<Integer> absent,
    @Nullable Pattern pattern,
    @Nullable Pattern absentPattern,
    int status,
    boolean refusalWelcome) {

  /** A summary of each transaction, which the reference engines write elsewhere. */
  private static final int SUMMARY_RULE = 980170;

  private static final int BAD_REQUEST = 400;

  /**
   * An {@code output} of the schema.
   *
   * @throws ClassCastException or IllegalArgumentException if it is not as the schema says
   */
  public static Expectation of(Map<?, ?> output) {
    Map<?, ?> log = RegressionTest.map(output.get("log"));
    return new Expectation(
        ids(log.get("expect_ids")),
        ids(log.get("no_expect_ids")),
        pattern(log.get("match_regex")),
        pattern(log.get("no_match_regex")),
        output.get("status") instanceof Integer status ? status : 0,
        Boolean.TRUE.equals(output.get("expect_error")));
  }

  private static List<Integer> ids(@Nullable Object list) {
    List<Integer> ids = new ArrayList<>();
    RegressionTest.list(list).forEach(id -> ids.add((Integer) id));
    return List.copyOf(ids);
  }

  private static @Nullable Pattern pattern(@Nullable Object regex) {
    return regex == null ? null : Pattern.compile((String) regex);
  }

  /** Whether it is enough that the request is refused as malformed, whatever rules say. */
  public boolean isRefusal() {
    return status == BAD_REQUEST || refusalWelcome;
  }

  /**
   * What is wrong with a request that was refused before any rule saw it; null if that is right: if
   * the test wants a refusal, or nothing but the absence of rules.
   *
   * @param seen the status that the client got, 0 for none
   * @param why it was refused
   */
  public @Nullable String problemOfRefusal(int seen, String why) {
    boolean wanted = refusalWelcome || status == BAD_REQUEST && seen >= BAD_REQUEST;
    boolean nothingWanted = rules.isEmpty() && pattern == null && (status == 0 || status == seen);
    return wanted || nothingWanted
        ? null
        : "expected " + this + "; refused before the rules: " + why + ", status " + seen;
  }

  /**
   * What is wrong with what the rules found; null if nothing is.
   *
   * <p>The tests run where rules only detect, so a request that rules find malformed is not
   * refused: where nothing but status 400 is expected, a rule about the protocol has to match.
   *
   * @param matches in the order in which the rules ran
   */
  public @Nullable String problem(List<Match> matches) {
    Set<Integer> ids = new TreeSet<>();
    matches.forEach(match -> ids.add(match.ruleId()));
    if (status == BAD_REQUEST && rules.isEmpty()) {
      boolean malformed = ids.stream().anyMatch(id -> id >= 920000 && id < 921000);
      return malformed ? null : "expected status 400; got no rule of the protocol, rules " + ids;
    }
    if (!ids.containsAll(rules)) {
      return "expected " + this + "; got rules " + ids;
    }
    for (Match match : matches) {
      if (absent.contains(match.ruleId())) {
        return "expected " + this + "; got " + match;
      }
    }
    return problemOfLog(log(matches));
  }

  private @Nullable String problemOfLog(String log) {
    boolean lacks = pattern != null && !pattern.matcher(log).find();
    boolean holds = absentPattern != null && absentPattern.matcher(log).find();
    return lacks || holds ? "expected " + this + "; got " + log : null;
  }

  /** What the reference engines write about matches, as far as tests look at it. */
  private static String log(List<Match> matches) {
    StringBuilder log = new StringBuilder();
    for (Match match : matches) {
      if (match.ruleId() != SUMMARY_RULE) {
        log.append("[id \"").append(match.ruleId());
        log.append("\"] [msg \"").append(match.message());
        log.append("\"] [data \"").append(match.logData()).append("\"] ");
        log.append(match.evidence()).append('\n');
      }
    }
    return log.toString();
  }

  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    if (!rules.isEmpty()) {
      parts.add("rules " + rules);
    }
    if (!absent.isEmpty()) {
      parts.add("no rules " + absent);
    }
    if (pattern != null) {
      parts.add("a log with " + pattern);
    }
    if (absentPattern != null) {
      parts.add("a log without " + absentPattern);
    }
    if (status != 0) {
      parts.add("status " + status);
    }
    return String.join(" and ", parts);
  }
}
