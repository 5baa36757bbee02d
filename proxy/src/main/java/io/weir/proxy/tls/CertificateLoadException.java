package io.weir.proxy.tls;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * A certificate or key that cannot be used. The message names the file and what is wrong with it.
 */
public final class CertificateLoadException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  CertificateLoadException(String message) {
    this(message, null);
  }

  CertificateLoadException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
