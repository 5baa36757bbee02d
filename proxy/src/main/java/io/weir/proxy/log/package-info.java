/**
 * The access log: one JSON object a line for each request, never on the request path.
 *
 * <pre>
 * event loop ── AccessLogEntry ──▶ AccessLogRing ──▶ LogWriter ── LineRenderer ──▶ LogSink
 *  (one each)     (a record)        (one a loop)      (one thread)   (sanitises)     (file, stdout)
 * </pre>
 *
 * <p>Start with {@link io.weir.proxy.log.AccessLog}, which owns the rings and the thread, and
 * {@link io.weir.proxy.log.AccessLogEntry}, which a loop fills. Two promises shape everything here:
 *
 * <ul>
 *   <li>A request never waits for its log entry. A full ring, a full disk or a stalled pipe costs
 *       entries, which are counted, and nothing else.
 *   <li>What must not be stored is never written: {@link io.weir.proxy.log.LineRenderer} is the
 *       only way from a record to a line. Header values other than those named in {@link
 *       io.weir.proxy.log.AccessLogField} do not enter a record, so that neither Authorization nor
 *       Cookie nor a body can.
 * </ul>
 */
package io.weir.proxy.log;
