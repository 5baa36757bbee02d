package io.weir.waf;

import java.util.List;

/**
 * A rule that matched and logs.
 *
 * @param ruleId the rule's id
 * @param message its message with variables filled in, or empty
 * @param logData its log data with variables filled in, sensitive runs masked, or empty
 * @param severity such as CRITICAL, or empty
 * @param tags as written in the rule
 * @param file where the rule is
 * @param line where the rule is
 * @param evidence what matched: for the rule and each further link of its chain the first values
 * @param matches how many values matched in the rule's last link
 * @param score what the rule added to the anomaly score
 * @param disruptive whether the rule asked to end the transaction
 */
public record Match(
    int ruleId,
    String message,
    String logData,
    String severity,
    List<String> tags,
    String file,
    int line,
    List<Evidence> evidence,
    int matches,
    int score,
    boolean disruptive) {

  /**
   * A value that matched.
   *
   * @param variable such as {@code ARGS:q}
   * @param part what of the value matched, masked and shortened
   * @param transformations applied before, in their order
   */
  public record Evidence(String variable, String part, List<String> transformations) {}

  /** The one line of SecLang that lets just this pass: this parameter for this rule. */
  public String exclusion() {
    String target = evidence.isEmpty() ? "" : evidence.getFirst().variable();
    return target.isEmpty()
        ? "SecRuleRemoveById " + ruleId
        : "SecRuleUpdateTargetById " + ruleId + " \"!" + target + "\"";
  }
}
