/**
 * What is inside of bodies: form fields, parts of multipart bodies, values of JSON, text and
 * attributes of XML. Each processor reads a whole body and hands what it finds to a {@link
 * io.weir.waf.body.BodySink}; none of them throws on garbage.
 */
package io.weir.waf.body;
