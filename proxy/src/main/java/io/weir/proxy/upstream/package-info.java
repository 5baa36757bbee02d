/** Pools of backends: which one takes a request, and the connections to it. */
@NullMarked
package io.weir.proxy.upstream;

import org.jspecify.annotations.NullMarked;
