/** Placeholder front page. */
package io.weir.net;
