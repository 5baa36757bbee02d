/**
 * The packet plane: refuses packets before the network stack spends anything on them.
 *
 * <p>The programs are C, under {@code src/main/bpf}; {@code weir.bpf.c} reads as the list of what
 * is done to a packet. Here they are loaded, attached and fed. Start at {@link
 * io.weir.packet.PacketPlane}; see {@link io.weir.packet.PacketPolicy} and {@link
 * io.weir.packet.AddressLists} for what can be wanted, at {@link io.weir.packet.Reason} for how
 * packets end, and at {@code XdpEngine} for how the one becomes the other.
 */
@NullMarked
package io.weir.packet;

import org.jspecify.annotations.NullMarked;
