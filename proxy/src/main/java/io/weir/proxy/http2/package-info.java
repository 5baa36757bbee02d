/**
 * HTTP/2 (RFC 9113) and HPACK (RFC 7541), written for this proxy: no object per frame or field,
 * limits while decoding, flood accounting at the frame.
 *
 * <p>A client's connection is {@link io.weir.proxy.http2.Http2ClientConnection}, each of its
 * streams the client's side of one exchange. Bytes become frames in {@link
 * io.weir.proxy.http2.FrameReader}, field blocks become a {@link io.weir.proxy.http.Head} in {@link
 * io.weir.proxy.http2.HpackDecoder}; the way back is {@link io.weir.proxy.http2.HpackEncoder} and
 * {@link io.weir.proxy.http2.FrameWriter}. What a peer may do wrong is listed in {@link
 * io.weir.proxy.http2.Violation}.
 */
@NullMarked
package io.weir.proxy.http2;

import org.jspecify.annotations.NullMarked;
