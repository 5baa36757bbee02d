/**
 * What the operator sees of a running Weir, over plain HTTP on an address of its own.
 *
 * <table>
 *   <caption>Resources</caption>
 *   <tr><td>{@code GET /metrics}</td><td>Prometheus' text format</td></tr>
 *   <tr><td>{@code GET /healthz}</td><td>200 as long as the process answers</td></tr>
 *   <tr><td>{@code GET /readyz}</td><td>200 while it accepts traffic, 503 while it drains</td></tr>
 *   <tr><td>{@code GET /status}</td><td>JSON, what {@code weir top} shows</td></tr>
 *   <tr><td>{@code POST /reload}</td><td>takes the configuration up again; from this host only</td></tr>
 * </table>
 *
 * <p>Start at {@link io.weir.control.management.ManagementServer}. An {@code Observation} is taken
 * for each request; {@code Metrics} and {@code StatusReport} put it into words. Nothing here is
 * loaded before the proxy serves.
 */
package io.weir.control.management;
