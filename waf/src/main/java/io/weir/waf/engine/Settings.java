package io.weir.waf.engine;

/**
 * What the directives of configuration say.
 *
 * @param engine whether rules run and block
 * @param requestBodyLimit octets; a longer body is refused
 * @param responseBodyLimit octets
 * @param argumentSeparator between parameters of forms and query strings
 * @param argumentsLimit number of parameters; more are an error of the body
 * @param jsonDepthLimit containers within containers
 */
public record Settings(
    Engine engine,
    boolean requestBodyAccess,
    boolean responseBodyAccess,
    int requestBodyLimit,
    int responseBodyLimit,
    char argumentSeparator,
    int argumentsLimit,
    int jsonDepthLimit,
    java.util.Set<String> responseMimeTypes) {

  /** Whether rules run. */
  public enum Engine {
    ON,
    DETECTION_ONLY,
    OFF
  }

  static Settings defaults() {
    return new Settings(
        Engine.ON,
        true,
        true,
        32 << 20,
        1 << 20,
        '&',
        10_000,
        512,
        java.util.Set.of("text/plain", "text/html", "text/xml", "application/json"));
  }
}
