/**
 * What the kernel's bpf(2) offers, as far as Weir uses it, straight over FFM: no library needs to
 * be on the machine.
 *
 * <p>Start at {@link io.weir.packet.bpf.BpfObject}: it reads the compiled programs and loads them.
 * {@link io.weir.packet.bpf.BpfMap}, {@link io.weir.packet.bpf.BpfProgram} and {@link
 * io.weir.packet.bpf.BpfLink} are the kernel's own things, each a file descriptor. Linux on
 * little-endian 64-bit machines only.
 */
@NullMarked
package io.weir.packet.bpf;

import org.jspecify.annotations.NullMarked;
