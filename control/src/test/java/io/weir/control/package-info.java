@org.jspecify.annotations.NullMarked
package io.weir.control;
