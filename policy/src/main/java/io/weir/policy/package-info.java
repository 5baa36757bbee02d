/** Placeholder front page. */
package io.weir.policy;
