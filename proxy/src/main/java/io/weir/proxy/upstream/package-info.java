/**
 * Pools of backends: which one takes a request, and the connections to it.
 *
 * <p>Start at {@link io.weir.proxy.upstream.Pool#select}. It picks from the {@code Candidates} of
 * the {@code View} that the pool last published, by one of the algorithms of {@link
 * io.weir.proxy.upstream.Algorithm}, each a small class of its own. A {@link
 * io.weir.proxy.upstream.Backend} hears from the event loops how requests went, and from the
 * control plane what active checks found; whatever changes who may be chosen publishes a new view.
 */
@NullMarked
package io.weir.proxy.upstream;

import org.jspecify.annotations.NullMarked;
