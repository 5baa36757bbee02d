package io.weir.config;

/**
 * What a header field's or query parameter's value must be like. Exactly one of these keys is
 * given.
 */
public sealed interface ValueMatch {
  record Exact(@Key(doc = "The value is exactly this.") String value) implements ValueMatch {}

  record Prefix(@Key(doc = "The value begins with this.") String value) implements ValueMatch {}

  record Regex(
      @Key(
              doc = "The whole value matches this regular expression (RE2 syntax, linear time).",
              form = Form.REGEX)
          String value)
      implements ValueMatch {}

  record Present(
      @Key(doc = "`true`: there is one, whatever its value; `false`: there is none.") boolean value)
      implements ValueMatch {}
}
