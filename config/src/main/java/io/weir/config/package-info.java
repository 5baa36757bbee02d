/**
 * The operator's words. {@link io.weir.config.ConfigReader} turns the bytes of one YAML file into a
 * {@link io.weir.config.Config}, or into the list of all its {@link io.weir.config.Problem}s.
 *
 * <p>Starting points: {@link io.weir.config.Config} is the root of the language, and every key is
 * declared once, with its default, range and documentation, as a {@link io.weir.config.Key} on a
 * record component. To add a key, add a component. {@link io.weir.config.Feature} lists what the
 * language can say and this version cannot do.
 */
package io.weir.config;
