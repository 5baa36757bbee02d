/**
 * Three backends that tell what they see of the client, a configuration that puts Weir before them,
 * and requests to try. {@link io.weir.app.demo.Demo} starts all of it on loopback.
 */
@NullMarked
package io.weir.app.demo;

import org.jspecify.annotations.NullMarked;
