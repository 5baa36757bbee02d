/**
 * The life of a request: {@link io.weir.proxy.stage.Stage} is the order, a {@link
 * io.weir.proxy.stage.Verdict} what a stage answers, a {@link io.weir.proxy.stage.Reason} the one
 * name with which every request ends.
 */
@NullMarked
package io.weir.proxy.stage;

import org.jspecify.annotations.NullMarked;
