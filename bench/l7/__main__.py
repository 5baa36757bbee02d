"""Weir beside HAProxy and nginx on one machine, in one run: what a proxied request costs.

Each proxy runs on CPU 0 with one worker; the load generator and the backend (an nginx) share CPU 1. The cost is the CPU
time of the proxy's whole process tree, so neither a slow load generator nor other work on the machine enters it, save
for the caches. The proxies take turns within each scenario; the table gives medians with min..max, and ratios.
A JVM is warmed up, unmeasured, until its compilers are at rest.
"""

import argparse
import os
import signal
import subprocess
import sys
import time

import arguments
import proxies
from load import wait_until_answering
from machine import BenchError, emptied, open_file_limit, quiet, rounds_until_compilers_rest
from proxies import CONFIGURE, PROXIES, Proxy
from report import Results
from scenarios import QUICK, SCENARIOS, Fresh, Traffic

QUICK_SECONDS = 48  # what --quick may take in all; the rest of its 50 seconds is for ending


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        proxies.require_tools(
            ["nginx", "wrk", "h2load", "openssl", *("cc" if name == "floor" else name for name in options.proxies)])
        if "weir" in options.proxies:
            arguments.build_weir(options)
        with quiet(options.lock):
            results = Run(options).all()
    except (BenchError, OSError, subprocess.CalledProcessError) as problem:
        sys.exit(f"bench: {problem}")
    results.write(options.output, vars(options))
    print(f"\n{results.table(options.proxies)}\n\nAll samples are in {os.path.relpath(options.output)}")
    for error in results.errors:
        print(f"ERROR {error}")
    if {"haproxy", "weir"} <= set(options.proxies):
        print(results.ratio_line("haproxy"))
    return 1 if results.errors else 0


class Run:
    def __init__(self, options):
        self.options, self.began = options, time.monotonic()
        self.setup = arguments.setup(options)
        self.servers, self.broken, self.results = {}, {}, Results()

    def all(self):
        open_file_limit()
        self.setup.prepare()
        backend = proxies.backend(self.setup)
        try:
            wait_until_answering(self.setup.base_port, backend)
            with emptied(self.setup.memory):
                for left, name in zip(range(len(self.options.scenarios), 0, -1), self.options.scenarios):
                    self.scenario(SCENARIOS[name], left)
        finally:
            for server in [*self.servers.values(), backend]:
                server.stop()
            self.setup.clean_up()
        return self.results

    def scenario(self, scenario, left):
        """All rounds of one scenario, the proxies in turn; `left` scenarios are to do, this one included."""
        print(f"{scenario.name}: {scenario.about}", flush=True)
        if scenario.name.endswith("-waf") and not proxies.core_rule_set():
            print("  skipped: no folder of the Core Rule Set 4 (see WEIR_CRS)")
            return
        lineup = [proxy for name in self.options.proxies
                  if scenario.suits(proxy := Proxy(name, scenario.features, self.setup))]
        if isinstance(scenario, Traffic):
            for proxy in lineup:
                self.guarded(scenario, proxy, lambda server: self.warm_up(scenario, proxy, server, self.patience(left)))
        rounds = 1 if scenario.name.startswith("mem") else self.options.rounds
        for number in range(1, rounds + 1):
            for proxy in lineup if number % 2 else reversed(lineup):
                self.guarded(scenario, proxy, lambda server: self.sample(scenario, proxy, server, number))

    def guarded(self, scenario, proxy, action):
        """A proxy that fails is told once and left out from then on; the others go on."""
        if proxy.label in self.broken:
            return
        try:
            if isinstance(scenario, Fresh):
                self.stop(proxy)
                try:
                    action(self.servers.setdefault(proxy.label, proxy.start()))
                finally:
                    self.stop(proxy)
            else:
                action(self.running(proxy))
        except (BenchError, OSError, subprocess.SubprocessError) as problem:
            self.broken[proxy.label] = problem
            self.results.fail(scenario.name, proxy.name, str(problem))
            print(f"  {proxy.name:8} FAILED: {problem}", flush=True)

    def running(self, proxy):
        if proxy.label not in self.servers:
            self.servers[proxy.label] = proxy.start()
            wait_until_answering(proxy.port, self.servers[proxy.label])
        return self.servers[proxy.label]

    def stop(self, proxy):
        if server := self.servers.pop(proxy.label, None):
            server.stop()

    def sample(self, scenario, proxy, server, number):
        sample = scenario.measure(proxy, server, self.options.duration)
        self.results.add(scenario.name, proxy.name, number, sample)
        figures = ", ".join(f"{value:.2f} {figure}" for figure, value in sample.figures.items())
        print(f"  {proxy.name:8} {figures}{'  ERRORS ' + str(sample.load.errors) if sample.load.errors else ''}", flush=True)

    def warm_up(self, scenario, proxy, server, patience):
        """Load until the JVM's compilers have been at rest, at under 1 % of its CPU time, for three slices running.

        That takes at most `patience` seconds. HAProxy and nginx need only their connections to the backend: one slice
        does, and --quick goes without.
        """
        if proxy.name != "weir":
            patience = 0 if self.options.quick else 1
        slice_seconds = 1 if self.options.quick else 2
        began = time.monotonic()
        for _ in rounds_until_compilers_rest(server, 0.01):
            if time.monotonic() - began + slice_seconds / 2 >= patience:
                break
            scenario.generate(proxy, slice_seconds)

    def patience(self, left):
        """Longest warm-up in seconds: --quick shares what its time leaves after the measurements among the scenarios."""
        if not self.options.quick:
            return self.options.warm_up
        measuring = left * self.options.rounds * len(self.options.proxies) * (self.options.duration + 0.15)
        return max(1, (QUICK_SECONDS - (time.monotonic() - self.began) - measuring) / left)


def parse():
    scenarios = "\n".join(f"  {name:15} {s.about}" for name, s in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="bench/run l7", formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__,
        epilog=f"scenarios:\n{scenarios}\n\nThe exit status is 1 when a request was not answered 200 or a proxy failed.")
    parser.add_argument("--quick", action="store_true",
                        help=f"within 50 seconds: {','.join(QUICK)}; HAProxy and Weir; one second, three rounds")
    parser.add_argument("-s", "--scenarios", type=arguments.names(SCENARIOS), metavar="A,B,…", help="default: all")
    parser.add_argument("-p", "--proxies", type=arguments.names(CONFIGURE), metavar="A,B,…", help="of haproxy,nginx,weir,floor; default: all but floor, which forwards without reading")
    parser.add_argument("-d", "--duration", type=int, metavar="SECONDS", help="of one measurement; default: 4")
    parser.add_argument("-r", "--rounds", type=int, help="measurements of each scenario and proxy; default: 5")
    parser.add_argument("--warm-up", type=int, default=40, metavar="SECONDS", help="at most, per scenario; default: 40")
    arguments.add_common(parser, 21900)
    parser.add_argument("-o", "--output", metavar="FILE", help="JSON results; default: results.json in the work directory")
    options = parser.parse_args()
    options.scenarios = options.scenarios or (QUICK if options.quick else list(SCENARIOS))
    options.proxies = options.proxies or (["haproxy", "weir"] if options.quick else PROXIES)
    options.duration = options.duration or (1 if options.quick else 4)
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.output = options.output or os.path.join(options.work, "results.json")
    return options


if __name__ == "__main__":
    sys.exit(main())
