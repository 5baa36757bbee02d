package io.weir.app.rules;

import java.net.URI;
import java.util.Map;
import java.util.Optional;

/**
 * A rule set that can be fetched by name.
 *
 * @param name as configurations write it in {@code rule_sets}
 * @param version the one that this version of Weir is tested with
 * @param sha256 of that version's archive
 * @param address where releases are, with {@code VERSION} in it
 */
record Release(String name, String version, String sha256, String address) {
  /**
   * Whoever publishes rules signs them and prints no checksum; where these digits are from stands
   * in decision record 0025.
   */
  private static final Map<String, Release> KNOWN =
      Map.of(
          "owasp_crs_v4",
          new Release(
              "owasp_crs_v4",
              "4.28.0",
              "fca67fe46adafeeee61b9d1a03f38c25b9b2a799577df03fa51d99589e6d03b9",
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

  /** The checksum of that version's archive, if it is known. */
  Optional<String> sha256(String wanted) {
    return wanted.equals(version) ? Optional.of(sha256) : Optional.empty();
  }

  URI uri(String wanted) {
    return URI.create(address.replace("VERSION", wanted));
  }
}
