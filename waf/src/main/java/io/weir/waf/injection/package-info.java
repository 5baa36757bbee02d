/**
 * Detection of SQL and of active HTML in values, by the form of the text: {@link
 * io.weir.waf.injection.SqlInjection} weighs sequences of SQL tokens, {@link
 * io.weir.waf.injection.CrossSiteScripting} reads the value as a browser would.
 */
package io.weir.waf.injection;
