package io.weir.waf.engine;

import io.weir.waf.regex.AutomataMemory;
import io.weir.waf.seclang.RuleText;
import io.weir.waf.seclang.RuleText.ActionText;
import io.weir.waf.seclang.RuleText.TargetText;
import io.weir.waf.seclang.SyntaxException;
import io.weir.waf.transform.Transformation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Applies actions to a rule. */
final class ActionReader {
  private static final List<String> SEVERITIES =
      List.of("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG");

  private final Store.Names names;
  private final AutomataMemory memory;

  ActionReader(Store.Names names, AutomataMemory memory) {
    this.names = names;
    this.memory = memory;
  }

  void apply(ActionText action, Rule rule) throws CompileException, SyntaxException {
    String value = action.value();
    switch (action.name().toLowerCase(Locale.ROOT)) {
      case "id" -> rule.id = number(action, 1, Integer.MAX_VALUE);
      case "phase" -> rule.phase = phase(value);
      case "msg" -> rule.message = Macro.parse(value, names);
      case "logdata" -> rule.logData = Macro.parse(value, names);
      case "tag" -> rule.tags.add(value);
      case "severity" -> rule.severity = severity(value);
      case "log" -> rule.log = true;
      case "nolog" -> rule.log = false;
      case "chain" -> rule.chain = true;
      case "capture" -> rule.capture = true;
      case "multimatch" -> rule.multiMatch = true;
      case "status" -> rule.status = number(action, 100, 599);
      case "skip" -> rule.skip = number(action, 1, 100_000);
      case "skipafter" -> rule.skipAfter = value;
      case "t" -> transformation(value, rule);
      case "setvar" -> rule.setvars.add(setvar(value));
      case "expirevar", "deprecatevar", "initcol", "setuid", "setsid", "setrsc", "setenv" -> {
        // Collections that outlive a transaction are not kept; the guide says so.
      }
      case "ctl" -> rule.ctls.add(ctl(value));
      case "auditlog",
          "noauditlog",
          "ver",
          "rev",
          "maturity",
          "accuracy",
          "sanitisearg",
          "sanitizearg",
          "sanitisematched",
          "sanitizematched",
          "sanitisematchedbytes",
          "sanitisematchedbytes:",
          "sanitiserequestheader",
          "sanitiseresponseheader",
          "xmlns" -> {
        // Descriptions, and what concerns logs that the host writes.
      }
      default -> disruption(action, rule);
    }
  }

  private void disruption(ActionText action, Rule rule) throws CompileException {
    rule.block = false;
    switch (action.name().toLowerCase(Locale.ROOT)) {
      case "block" -> rule.block = true;
      case "pass" -> rule.disruption = Rule.Disruption.PASS;
      case "deny" -> rule.disruption = Rule.Disruption.DENY;
      case "drop" -> rule.disruption = Rule.Disruption.DROP;
      case "redirect" -> {
        rule.disruption = Rule.Disruption.REDIRECT;
        rule.redirect = Macro.parse(action.value(), names);
      }
      case "allow" ->
          rule.disruption =
              switch (action.value().toLowerCase(Locale.ROOT)) {
                case "" -> Rule.Disruption.ALLOW;
                case "phase" -> Rule.Disruption.ALLOW_PHASE;
                case "request" -> Rule.Disruption.ALLOW_REQUEST;
                default ->
                    throw new CompileException(
                        "allow:" + action.value() + " (expected: phase or request)");
              };
      default -> throw new CompileException("unknown or unsupported action " + action.name());
    }
  }

  private static int number(ActionText action, int min, int max) throws CompileException {
    try {
      int number = Integer.parseInt(action.value().strip());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // falls through to the complaint
    }
    throw new CompileException(
        action.name() + ": " + action.value() + " (expected: " + min + " to " + max + ")");
  }

  private static int phase(String value) throws CompileException {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "1" -> 1;
      case "2", "request" -> 2;
      case "3" -> 3;
      case "4", "response" -> 4;
      case "5", "logging" -> 5;
      default -> throw new CompileException("phase: " + value + " (expected: 1 to 5)");
    };
  }

  private static int severity(String value) throws CompileException {
    int named = SEVERITIES.indexOf(value.toUpperCase(Locale.ROOT));
    if (named >= 0) {
      return named;
    }
    if (value.length() == 1 && value.charAt(0) >= '0' && value.charAt(0) <= '7') {
      return value.charAt(0) - '0';
    }
    throw new CompileException("severity: " + value + " (expected: 0 to 7 or a name)");
  }

  static String severityName(int severity) {
    return severity < 0 ? "" : SEVERITIES.get(severity);
  }

  private static void transformation(String value, Rule rule) throws CompileException {
    if (value.equalsIgnoreCase("none")) {
      rule.transformations.clear();
      return;
    }
    Transformation transformation = Transformation.named(value);
    if (transformation == null) {
      throw new CompileException("unknown transformation t:" + value);
    }
    rule.transformations.add(transformation);
  }

  private Rule.Setvar setvar(String text) throws CompileException {
    boolean unset = text.startsWith("!");
    String rest = unset ? text.substring(1) : text;
    int equals = rest.indexOf('=');
    String name = (equals < 0 ? rest : rest.substring(0, equals)).strip().toLowerCase(Locale.ROOT);
    String value = equals < 0 ? "1" : rest.substring(equals + 1).strip();
    int dot = name.indexOf('.');
    if (dot <= 0 || !Store.NAMESPACES.contains(name.substring(0, dot).toUpperCase(Locale.ROOT))) {
      throw new CompileException(
          "setvar:" + text + " (expected: a name such as tx.score=+1 in a known collection)");
    }
    Rule.Change change = unset ? Rule.Change.UNSET : Rule.Change.SET;
    if (!unset && value.length() > 1 && value.startsWith("+")) {
      change = Rule.Change.ADD;
      value = value.substring(1);
    } else if (!unset && value.length() > 1 && value.startsWith("-")) {
      change = Rule.Change.SUBTRACT;
      value = value.substring(1);
    }
    Macro nameMacro = Macro.parse(name, names);
    boolean fixed = nameMacro.isConstant();
    boolean score =
        name.startsWith("tx.inbound_anomaly_score_pl")
            || name.startsWith("tx.outbound_anomaly_score_pl")
            || name.startsWith("tx.anomaly_score");
    return new Rule.Setvar(
        fixed ? names.number(name) : -1,
        fixed ? null : nameMacro,
        change,
        Macro.parse(value, names),
        score);
  }

  private Rule.Ctl ctl(String text) throws CompileException, SyntaxException {
    int equals = text.indexOf('=');
    String name = (equals < 0 ? text : text.substring(0, equals)).strip();
    String value = equals < 0 ? "" : text.substring(equals + 1).strip();
    Rule.Control control =
        switch (name.toLowerCase(Locale.ROOT)) {
          case "ruleengine" -> Rule.Control.RULE_ENGINE;
          case "requestbodyaccess" -> Rule.Control.REQUEST_BODY_ACCESS;
          case "responsebodyaccess" -> Rule.Control.RESPONSE_BODY_ACCESS;
          case "requestbodyprocessor" -> Rule.Control.REQUEST_BODY_PROCESSOR;
          case "forcerequestbodyvariable" -> Rule.Control.FORCE_REQUEST_BODY_VARIABLE;
          case "requestbodylimit" -> Rule.Control.REQUEST_BODY_LIMIT;
          case "responsebodylimit" -> Rule.Control.RESPONSE_BODY_LIMIT;
          case "ruleremovebyid" -> Rule.Control.RULE_REMOVE_BY_ID;
          case "ruleremovebytag" -> Rule.Control.RULE_REMOVE_BY_TAG;
          case "ruleremovebymsg" -> Rule.Control.RULE_REMOVE_BY_MSG;
          case "ruleremovetargetbyid" -> Rule.Control.TARGET_REMOVE_BY_ID;
          case "ruleremovetargetbytag" -> Rule.Control.TARGET_REMOVE_BY_TAG;
          case "ruleremovetargetbymsg" -> Rule.Control.TARGET_REMOVE_BY_MSG;
          case "auditengine", "auditlogparts", "debugloglevel", "hashengine", "hashenforcement" ->
              Rule.Control.LOGGING;
          default -> throw new CompileException("unknown or unsupported ctl:" + name);
        };
    if (!value.isEmpty() && control == Rule.Control.RULE_ENGINE) {
      engine(value);
    }
    List<Target> targets = new ArrayList<>();
    String selection = value;
    if (control.name().startsWith("TARGET_")) {
      int semicolon = value.lastIndexOf(';');
      if (semicolon < 0) {
        throw new CompileException("ctl:" + text + " (expected: rules;variables)");
      }
      selection = value.substring(0, semicolon);
      for (TargetText target : RuleText.targets(value.substring(semicolon + 1))) {
        targets.add(Target.of(target, names, memory));
      }
    }
    return new Rule.Ctl(control, selection, new long[0], targets);
  }

  static Settings.Engine engine(String value) throws CompileException {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "on" -> Settings.Engine.ON;
      case "off" -> Settings.Engine.OFF;
      case "detectiononly" -> Settings.Engine.DETECTION_ONLY;
      default ->
          throw new CompileException(
              "rule engine " + value + " (expected: On, Off or DetectionOnly)");
    };
  }
}
