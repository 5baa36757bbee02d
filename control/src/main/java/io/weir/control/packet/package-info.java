/**
 * The packet plane as the control plane runs it.
 *
 * <p>Start at {@link io.weir.control.packet.PacketGuard}, which starts, changes and ends the plane;
 * {@link io.weir.control.packet.PacketSnapshot} is what a configuration wants of it, and {@link
 * io.weir.control.packet.PacketReport} what is to be seen of it.
 */
@NullMarked
package io.weir.control.packet;

import org.jspecify.annotations.NullMarked;
