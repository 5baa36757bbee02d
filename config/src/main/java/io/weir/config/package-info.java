/** Placeholder front page. */
package io.weir.config;
