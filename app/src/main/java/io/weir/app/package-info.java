/**
 * The weir program. {@link io.weir.app.Main} starts it, {@link io.weir.app.WeirCommand} hands the
 * command line to one class per command; {@link io.weir.app.Daemon} is what {@code weir run} does:
 * serve, reload on SIGHUP, drain on SIGTERM. {@link io.weir.app.takeover} hands the listening
 * sockets to a new process, {@link io.weir.app.demo} is the demonstration.
 */
@NullMarked
package io.weir.app;

import org.jspecify.annotations.NullMarked;
