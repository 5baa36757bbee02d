package io.weir.waf.seclang;

import java.util.List;

/**
 * One directive.
 *
 * @param arguments without quotes
 * @param line where it begins, from 1
 */
public record Directive(String name, List<String> arguments, String file, int line) {

  /** The argument, or empty text if there are fewer. */
  public String argument(int index) {
    return index < arguments.size() ? arguments.get(index) : "";
  }
}
