/**
 * {@code weir top}: asks the management listener for its status each second, and shows what
 * changed. {@link io.weir.app.top.StatusSample} is one answer, {@link io.weir.app.top.Screen} the
 * difference of two in lines of text.
 */
@NullMarked
package io.weir.app.top;

import org.jspecify.annotations.NullMarked;
