package io.weir.config;

import java.util.List;
import java.util.Optional;

@Block(
    value =
        "The web application firewall: rules over the content of requests and, if wanted, of responses. What is"
            + " forwarded is what was inspected: a request's content is held back until it was judged.",
    needs = Feature.WAF)
public record Waf(
    @Key(doc = "Whether the block has effect.", def = "true") boolean enabled,
    @Key(doc = "`DETECT` only logs; `BLOCK` refuses.", def = "BLOCK") Mode mode,
    @Key(
            doc =
                "Names of the rule sets that apply, in this order. `owasp_crs_v4` is the OWASP Core Rule Set, which"
                    + " `weir rules install owasp_crs_v4` fetches; `owasp_crs_v3` is the older one of Debian's package"
                    + " `modsecurity-crs`; other names are your own.",
            def = "[owasp_crs_v4]",
            form = Form.NAME)
        List<String> ruleSets,
    @Key(
            doc =
                "Folder that is searched for rule sets before the installed ones: a rule set is a folder of this"
                    + " name with rules in SecLang (`*.conf`), or one such file. Without it: `rules` beside this file.",
            form = Form.FILE)
        Optional<String> rulesFolder,
    @Key(
            doc = "Files with rules of your own in SecLang, which stand behind the rule sets'.",
            form = Form.FILE)
        List<String> files,
    @Key(
            doc =
                "How much the Core Rule Set distrusts: 1 for every site, 2 to 4 find more and are wrong more often.",
            def = "1",
            range = "1 to 4")
        int paranoiaLevel,
    @Key(
            doc =
                "Most content of a request that is held back and inspected; beyond it the request is refused. It"
                    + " also is held in memory.",
            def = "10MiB",
            range = "1KiB to 1GiB")
        ByteSize bodySizeLimit,
    @Key(
            doc =
                "Whether responses are inspected too, for leaks: their first MiB is then held back until it was judged.",
            def = "false")
        boolean inspectResponses,
    @Key(doc = "Paths for which some rules do not apply.") List<Exclusion> exclusions,
    @Key(doc = "How findings add up.") AnomalyScoring anomalyScoring) {

  /** What a finding leads to. */
  public enum Mode implements Label {
    DETECT,
    BLOCK;

    @Override
    public String label() {
      return name();
    }
  }

  @Block("Rules that do not apply to a path.")
  public record Exclusion(
      @Key(
              doc =
                  "Path, with `*` at its end for everything that begins so. What counts is the normalised path that"
                      + " the client asked for, before any rewrite.",
              form = Form.PATH)
          String path,
      @Key(
              doc =
                  "Which rules: ids such as `942100`, ranges such as `942100-942999`, tags such as `attack-sqli`,"
                      + " or one of the categories `sql_injection`, `cross_site_scripting`, `local_file_inclusion`,"
                      + " `remote_file_inclusion`, `command_injection`, `php_injection`, `session_fixation`,"
                      + " `protocol_violation`, `scanner_detection` and `data_leakage`. `body_size_limit` lets longer"
                      + " content pass, of which nothing is inspected then; `grpc_content` lets the content of gRPC"
                      + " calls pass as it comes, uninspected.",
              form = Form.RULES)
          List<String> rules,
      @Key(
              doc =
                  "The parameters that those rules do not look at, such as `comment` for a parameter of the query or"
                      + " a form, or a variable of SecLang such as `REQUEST_COOKIES:session`. Empty: the rules do not"
                      + " apply at all.",
              form = Form.VARIABLE)
          List<String> parameters) {}

  @Block("Each finding adds to the score of its request; the threshold refuses it.")
  public record AnomalyScoring(
      @Key(
              doc =
                  "Score at which a request is refused; a response is at one less, as the Core Rule Set has it.",
              def = "5",
              range = "1 to 100000")
          int threshold,
      @Key(
              doc =
                  "Lowest and highest score of one rule, by its severity: from notices to critical ones.",
              def = "1-5")
          IntRange perRuleScore) {}
}
