package io.weir.config;

/**
 * A deviation from the strict grammar of requests that may be let pass; each is explained where the
 * data plane names it.
 */
public enum Tolerance {
  EMPTY_LINE,
  UNENCODED_QUERY,
  UNENCODED_TARGET,
  PATH_PARAMETERS,
  EMPTY_SEGMENTS,
  ENCODED_SLASHES
}
