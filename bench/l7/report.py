"""The results: a Markdown table, a JSON file and the line of ratios."""

import json
import os
import platform
import subprocess
from statistics import median

SUBJECT = "weir"
DETAILS = {"utilisation", "connections"}  # in the JSON file only


class Results:
    def __init__(self):
        self.samples, self.errors = [], []

    def add(self, scenario, proxy, number, sample):
        load = sample.load
        self.samples.append({
            "scenario": scenario, "proxy": proxy, "round": number, "figures": sample.figures, "requests": load.requests,
            "requests_per_second": load.requests / load.seconds, "p50_us": load.p50_us, "p99_us": load.p99_us,
            "errors": load.errors})
        if load.errors:
            told = ", ".join(f"{count} × {kind}" for kind, count in load.errors.items())
            self.fail(scenario, proxy, f"round {number}: {told} (beside {load.requests} answered 200)")

    def fail(self, scenario, proxy, why):
        self.errors.append(f"{scenario} {proxy}: {why}")

    def values(self, scenario, figure, proxy):
        return [s["figures"][figure] for s in self.samples
                if s["scenario"] == scenario and s["proxy"] == proxy and figure in s["figures"]]

    def ratio(self, scenario, figure, base):
        """Median of Weir over median of the base, or None if either is missing."""
        ours, theirs = self.values(scenario, figure, SUBJECT), self.values(scenario, figure, base)
        return median(ours) / median(theirs) if ours and theirs and median(theirs) > 0 else None

    def rows(self):
        """Scenario and figure, each once, in the order they were measured."""
        return list(dict.fromkeys(
            (s["scenario"], figure) for s in self.samples for figure in s["figures"] if figure not in DETAILS))

    def table(self, proxies):
        bases = [p for p in proxies if p != SUBJECT] if SUBJECT in proxies else []
        heads = ["scenario", "figure", *proxies, *(f"{SUBJECT}/{base}" for base in bases)]
        lines = [heads, ["---"] * 2 + ["---:"] * (len(heads) - 2)]
        for scenario, figure in self.rows():
            cells = [_spread(self.values(scenario, figure, proxy)) for proxy in proxies]
            ratios = [self.ratio(scenario, figure, base) for base in bases]
            lines.append([scenario, figure, *cells, *("–" if r is None else f"**{r:.2f}**" for r in ratios)])
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def ratio_line(self, base):
        """The first figure of each scenario, as `haproxy-ratio h1-1k=0.78 …`."""
        first = {}
        for scenario, figure in self.rows():
            first.setdefault(scenario, figure)
        ratios = {scenario: self.ratio(scenario, figure, base) for scenario, figure in first.items()}
        return " ".join([f"{base}-ratio", *(f"{s}={r:.2f}" for s, r in ratios.items() if r is not None)])

    def write(self, path, options):
        with open(path, "w") as file:
            json.dump({"machine": machine(), "versions": versions(), "options": options, "samples": self.samples,
                       "errors": self.errors}, file, indent=1)


def _spread(values):
    if not values:
        return "–"
    digits = 0 if median(values) >= 200 else 2 if median(values) < 10 else 1
    middle = f"{median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f}..{max(values):.{digits}f})"


def machine():
    with open("/proc/cpuinfo") as lines:
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return {"cpu": model, "cpus": os.cpu_count(), "kernel": platform.release()}


def versions():
    asked = {"haproxy": ["haproxy", "-v"], "nginx": ["nginx", "-v"], "h2load": ["h2load", "--version"],
             "openssl": ["openssl", "version"]}
    return {name: _first_line(command) for name, command in asked.items()}


def _first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout + done.stderr).strip().split("\n")[0]
    except OSError:
        return "not installed"
