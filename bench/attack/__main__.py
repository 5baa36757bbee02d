"""Weir, HAProxy and nginx under the same attacks: what an attacker's byte costs, and what an honest client notices.

For each attack and proxy: bytes of memory held and nanoseconds of CPU time per byte that the attacker sent (payload
only, its TCP and IP headers not counted), and the p99 of an honest client that asks 200 times a second meanwhile.
The proxy has CPU 0, attacker, honest client and backend share CPU 1. The honest client's own cost, measured before, is
taken off. Memory is what the process holds while the attack goes on, more than before it: private pages, and of a JVM
the live heap after a collection with the private pages outside the heap; and, beside it, what waits in the kernel's queues of
its sockets. For attacks that hold connections each proxy
is started anew.
"""

import argparse
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from statistics import median

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "l7"))

import arguments
import proxies
from attacks import ATTACKS, QUICK, Sent
from load import h2load, wait_until_answering, wrk
from machine import LOAD_CPU, BenchError, open_file_limit, quiet, rounds_until_compilers_rest
from memory import held_bytes, socket_bytes
from report import machine, versions
from targets import NAMES, Target

HONEST_RATE, HONEST_CONNECTIONS = 200, 10
RESTING = 0.03  # the share of a round's CPU time that compilers at rest take at most
COLUMNS = (("held", "bytes held per byte"), ("sockets", "and in the kernel"), ("nanos", "CPU ns per byte"), ("p99", "honest p99 ms"))


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        proxies.require_tools(["nginx", "wrk", "h2load", "openssl", *options.proxies])
        if "weir" in options.proxies:
            arguments.build_weir(options)
        with quiet(options.lock):
            results = Run(options).all()
    except (BenchError, OSError, subprocess.CalledProcessError) as problem:
        sys.exit(f"bench: {problem}")
    print(f"\n{table(results, options)}\n")
    print(f"{machine()['cpu']}, {machine()['kernel']}; {', '.join(versions().values())}")
    if "weir" in options.proxies:
        print(worst(results))
    return 0


class Run:
    def __init__(self, options):
        self.options = options
        self.setup = arguments.setup(options)
        self.servers = {}

    def all(self):
        open_file_limit()
        self.setup.prepare()
        results, backend = {}, proxies.backend(self.setup)
        try:
            wait_until_answering(self.setup.base_port, backend)
            for name in self.options.attacks:
                print(f"{name}: {ATTACKS[name].about}", flush=True)
                for proxy in self.options.proxies:
                    results[name, proxy] = self.one(ATTACKS[name], Target(proxy, self.setup))
        finally:
            for server in [*self.servers.values(), backend]:
                server.stop()
            self.setup.clean_up()
        return results

    def one(self, attack, target):
        """A process that is to hold something is a new one, so that nothing it held before can hide that."""
        server = self.servers.get(target.name)
        if attack.holds and server:
            self.servers.pop(target.name).stop()
        if attack.holds or not server:
            self.servers[target.name] = server = target.start()
            wait_until_answering(target.port, server)
            self.warm_up(target)
        figures = self.measure(attack, target, server)
        print(f"  {target.name:8} " + ", ".join(f"{figures[key]:.4g} {title}" for key, title in COLUMNS)
              + f"; {figures['spread']} ns, {figures['mib']:.1f} MiB over {figures['connections']} connections"
              + (f", after {figures['warm']} rounds" if figures["warm"] else ""), flush=True)
        return figures

    def warm_up(self, target):
        """A JVM's code is compiled meanwhile, for connections as for requests."""
        seconds = self.options.warm_up if target.name == "weir" else 1
        for headers in ([], ["Connection: close"]):
            wrk(f"http://127.0.0.1:{target.port}/1k", 16, seconds, headers)

    def measure(self, attack, target, server):
        """Memory the first time the attack comes, then CPU time and the honest client's delay, medians of the rounds."""
        figures = self.memory(attack, target, server)
        figures["warm"] = self.warm_to(attack, target, server) if target.name == "weir" else 0
        rounds = [self.time(attack, target, server) for _ in range(self.options.rounds)]
        honest = median(one.pop("honest") for one in rounds)
        for one in rounds:
            one["nanos"] = max(0, one.pop("micros") - honest) * 1000 / one.pop("sent")
        figures["spread"] = f"{min(one['nanos'] for one in rounds):.3g}..{max(one['nanos'] for one in rounds):.3g}"
        return figures | {key: median(one[key] for one in rounds) for key in rounds[0]}

    def warm_to(self, attack, target, server):
        """What a JVM has not run before it compiles now, once in its life. Returns the rounds until its compilers rest."""
        done = 0
        for _ in rounds_until_compilers_rest(server, RESTING):
            if done == self.options.warm_rounds:
                break
            with Attacker(attack, target) as attacker:
                attacker.wait(1)
            settle(server)
            done += 1
        return done

    def memory(self, attack, target, server):
        if not attack.holds and target.name == "weir":
            with Attacker(attack, target) as attacker:
                attacker.wait(self.options.warm_up)
            settle(server)
        before, sockets = held_bytes(server), socket_bytes(server)
        with Attacker(attack, target) as attacker:
            attacker.wait(self.options.duration)
            held, sockets, sent = held_bytes(server) - before, socket_bytes(server) - sockets, sent_by(attacker, target)
            return {"held": max(0, held) / sent, "sockets": max(0, sockets) / sent, "connections": attacker.connections}

    def time(self, attack, target, server):
        """To the last connection's end; the honest client's own part is measured before, and taken off."""
        settle(server)
        began = server.cpu_micros()
        self.honest(target, self.options.duration)
        honest_cpu = server.cpu_micros() - began
        began = server.cpu_micros()
        with Attacker(attack, target) as attacker:
            load = self.honest(target, self.options.duration)
            if attack.holds:
                attacker.wait(0)
            sent = sent_by(attacker, target)
        settle(server)
        micros = server.cpu_micros() - began
        return {"micros": micros, "honest": honest_cpu, "sent": sent, "p99": load.p99_us / 1000, "mib": sent / 2**20}

    def honest(self, target, seconds):
        log = target.setup.file("honest.log")
        url = f"http://127.0.0.1:{target.port}/1k"
        return h2load(url, HONEST_CONNECTIONS, log, seconds=seconds, http1=True, rate=HONEST_RATE)


def sent_by(attacker, target):
    if not attacker.octets:
        raise BenchError(f"{attacker.name} on {target.name}: nothing was sent")
    return attacker.octets


def settle(server, limit=10):
    """Waits until a process has done what it had left to do, such as closing connections or compiling."""
    for _ in range(2 * limit):
        began = server.cpu_micros()
        time.sleep(0.5)
        if server.cpu_micros() - began < 10_000:
            return


class Attacker:
    """The attack in a process of its own, as long as the block lasts."""

    def __init__(self, attack, target):
        self.sent = Sent(multiprocessing.Value("q", 0, lock=False), multiprocessing.Value("q", 0, lock=False))
        self.opened, self.name = multiprocessing.Event(), attack.name
        self.process = multiprocessing.Process(target=self.attack, args=(attack, target), daemon=True)

    def attack(self, attack, target):
        os.sched_setaffinity(0, {LOAD_CPU})
        os.nice(5)  # what is asked is the proxy's delay, not the honest client's own
        attack.run(target, self.sent, self.opened)

    @property
    def octets(self):
        return self.sent.octets.value

    @property
    def connections(self):
        return self.sent.connections.value

    def wait(self, seconds):
        """So long, and until the attack has come to its height."""
        time.sleep(seconds)
        if not self.opened.wait(30):
            raise BenchError("the attack did not come to its height within 30 seconds")

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()


def table(results, options):
    heads = ["attack", *(f"{title}: {proxy}" for _, title in COLUMNS for proxy in options.proxies)]
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1)]
    for name in options.attacks:
        lines.append([name, *(f"{results[name, proxy][key]:.3g}" for key, _ in COLUMNS for proxy in options.proxies)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def worst(results):
    ours = {name: figures for (name, proxy), figures in results.items() if proxy == "weir"}
    held = max(ours, key=lambda name: ours[name]["held"])
    nanos = max(ours, key=lambda name: ours[name]["nanos"])
    return (f"worst bytes-held-per-byte={ours[held]['held']:.1f} ns-per-byte={ours[nanos]['nanos']:.0f} "
            f"class={held}/{nanos}")


def parse():
    listing = "\n".join(f"  {name:21} {attack.about}" for name, attack in ATTACKS.items())
    parser = argparse.ArgumentParser(
        prog="bench/run attack", formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__,
        epilog=f"attacks:\n{listing}")
    parser.add_argument("--quick", action="store_true", help=f"within 50 seconds: {','.join(QUICK)}; Weir only, a second each")
    parser.add_argument("-a", "--attacks", type=arguments.names(ATTACKS), metavar="A,B,…", help="default: all")
    parser.add_argument("-p", "--proxies", type=arguments.names(NAMES), metavar="A,B,…", help="of haproxy,nginx,weir; default: all")
    parser.add_argument("-d", "--duration", type=int, metavar="SECONDS", help="of one measurement; default: 4")
    parser.add_argument("-r", "--rounds", type=int, help="of which the medians are shown; default: 3, with --quick 1")
    parser.add_argument("--warm-up", type=int, metavar="SECONDS", help="after each start of a JVM, twice; default: 4")
    parser.add_argument("--warm-rounds", type=int, metavar="N",
                        help="of the attack, at most, until a JVM has compiled what it needs; default: 60, with --quick 0")
    arguments.add_common(parser, 22900)
    options = parser.parse_args()
    options.attacks = options.attacks or (QUICK if options.quick else list(ATTACKS))
    options.proxies = options.proxies or (["weir"] if options.quick else list(NAMES))
    options.duration = options.duration or (1 if options.quick else 4)
    options.warm_up = options.warm_up or (1 if options.quick else 4)
    options.rounds = options.rounds or (1 if options.quick else 3)
    if options.warm_rounds is None:
        options.warm_rounds = 0 if options.quick else 60
    return options


if __name__ == "__main__":
    sys.exit(main())
