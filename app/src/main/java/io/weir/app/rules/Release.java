package io.weir.app.rules;

import java.net.URI;
import java.util.Map;

/**
 * A rule set that can be fetched by name.
 *
 * @param name as configurations write it in {@code rule_sets}
 * @param version the one that this version of Weir is tested with
 * @param address where releases are, with {@code VERSION} in it
 */
record Release(String name, String version, String address) {
  /**
   * The publisher signs releases and prints no checksum; one that was not made from the archive
   * itself would be worth nothing. So the operator names it (decision record 0021).
   */
  private static final Map<String, Release> KNOWN =
      Map.of(
          "owasp_crs_v4",
          new Release(
              "owasp_crs_v4",
              "4.28.0",
              "https://github.com/coreruleset/coreruleset/releases/download/vVERSION/"
                  + "coreruleset-VERSION-minimal.tar.gz"));

  /**
   * @throws IllegalArgumentException if there is none of that name
   */
  static Release named(String name) {
    Release known = KNOWN.get(name);
    if (known == null) {
      throw new IllegalArgumentException(name + " (expected: one of " + KNOWN.keySet() + ")");
    }
    return known;
  }

  URI uri(String wanted) {
    return URI.create(address.replace("VERSION", wanted));
  }
}
