package io.weir.packet.bpf;

/**
 * The kernel refused something; the message says what, its error, and for programs the verifier's
 * own words.
 */
public final class BpfException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** No such entry. */
  public static final int ENOENT = 2;

  /** Not enough room in a map. */
  public static final int E2BIG = 7;

  /** There already. */
  public static final int EEXIST = 17;

  private final int errno;

  BpfException(String what, int errno) {
    this(what, errno, "");
  }

  BpfException(String what, int errno, String log) {
    super(what + ": " + nameOf(errno) + (log.isBlank() ? "" : "\n" + log.strip()));
    this.errno = errno;
  }

  /** The error's number on Linux. */
  public int errno() {
    return errno;
  }

  private static String nameOf(int errno) {
    return switch (errno) {
      case 1 -> "not permitted (EPERM; expected: CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, or root)";
      case ENOENT -> "no such entry (ENOENT)";
      case E2BIG -> "no room (E2BIG)";
      case 12 -> "out of memory (ENOMEM)";
      case 13 -> "refused by the verifier or for lack of a capability (EACCES)";
      case 16 -> "busy: another program is attached (EBUSY)";
      case EEXIST -> "there already (EEXIST)";
      case 19 -> "no such interface (ENODEV)";
      case 22 -> "invalid, or unknown to this kernel (EINVAL)";
      case 28 -> "no space (ENOSPC)";
      case 38 -> "this kernel has no bpf(2) (ENOSYS)";
      case 95 -> "not supported by the driver (EOPNOTSUPP)";
      default -> "error " + errno;
    };
  }
}
