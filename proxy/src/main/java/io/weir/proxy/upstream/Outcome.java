package io.weir.proxy.upstream;

/** How one request to a backend ended, seen from the backend's side. */
public enum Outcome {
  /** The answer came whole, with a status below 500. */
  SUCCESS,

  /** The answer came whole, with a status of 500 or above but for the next three. */
  SERVER_ERROR,

  /** The answer came whole, with the status 502, 503 or 504: nobody there to do the work. */
  UNAVAILABLE,

  /** The connection or its TLS handshake failed or took too long; no request was sent. */
  CONNECT_FAILED,

  /** The answer, or the next part of it, did not come in time. */
  TIMEOUT,

  /** The backend closed or reset before its answer was whole. */
  RESET,

  /** The answer was not valid HTTP. */
  MALFORMED,

  /** The client or Weir gave up; tells nothing about the backend. */
  ABANDONED;

  /** The outcome of a whole answer with this status. */
  public static Outcome ofStatus(int status) {
    if (status < 500) {
      return SUCCESS;
    }
    return status >= 502 && status <= 504 ? UNAVAILABLE : SERVER_ERROR;
  }

  /** Whether the backend is to blame. */
  public boolean isFailure() {
    return this != SUCCESS && this != ABANDONED;
  }
}
