/** Placeholder front page. */
package io.weir.proxy;
