"""The machine: processes pinned to a core, what they cost in CPU time and memory, and the lock between benches."""

import contextlib
import fcntl
import os
import re
import resource
import signal
import subprocess
import threading
import time

PROXY_CPU, LOAD_CPU = 0, 1
OF_A_PROCESS = 2  # CPUCLOCK_SCHED of linux/posix-timers.h


class BenchError(Exception):
    """The run cannot go on; the message says why in words for the user."""


class Server:
    """A child process with all its descendants, pinned to one core."""

    def __init__(self, command, cpu, log):
        self.command, self.log, self.started = command, log, time.monotonic()
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                preexec_fn=lambda: (os.sched_setaffinity(0, {cpu}), take_precedence()))

    def pids(self):
        """The process and its descendants: an nginx has a master and a worker."""
        children = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                children.setdefault(int(_stat(pid)[1]), []).append(int(pid))
        found = [self.process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def cpu_micros(self):
        """User and system time of all live processes; threads that have ended are counted."""
        return sum(time.clock_gettime_ns(~pid << 3 | OF_A_PROCESS) for pid in self.pids()) / 1e3

    def compiler_micros(self):
        """CPU time of the threads by which a JVM compiles, those alive; other programs have none."""
        micros = 0
        for task in (f"/proc/{pid}/task/{thread}" for pid in self.pids() for thread in os.listdir(f"/proc/{pid}/task")):
            with contextlib.suppress(OSError), open(f"{task}/comm") as name, open(f"{task}/schedstat") as times:
                if re.match("C[12] Compiler", name.read()):
                    micros += int(times.read().split()[0]) / 1e3
        return micros

    def memory_kib(self):
        """Resident and private (not shared with any other process) memory, KiB."""
        rss = private = 0
        for pid in self.pids():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as lines:  # it may just have ended
                for line in lines:
                    key, *rest = line.split()
                    rss += int(rest[0]) if key == "Rss:" else 0
                    private += int(rest[0]) if key in ("Private_Clean:", "Private_Dirty:") else 0
        return {"rss": rss, "private": private}

    def stop(self):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for pid in reversed(self.pids()):
                with contextlib.suppress(OSError):
                    os.kill(pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(3)
                return

    def ended(self):
        return self.process.poll() is not None

    def last_words(self):
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-12:]).strip()[-2000:]


def rounds_until_compilers_rest(server, share):
    """Yields until a JVM's compilers took less than this share of its CPU time for three rounds running.

    What the caller does between two values is a round. It leaves the loop itself where that takes too long.
    """
    resting = 0
    while resting < 3:
        before, compiled = server.cpu_micros(), server.compiler_micros()
        yield
        busy = server.compiler_micros() - compiled
        resting = resting + 1 if busy < share * (server.cpu_micros() - before) else 0


@contextlib.contextmanager
def emptied(folder):
    """Empties a folder's logs ten times a second where they have grown to a MiB, so that no proxy writes to fresh memory.

    That costs a virtual machine what its host takes to find it, up to four nanoseconds an octet.
    """
    done = threading.Event()

    def empty():
        while not done.wait(0.1):
            for name in os.listdir(folder):
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):  # a proxy that starts removes its old ones
                    if name.endswith(".log") and os.path.getsize(path) > 1 << 20:
                        os.truncate(path, 0)

    thread = threading.Thread(target=empty, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _stat(pid):
    """Fields of /proc/PID/stat after the command name, which may itself hold spaces and brackets."""
    with open(f"/proc/{pid}/stat") as file:
        text = file.read()
    return text[text.rindex(")") + 2:].split()


def take_precedence():
    """Priority over other work on the machine, where the user may ask for it."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -15)
        with open("/proc/self/autogroup", "w") as group:
            group.write("-15")


def open_file_limit():
    """Raises the limit of open files, which children inherit, as far as allowed; returns what it is then."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, 65536),) * 2)
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@contextlib.contextmanager
def quiet(path):
    """Holds the lock file, so that two benches on one machine never measure at the same time."""
    with open(path, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
