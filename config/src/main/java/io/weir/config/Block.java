package io.weir.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A record that is written as a map of {@link Key}s. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface Block {
  /** What the block is for: Markdown, opening its section of the reference. */
  String value();

  /** What the running program must be able to do before this block may be switched on. */
  Feature needs() default Feature.CORE;
}
