/** Placeholder front page. */
package io.weir.control;
