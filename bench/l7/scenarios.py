"""The scenarios. A scenario puts one kind of load on a running proxy and returns one or more figures, lower is better."""

import os
import re
import subprocess
import time
from dataclasses import dataclass
from typing import Callable

from load import Load, h2load, handshakes, idle_connections, wait_until_answering, wrk
from machine import BenchError, open_file_limit

HERE = os.path.dirname(os.path.abspath(__file__))
MICROS = "CPU µs/request"
GIB = "CPU s/GiB"


@dataclass(frozen=True)
class Sample:
    figures: dict[str, float]
    load: Load


@dataclass(frozen=True)
class Traffic:
    """Load on a warm proxy; `unit` says what its CPU time is divided by."""

    name: str
    about: str
    generate: Callable
    unit: str = MICROS
    body: int = 1024
    features: bool = False
    weir_only: bool = False

    def suits(self, proxy):
        """The floor forwards plain HTTP/1.1 with small messages, and only Weir has what some scenarios use."""
        if proxy.name == "floor":
            return self.name in ("h1-128", "h1-1k", "h1-1k-features")
        return proxy.name == "weir" or not self.weir_only

    def measure(self, proxy, server, seconds):
        before, began = server.cpu_micros(), time.monotonic()
        load = self.generate(proxy, seconds)
        micros, took = server.cpu_micros() - before, time.monotonic() - began
        if not load.requests:
            raise BenchError(f"no request was answered: {load.errors}")
        per_request = micros / load.requests
        figure = per_request * (1 << 30) / self.body / 1e6 if self.unit == GIB else per_request
        return Sample({self.unit: figure, "utilisation": micros / 1e6 / took}, load)


@dataclass(frozen=True)
class FixedRate(Traffic):
    """Latency while the proxy is far from busy."""

    def measure(self, proxy, server, seconds):
        load = self.generate(proxy, seconds)
        return Sample({"p50 µs": load.p50_us, "p99 µs": load.p99_us}, load)


@dataclass(frozen=True)
class Allocation(Traffic):
    """Bytes that the JVM's threads allocate per request, from the allocation counter of each thread."""

    def measure(self, proxy, server, seconds):
        before = allocated_bytes(server)
        load = self.generate(proxy, seconds)
        return Sample({"B/request": (allocated_bytes(server) - before) / load.requests}, load)


@dataclass(frozen=True)
class Fresh:
    """A figure of a proxy that has just been started for it alone."""

    name: str
    about: str
    measure: Callable
    features: bool = False

    def suits(self, proxy):
        return proxy.name != "floor"


def allocated_bytes(server):
    """Sum over all threads; jcmd rounds to three digits or more, so measure over many requests."""
    java = next((pid for pid in server.pids() if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "java"), None)
    if not java:
        raise BenchError("allocation is measured only for a proxy that runs on a JVM")
    jcmd = os.path.join(os.path.dirname(os.readlink(f"/proc/{java}/exe")), "jcmd")
    dump = subprocess.run([jcmd, str(java), "Thread.print", "-e"], capture_output=True, text=True, check=True).stdout
    scale = {"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    return sum(int(n) * scale[unit] for n, unit in re.findall(r"\ballocated=(\d+)([BKMG])", dump))


def time_to_serve(proxy, server, seconds):
    ready = wait_until_answering(proxy.port, server)
    time.sleep(1)
    return Sample({"ready ms": ready * 1000, "idle RSS MiB": server.memory_kib()["rss"] / 1024}, Load(1, ready))


def memory_per_connection(tls):
    def measure(proxy, server, seconds):
        """Private memory with and without idle connections, after enough traffic that code and buffers are there."""
        wait_until_answering(proxy.port, server)
        port, scheme = (proxy.tls_port, "https") if tls else (proxy.port, "http")
        wrk(f"{scheme}://127.0.0.1:{port}/1k", 64, seconds)
        wrk(f"{scheme}://127.0.0.1:{port}/1k", 16, seconds, ["Connection: close"])
        count = min(10_000, open_file_limit() // 2 - 400)
        before = server.memory_kib()["private"]
        sockets = idle_connections(port, count, tls)
        time.sleep(1)
        after = server.memory_kib()["private"]
        for connection in sockets:
            connection.close()
        return Sample({"KiB/connection": (after - before) / count, "connections": count}, Load(count, 1))

    return measure


def _h1(path, connections, headers=(), tls=False, script=None):
    port = (lambda proxy: f"https://127.0.0.1:{proxy.tls_port}") if tls else (lambda proxy: f"http://127.0.0.1:{proxy.port}")
    return lambda proxy, seconds: wrk(port(proxy) + path, connections, seconds, headers, script)


def _log(proxy):
    return proxy.setup.file("h2load.log")


def _h2(proxy, seconds):
    return h2load(f"https://127.0.0.1:{proxy.tls_port}/1k", 32, _log(proxy), seconds=seconds, streams=8)


def _rate(proxy, seconds):
    return h2load(f"http://127.0.0.1:{proxy.port}/1k", 30, _log(proxy), seconds=seconds, http1=True, rate=3000)


def _handshakes(proxy, seconds):
    return handshakes(f"https://127.0.0.1:{proxy.tls_port}/1k", _log(proxy), seconds)


SCENARIOS = {s.name: s for s in (
    Traffic("h1-128", "HTTP/1.1 keep-alive, 64 connections, 128 byte bodies", _h1("/128", 64), body=128),
    Traffic("h1-1k", "HTTP/1.1 keep-alive, 64 connections, 1 KiB bodies", _h1("/1k", 64)),
    Traffic("h1-64k", "HTTP/1.1 keep-alive, 32 connections, 64 KiB bodies", _h1("/64k", 32), GIB, 1 << 16),
    Traffic("h1-1m", "HTTP/1.1 keep-alive, 8 connections, 1 MiB bodies (HAProxy without splice)", _h1("/1m", 8), GIB, 1 << 20),
    Traffic("h1-conn", "HTTP/1.1, a new connection for each request", _h1("/1k", 64, ["Connection: close"])),
    Traffic("h1-1k-features", "h1-1k with access log, 200 hosts and an account per client on",
            _h1("/1k", 64, script=os.path.join(HERE, "hosts.lua")), features=True),
    Traffic("h1-1k-waf", "h1-1k with Weir's web application firewall: the Core Rule Set 4 at paranoia level 1",
            _h1("/waf/1k", 64, ["Host: a.test", "User-Agent: bench", "Accept: */*"]), weir_only=True),
    Traffic("tls-1k", "TLS 1.3 keep-alive, HTTP/1.1, 1 KiB bodies", _h1("/1k", 64, tls=True)),
    Traffic("tls-conn", "TLS 1.3, full handshake with a P-256 certificate for each request", _handshakes),
    Traffic("h2-1k", "HTTP/2 over TLS 1.3, 32 connections of 8 streams, 1 KiB bodies", _h2),
    FixedRate("h1-rate", "latency at a fixed 3,000 requests/s over 30 connections", _rate),
    Allocation("alloc", "bytes a JVM proxy allocates per request of h1-1k", _h1("/1k", 64), weir_only=True),
    Allocation("alloc-waf", "the same of h1-1k-waf",
               _h1("/waf/1k", 64, ["Host: a.test", "User-Agent: bench", "Accept: */*"]), weir_only=True),
    Fresh("mem", "private memory per idle keep-alive connection, 10,000 of them", memory_per_connection(tls=False)),
    Fresh("mem-tls", "the same over TLS 1.3", memory_per_connection(tls=True)),
    Fresh("start", "from exec to the first request answered 200; resident memory a second later", time_to_serve),
)}
QUICK = ["h1-1k", "h1-1k-features", "tls-1k", "h2-1k"]
