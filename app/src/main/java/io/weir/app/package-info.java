/** Placeholder front page. */
package io.weir.app;
