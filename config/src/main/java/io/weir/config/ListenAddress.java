package io.weir.config;

import io.weir.net.IpAddress;

/**
 * Where Weir itself listens, written {@code 0.0.0.0:443} or {@code "[::]:443"}.
 *
 * @param address {@code 0.0.0.0} and {@code ::} stand for all addresses of their family
 * @param port 0 to 65535; 0 lets the system choose
 */
public record ListenAddress(IpAddress address, int port) {
  @Override
  public String toString() {
    return (address.isIpv4() ? address.toString() : "[" + address + "]") + ":" + port;
  }
}
