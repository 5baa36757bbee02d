package io.weir.app;

/** How the program ends, for scripts and service managers; part of its interface. */
public final class ExitCode {
  /** All went well; of {@code weir run}: every connection ended before the process did. */
  public static final int OK = 0;

  /** The configuration has problems, all of them printed. */
  public static final int CONFIGURATION = 1;

  /** The command line is wrong. */
  public static final int USAGE = 2;

  /** What was asked for cannot be done now: an address in use, nobody to take over from. */
  public static final int UNAVAILABLE = 3;

  /** The drain timeout cut connections off. */
  public static final int CUT_OFF = 4;

  /** A second signal ended the process at once: this plus the number of the signal. */
  public static final int SIGNAL = 128;

  private ExitCode() {}
}
