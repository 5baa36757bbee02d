"""slowhttptest against Weir, or a peer, in its four modes: is the service available throughout, and what does an honest client notice?

The proxy has CPU 0; the honest client (200 requests a second over 10 connections), the backend and slowhttptest share CPU 1. slowhttptest
looks at connections that it does not want to read in a busy loop, so it gets 15 % of the core by a control group: what is asked is the
proxy's delay, not that of sharing a core with an attacker. The figures are medians of the rounds.
"""

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
from statistics import median

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "l7"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "attack"))

import arguments
import proxies
from load import h2load, wait_until_answering, wrk
from machine import LOAD_CPU, BenchError, open_file_limit, quiet
from targets import NAMES, Target

MODES = {
    "-H": ("slow headers", ["-i", "10", "-t", "GET", "-x", "24"]),
    "-B": ("slow body", ["-i", "10", "-s", "8192", "-t", "POST", "-x", "10"]),
    "-X": ("slow read", ["-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3"]),
    "-R": ("ranges", ["-t", "HEAD", "-a", "10", "-b", "3000"]),
}


def main():
    options = parse()
    try:
        proxies.require_tools(["nginx", "wrk", "h2load", "openssl"])
        if not shutil.which("slowhttptest"):
            raise BenchError("missing: slowhttptest (get it with: apt-get install slowhttptest)")
        arguments.build_weir(options)
        open_file_limit()
        with quiet(options.lock), control_group() as group:
            rows, bad = run(options, group)
    except (BenchError, OSError, subprocess.CalledProcessError) as problem:
        sys.exit(f"bench: {problem}")
    print("\n| mode | available | p50 ms alone | p50 ms | p99 ms alone | p99 ms | p99 growth |\n|---|---|---:|---:|---:|---:|---:|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    return 1 if bad else 0


def run(options, group):
    setup = arguments.setup(options)
    setup.prepare()
    backend, rows, bad = proxies.backend(setup), [], False
    target = Target(options.proxy, setup)
    server = target.start()
    try:
        wait_until_answering(setup.base_port, backend)
        wait_until_answering(target.port, server)
        wrk(f"http://127.0.0.1:{target.port}/1k", 16, options.warm_up)
        for mode in options.modes:
            name, flags = MODES[mode]
            available, alone, beside = [], [], []
            for _ in range(options.rounds):
                alone.append(honest(target, options.duration))
                slow, load = together(mode, flags, target, options, group)
                beside.append(load)
                available += re.findall(r"service available:\D*?(YES|NO)", slow)
                print(f"{mode} {name}: p99 {load.p99_us} µs, alone {alone[-1].p99_us} µs", flush=True)
            if not available:
                raise BenchError(f"slowhttptest {mode} said nothing of the service: {slow[-300:]}")
            bad |= "NO" in available
            times = [median(getattr(load, key) for load in loads) for key in ("p50_us", "p99_us") for loads in (alone, beside)]
            rows.append([f"{mode} {name}", f"{available.count('YES')} of {len(available)} looks"]
                        + [f"{us / 1000:.2f}" for us in times] + [f"{100 * (times[3] / times[2] - 1):+.0f} %"])
    finally:
        server.stop()
        backend.stop()
        setup.clean_up()
    return rows, bad


def together(mode, flags, target, options, group):
    """slowhttptest in one mode, and the honest client once its connections are open."""
    ramp = max(1, options.connections // options.rate)
    command = ["slowhttptest", mode, "-c", str(options.connections), "-r", str(options.rate), "-p", "3",
               "-l", str(ramp + options.duration + 2), "-u", f"http://127.0.0.1:{target.port}/1m", *flags]
    slow = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                            preexec_fn=lambda: confine(group))
    try:
        try:
            slow.wait(ramp)
        except subprocess.TimeoutExpired:
            pass
        load = honest(target, options.duration)
        return re.sub(r"\x1b\[[0-9;]*m", "", slow.communicate(timeout=120)[0]), load
    finally:
        slow.kill()


@contextlib.contextmanager
def control_group():
    """A new control group with 1.5 of every 10 ms of a core, in the first or the second version of the kernel's interface."""
    first = os.path.isdir("/sys/fs/cgroup/cpu")
    folder = os.path.join("/sys/fs/cgroup/cpu" if first else "/sys/fs/cgroup", f"weir-bench-{os.getpid()}")
    os.mkdir(folder)
    try:
        settings = {"cpu.cfs_period_us": "10000", "cpu.cfs_quota_us": "1500"} if first else {"cpu.max": "1500 10000"}
        for name, value in settings.items():
            with open(os.path.join(folder, name), "w") as setting:
                setting.write(value)
        yield folder
    finally:
        os.rmdir(folder)


def confine(group):
    os.sched_setaffinity(0, {LOAD_CPU})
    with open(os.path.join(group, "cgroup.procs"), "w") as members:
        members.write(str(os.getpid()))


def honest(target, seconds):
    return h2load(f"http://127.0.0.1:{target.port}/1k", 10, target.setup.file("honest.log"), seconds=seconds, http1=True, rate=200)


def parse():
    parser = argparse.ArgumentParser(prog="bench/run slow", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--modes", type=lambda text: text.split(","), default=list(MODES), metavar="A,B,…", help="such as -m=-H,-X; default: all of -H,-B,-X,-R")
    parser.add_argument("-p", "--proxy", choices=NAMES, default="weir", help="default: weir")
    parser.add_argument("-c", "--connections", type=int, default=1000, help="default: 1000")
    parser.add_argument("-r", "--rate", type=int, default=200, help="connections opened a second; default: 200")
    parser.add_argument("-d", "--duration", type=int, default=10, metavar="SECONDS", help="of one measurement; default: 10")
    parser.add_argument("--rounds", type=int, default=3, help="of each mode, the honest client alone before each; default: 3")
    parser.add_argument("--warm-up", type=int, default=8, metavar="SECONDS", help="default: 8")
    arguments.add_common(parser, 23900)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
