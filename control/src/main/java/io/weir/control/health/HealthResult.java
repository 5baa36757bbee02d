package io.weir.control.health;

/**
 * What one question to a backend found.
 *
 * @param well whether the answer was as it should be
 * @param detail what was seen, for the operator: {@code status 503 (expected: 200-299)}
 */
public record HealthResult(boolean well, String detail) {}
