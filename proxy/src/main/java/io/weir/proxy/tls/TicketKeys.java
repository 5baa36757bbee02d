package io.weir.proxy.tls;

import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * The keys that seal session tickets. Nothing is stored and nothing need be sent about: the key of
 * an epoch and a client-certificate policy is HKDF-SHA256 (RFC 5869) of a secret, the policy and
 * the epoch's number, so instances that share the secret agree on every key at every time.
 *
 * <p>An epoch lasts half a session timeout, 12 hours at most. Tickets are sealed with the key of
 * the present epoch; those of the one before are still opened, so a session can be resumed for
 * between half and the whole of the timeout, whatever lifetime the ticket itself states. Those of
 * the next epoch are opened too, for instances whose clocks are ahead.
 *
 * <p>Whoever learns the secret can open all tickets that were ever sealed with it, and with TLS 1.2
 * the sessions they belong to: change a shared secret from time to time. Immutable.
 */
public final class TicketKeys {
  /** The fewest bytes that a shared secret must have. */
  public static final int MIN_SECRET = 32;

  private static final int MAX_EPOCH_SECONDS = 12 * 3600;
  private static final byte[] SALT = "weir session tickets".getBytes(StandardCharsets.US_ASCII);

  private final byte[] secret;

  private TicketKeys(byte[] secret) {
    this.secret = secret;
  }

  /** Keys of this process alone. */
  public static TicketKeys random() {
    byte[] secret = new byte[MIN_SECRET];
    new SecureRandom().nextBytes(secret);
    return new TicketKeys(secret);
  }

  /**
   * Keys that all instances with the same secret share.
   *
   * @param secret at least {@link #MIN_SECRET} random bytes; copied
   * @throws IllegalArgumentException if it is shorter
   */
  public static TicketKeys shared(byte[] secret) {
    if (secret.length < MIN_SECRET) {
      throw new IllegalArgumentException(
          "session_ticket_secret: " + secret.length + " bytes (expected: at least 32)");
    }
    return new TicketKeys(secret.clone());
  }

  /** How long one key seals, in seconds. */
  static int epochSeconds(int sessionTimeoutSeconds) {
    return Math.min(sessionTimeoutSeconds / 2, MAX_EPOCH_SECONDS);
  }

  /** The keys of an epoch: the first seals and opens, the others only open. */
  OpenSslSessionTicketKey[] at(String clientPolicy, long epoch) {
    return new OpenSslSessionTicketKey[] {
      key(clientPolicy, epoch), key(clientPolicy, epoch - 1), key(clientPolicy, epoch + 1)
    };
  }

  private OpenSslSessionTicketKey key(String clientPolicy, long epoch) {
    int name = OpenSslSessionTicketKey.NAME_SIZE;
    int hmac = name + OpenSslSessionTicketKey.HMAC_KEY_SIZE;
    byte[] key = derive(clientPolicy, epoch);
    return new OpenSslSessionTicketKey(
        Arrays.copyOf(key, name),
        Arrays.copyOfRange(key, name, hmac),
        Arrays.copyOfRange(key, hmac, key.length));
  }

  private byte[] derive(String clientPolicy, long epoch) {
    byte[] policy = clientPolicy.getBytes(StandardCharsets.UTF_8);
    byte[] info =
        ByteBuffer.allocate(Long.BYTES + policy.length).putLong(epoch).put(policy).array();
    AlgorithmParameterSpec parameters =
        HKDFParameterSpec.ofExtract()
            .addIKM(secret)
            .addSalt(SALT)
            .thenExpand(info, OpenSslSessionTicketKey.TICKET_KEY_SIZE);
    try {
      return KDF.getInstance("HKDF-SHA256").deriveData(parameters);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("HKDF-SHA256 is part of every JDK 25", impossible);
    }
  }
}
