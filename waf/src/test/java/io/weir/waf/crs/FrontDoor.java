package io.weir.waf.crs;

import io.weir.waf.regression.TestRequest;
import java.util.List;
import java.util.Map;

/**
 * What any server in front refuses before rules run (RFC 9112): the tests expect status 400 then.
 */
final class FrontDoor {
  private FrontDoor() {}

  static boolean refuses(TestRequest request) {
    if (!request.method().matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
        || !request.version().matches("HTTP/[0-9](\\.[0-9])?")
        || !request.uri().matches("(/|https?://|\\*$)[\\x21-\\x7e\\x80-\\xff]*")) {
      return true;
    }
    int hosts = 0;
    for (Map.Entry<String, String> header : request.headers()) {
      if (!header.getKey().matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
          || header.getValue().indexOf('\0') >= 0) {
        return true;
      }
      if (header.getKey().equalsIgnoreCase("host")) {
        hosts++;
        if (!header.getValue().matches("[A-Za-z0-9.:_\\[\\]-]*")) {
          return true;
        }
      }
      if (header.getKey().equalsIgnoreCase("content-length")
          && !header.getValue().matches("[0-9]+")) {
        return true;
      }
    }
    return List.of("HTTP/1.1").contains(request.version()) && hosts != 1;
  }
}
