package io.weir.proxy.tls;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The cipher suites that may be configured: authenticated encryption with a forward-secret key
 * exchange. BoringSSL also knows CBC and static-RSA suites; a listener cannot be talked into them.
 */
final class CipherSuites {
  /** TLS 1.3 suites. BoringSSL offers all three or none, and takes its order from the client. */
  static final Set<String> TLS_1_3 =
      Set.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

  private static final Map<String, String> IANA_BY_NAME = new LinkedHashMap<>();

  static {
    TLS_1_3.stream().sorted().forEach(name -> IANA_BY_NAME.put(name, name));
    for (String auth : List.of("ECDSA", "RSA")) {
      add("ECDHE-" + auth + "-AES128-GCM-SHA256", "ECDHE_" + auth + "_WITH_AES_128_GCM_SHA256");
      add("ECDHE-" + auth + "-AES256-GCM-SHA384", "ECDHE_" + auth + "_WITH_AES_256_GCM_SHA384");
      add(
          "ECDHE-" + auth + "-CHACHA20-POLY1305",
          "ECDHE_" + auth + "_WITH_CHACHA20_POLY1305_SHA256");
    }
  }

  private CipherSuites() {}

  private static void add(String openSsl, String iana) {
    IANA_BY_NAME.put(openSsl, "TLS_" + iana);
    IANA_BY_NAME.put("TLS_" + iana, "TLS_" + iana);
  }

  /**
   * IANA names for OpenSSL or IANA names, order kept.
   *
   * @throws IllegalArgumentException if one is not in the list above
   */
  static List<String> normalise(String setting, List<String> names) {
    List<String> iana = new ArrayList<>();
    for (String name : names) {
      String known = IANA_BY_NAME.get(name);
      if (known == null) {
        throw new IllegalArgumentException(
            setting + ": " + name + " (expected: one of " + IANA_BY_NAME.keySet() + ")");
      }
      iana.add(known);
    }
    return List.copyOf(iana);
  }

  /**
   * The suites to configure for TLS up to 1.2 and 1.3. Those of TLS 1.2 stay even if only TLS 1.3
   * is spoken: Netty reads from them which kinds of key there are.
   */
  static List<String> upTo(TlsVersion max, List<String> iana) {
    List<String> suites = new ArrayList<>(iana);
    if (max == TlsVersion.TLS_1_2) {
      suites.removeAll(TLS_1_3);
    } else if (TLS_1_3.containsAll(iana)) {
      suites.add("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
      suites.add("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    }
    return suites;
  }
}
