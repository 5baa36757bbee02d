/**
 * The web application firewall's place in the data plane: {@link io.weir.proxy.inspect.Protection}
 * is what a route wants of it, {@link io.weir.proxy.inspect.Inspection} is one exchange under the
 * eyes of the rules. The stages INSPECT and REVIEW use them; the rules themselves are the module
 * {@code io.weir.waf}'s.
 */
@NullMarked
package io.weir.proxy.inspect;

import org.jspecify.annotations.NullMarked;
