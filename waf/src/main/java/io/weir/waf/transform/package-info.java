/**
 * Transformations of values before rules look at them; {@link io.weir.waf.transform.Transformation}
 * lists them.
 */
package io.weir.waf.transform;
