package io.weir.proxy.stage;

/** The stages of a request; the order here is the order in which they run. */
public enum Stage {
  /** Is the head within limits and unambiguous? */
  FRAME,
  /** Who is asking, and which source says so? */
  IDENTIFY,
  /** Is this client let in at all? */
  ADMIT,
  /** Which route, hence which limits and pool? */
  ROUTE,
  /** Does the client have budget left? */
  LIMIT,
  /** Does a suspicious client have to prove something first? */
  CHALLENGE,
  /** Does the content look like an attack? */
  INSPECT,
  /** Which healthy backend? */
  SELECT,
  /** Send, stream, retry where that is safe. */
  FORWARD,
  /** May the answer leave, and with which fields? */
  REVIEW,
  /** Log and count; always runs. */
  RECORD
}
