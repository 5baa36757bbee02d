package io.weir.waf.body;

/** What is strange about a multipart body; the names are those of the variables of rules. */
public enum MultipartFlag {
  BOUNDARY_QUOTED(true),
  BOUNDARY_WHITESPACE(true),
  DATA_BEFORE(true),
  DATA_AFTER(true),
  HEADER_FOLDING(true),
  LF_LINE(true),
  MISSING_SEMICOLON(true),
  INVALID_QUOTING(true),
  INVALID_PART(true),
  INVALID_HEADER_FOLDING(true),
  FILE_LIMIT_EXCEEDED(true),
  CRLF_LF_LINES(false),
  UNMATCHED_BOUNDARY(false);

  private final boolean strict;

  MultipartFlag(boolean strict) {
    this.strict = strict;
  }

  /** Whether it counts as MULTIPART_STRICT_ERROR. */
  public boolean strict() {
    return strict;
  }
}
