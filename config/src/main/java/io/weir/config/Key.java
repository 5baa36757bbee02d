package io.weir.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares one key of the configuration, on the record component that receives its value. It is the
 * only place where a key is named, defaulted, limited and documented: the reader binds by it, the
 * messages quote it and docs/reference/configuration.md is generated from it.
 *
 * <p>The component's type says what may be written: {@code boolean}, {@code int}, {@code double},
 * {@link String}, {@link java.time.Duration}, {@link ByteSize}, {@link IntRange}, {@link HostPort},
 * {@link ListenAddress}, an address, a network, an enum, a {@link Block} record, a sealed interface
 * (exactly one of its records' names is the key), and {@link java.util.List}, {@link java.util.Map}
 * or {@link java.util.Optional} of these. A component that is neither Optional, List, Map nor Block
 * and has no default is required.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
  /** What the key means, its unit, what 0 means, and what it protects. Markdown, one paragraph. */
  String doc();

  /** The key's name; empty: the component's name in snake_case. */
  String name() default "";

  /** For a list: the key that may stand instead, with one element as its value. */
  String single() default "";

  /** The default in the operator's own words, as YAML; empty: none. */
  String def() default "";

  /**
   * The range that is accepted: {@code > a}, {@code >= a} or {@code a to b}, in the operator's own
   * words.
   */
  String range() default "";

  /**
   * For a duration: the unit of a number without suffix ({@code s}); empty: a suffix is required.
   */
  String unit() default "";

  /** What kind of text a {@link String} holds. */
  Form form() default Form.TEXT;

  /** Whether the value {@code off} is accepted, which leaves an Optional component empty. */
  boolean off() default false;

  /**
   * Whether the keys that are not given here are taken from the block of the same name at the top
   * level.
   */
  boolean inherit() default false;

  /** For a sealed interface: whether its keys stand among the other keys of the enclosing block. */
  boolean inline() default false;

  /** What the running program must be able to do before this key may be switched on. */
  Feature needs() default Feature.CORE;
}
