package io.weir.config;

/** What the normalised path must be like. Exactly one of these keys is given. */
public sealed interface PathMatch {
  record Exact(@Key(doc = "The path is exactly this.", form = Form.PATH) String value)
      implements PathMatch {}

  record Prefix(
      @Key(
              doc =
                  "The path is this or lies below it: `/api` matches `/api` and `/api/x`, not `/apis`.",
              form = Form.PATH)
          String value)
      implements PathMatch {}

  record Regex(
      @Key(
              doc = "The whole path matches this regular expression (RE2 syntax, linear time).",
              form = Form.REGEX)
          String value)
      implements PathMatch {}
}
