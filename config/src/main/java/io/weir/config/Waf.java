package io.weir.config;

import java.util.List;

@Block(value = "Rules over the content of requests and responses.", needs = Feature.WAF)
public record Waf(
    @Key(doc = "Whether the block has effect.", def = "true") boolean enabled,
    @Key(doc = "`DETECT` only logs; `BLOCK` refuses.", def = "BLOCK") Mode mode,
    @Key(
            doc = "Names of the rule sets that apply, in this order.",
            def = "[owasp_crs_v4]",
            form = Form.NAME)
        List<String> ruleSets,
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
      @Key(doc = "Path, with `*` at its end for everything below.", form = Form.PATH) String path,
      @Key(doc = "Names of the rules or their categories.", form = Form.NAME) List<String> rules) {}

  @Block("Each finding adds to the score of its request; the threshold refuses it.")
  public record AnomalyScoring(
      @Key(doc = "Score at which a request is refused.", def = "5", range = "1 to 100000")
          int threshold,
      @Key(doc = "Lowest and highest score of one rule, by its severity.", def = "1-5")
          IntRange perRuleScore) {}
}
