package io.weir.proxy.route;

import io.weir.proxy.http.Ascii;

/**
 * Answers the request with a fixed response.
 *
 * <p>Immutable; safe in any thread.
 */
public final class Respond implements RouteAction {
  private final int status;
  private final byte[] contentType;
  private final byte[] body;
  private final FieldEdits fields;

  /**
   * A fixed response.
   *
   * @param status 200 to 599
   * @param contentType media type, left out where the body is empty
   * @param body content; must be empty for 204, 205 and 304
   * @param fields further fields, set or added
   * @throws IllegalArgumentException if one of these is not so
   */
  public Respond(int status, String contentType, byte[] body, FieldEdits fields) {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("respond.status: " + status + " (expected: 200 to 599)");
    }
    if (body.length > 0 && (status == 204 || status == 205 || status == 304)) {
      throw new IllegalArgumentException(
          "respond.body: " + body.length + " octets (expected: none with status " + status + ")");
    }
    this.status = status;
    this.contentType = Ascii.bytes(FieldEdits.checkedValue("respond.content_type", contentType));
    this.body = body.clone();
    this.fields = fields;
  }

  /** Status of the response. */
  public int status() {
    return status;
  }

  /** Media type as octets; not to be changed. */
  public byte[] contentType() {
    return contentType;
  }

  /** Content; not to be changed. */
  public byte[] body() {
    return body;
  }

  /** Further fields; nothing is there to be removed. */
  public FieldEdits fields() {
    return fields;
  }
}
