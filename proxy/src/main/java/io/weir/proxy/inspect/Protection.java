package io.weir.proxy.inspect;

import io.weir.proxy.http.Ascii;
import io.weir.waf.RuleSet;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a route wants of the web application firewall. Immutable.
 *
 * @param rules shared by all routes that want the same
 * @param blocks whether requests are refused, or only what would be done is noted
 * @param bodyBytes most octets of a request's content that are held back and inspected; at least 1
 * @param responses whether responses are inspected too
 * @param exclusions which rules do not apply where
 */
public record Protection(
    Rules rules, boolean blocks, long bodyBytes, boolean responses, List<Exclusion> exclusions) {
  /** The list is copied. */
  public Protection {
    exclusions = List.copyOf(exclusions);
  }

  /**
   * What does not apply to a path.
   *
   * @param path the path, or what it begins with
   * @param prefix whether everything that begins so is meant
   * @param rules of the same rule set, or null for none
   * @param anyBodySize whether content longer than {@link Protection#bodyBytes} passes, uninspected
   * @param grpcContent whether the content of gRPC calls passes as it comes, uninspected
   */
  @SuppressWarnings("ArrayRecordComponent") // Octets to compare with; exclusions are not compared.
  public record Exclusion(
      byte[] path,
      boolean prefix,
      RuleSet.@Nullable Exclusion rules,
      boolean anyBodySize,
      boolean grpcContent) {

    /**
     * An exclusion for a path as the operator writes it: {@code *} at the end means everything that
     * begins so.
     */
    public static Exclusion of(
        String path, RuleSet.@Nullable Exclusion rules, boolean anyBodySize, boolean grpcContent) {
      boolean prefix = path.endsWith("*");
      String text = prefix ? path.substring(0, path.length() - 1) : path;
      return new Exclusion(Ascii.bytes(text), prefix, rules, anyBodySize, grpcContent);
    }

    boolean covers(byte[] bytes, int from, int to) {
      int length = to - from;
      return (prefix ? length >= path.length : length == path.length)
          && Arrays.equals(bytes, from, from + path.length, path, 0, path.length);
    }
  }
}
