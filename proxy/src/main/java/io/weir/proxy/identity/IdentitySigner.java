package io.weir.proxy.identity;

import io.weir.net.ClientIdentity;
import io.weir.proxy.http.Ascii;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Writes the value of {@code Weir-Client}, by which a backend knows who the client is, how that was
 * established and by which listener the request came, and that Weir says so (IP-6):
 *
 * <pre>
 * v=1;kid=2026-11;t=1763802525;id=c0ff…;addr=2001:db8::7;port=4711;via=direct;listener=web;sig=…
 * </pre>
 *
 * <p>{@code sig} is HMAC-SHA256 (RFC 2104) over every octet before {@code ;sig=}, in base64url
 * without padding (RFC 4648 section 5). {@code t} is in seconds since 1970, {@code id} the value of
 * X-Request-ID of the same request: a backend that compares both accepts no value twice.
 *
 * <p>A pool has a key of its own where its backends must not be able to speak for Weir to others.
 * May be used from any thread.
 */
public final class IdentitySigner {
  /** Fewer octets of key than this are refused: the hash's own length (RFC 2104 section 3). */
  public static final int MIN_KEY = 32;

  private static final String ALGORITHM = "HmacSHA256";

  private static final byte[] START = Ascii.bytes("v=1;kid=");
  private static final byte[] TIME = Ascii.bytes(";t=");
  private static final byte[] ID = Ascii.bytes(";id=");
  private static final byte[] ADDRESS = Ascii.bytes(";addr=");
  private static final byte[] PORT = Ascii.bytes(";port=");
  private static final byte[] VIA = Ascii.bytes(";via=");
  private static final byte[] LISTENER = Ascii.bytes(";listener=");
  private static final byte[] SIGNATURE = Ascii.bytes(";sig=");
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private final byte[] keyId;
  private final byte[] key;
  private final ThreadLocal<Mac> macs = ThreadLocal.withInitial(this::newMac);

  /**
   * @param keyId tells the backend which of its keys to verify with; letters, digits, {@code ._-}
   * @param key shared with the backend
   * @throws IllegalArgumentException if the key is shorter than {@link #MIN_KEY}
   */
  public IdentitySigner(String keyId, byte[] key) {
    if (key.length < MIN_KEY) {
      throw new IllegalArgumentException(
          "key: " + key.length + " octets (expected: at least " + MIN_KEY + ")");
    }
    this.keyId = Ascii.bytes(keyId);
    this.key = key.clone();
  }

  private Mac newMac() {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      return mac;
    } catch (InvalidKeyException impossible) {
      throw new IllegalStateException("HMAC takes any key", impossible);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(ALGORITHM + " is part of every JDK", impossible);
    }
  }

  /**
   * Writes the value.
   *
   * @param text room for 400 octets from {@code start}
   * @param seconds since 1970
   * @return the offset behind it
   */
  public int write(
      byte[] text, int start, ClientIdentity client, byte[] listener, byte[] id, long seconds) {
    int at = put(keyId, text, put(START, text, start));
    at = Ascii.writeDecimal(text, put(TIME, text, at), seconds);
    at = put(id, text, put(ID, text, at));
    at = client.address().writeTo(text, put(ADDRESS, text, at));
    at = Ascii.writeDecimal(text, put(PORT, text, at), client.port());
    at = put(client.provenance().bytes(), text, put(VIA, text, at));
    at = put(listener, text, put(LISTENER, text, at));
    return sign(text, start, at);
  }

  private int sign(byte[] text, int start, int end) {
    Mac mac = macs.get();
    mac.update(text, start, end - start);
    byte[] signature = BASE64URL.encode(mac.doFinal());
    return put(signature, text, put(SIGNATURE, text, end));
  }

  private static int put(byte[] src, byte[] dst, int at) {
    System.arraycopy(src, 0, dst, at, src.length);
    return at + src.length;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IdentitySigner that
        && Arrays.equals(keyId, that.keyId)
        && Arrays.equals(key, that.key);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(keyId);
  }
}
