/**
 * What all HTTP versions share: one parsed head as bytes and offsets ({@link
 * io.weir.proxy.http.Head}), the names of fields Weir treats specially ({@link
 * io.weir.proxy.http.FieldName}), methods and limits.
 */
@NullMarked
package io.weir.proxy.http;

import org.jspecify.annotations.NullMarked;
