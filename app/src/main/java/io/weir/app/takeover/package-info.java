/**
 * Restart without a refused connection (LB-9): a new process takes over the listening sockets of
 * the running one, which then drains and ends.
 *
 * <p>{@link io.weir.app.takeover.TakeoverServer} is the running process's end, {@link
 * io.weir.app.takeover.TakeoverClient} the new one's. Over a Unix socket that only the same user
 * reaches they say:
 *
 * <pre>
 *   running: weir-takeover 1          its listening sockets: address and how many, one for each
 *            192.0.2.1:443 2          event loop
 *            packet-plane 1 link eth0 NATIVE   and what it gives of its packet plane, with (1) or
 *                                     without (0) a descriptor
 *            (empty line)
 *   new:     send
 *   running: (the file descriptors, SCM_RIGHTS, in that order)
 *   new:     ready                    when it serves; only now the running process stops accepting
 *   running: (closes)
 * </pre>
 *
 * <p>A connection that waits to be accepted belongs to the socket, and the socket lives as long as
 * one process holds it: none is lost. If the new process fails before it is ready, closing its end
 * is all that happens.
 */
@NullMarked
package io.weir.app.takeover;

import org.jspecify.annotations.NullMarked;
