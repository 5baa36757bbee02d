/**
 * From a configuration file to what is served, and back to what the operator sees.
 *
 * <pre>
 * file ─ ConfigReader ─▶ Config ─ SnapshotCompiler ─▶ Generation ─ Controller ─▶ Proxy
 *                       (words)   (nothing runs yet)  (number, digest,  (bind, store, drain)
 *                                                      snapshot, Live)
 * </pre>
 *
 * <p>Start with {@link io.weir.control.Controller}, which runs a proxy by a file, and {@link
 * io.weir.control.Compilation#of}, which compiles a file without serving it. What lives longer than
 * a generation (pools, certificates' contexts, request budgets) is in {@code Live}: compiling only
 * prepares changes to it, so that a refused configuration changes nothing.
 */
package io.weir.control;
