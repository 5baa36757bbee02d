/**
 * Micro-benchmarks of what runs once per request or oftener. {@code bench/run jmh} runs them; with
 * {@code -prof gc} it also prints what they allocate, which should be nothing.
 */
@org.jspecify.annotations.NullMarked
package io.weir.bench;
