"""Load: wrk for HTTP/1.1, h2load for HTTP/2, fixed rates and full handshakes, plain sockets for idle connections.

Each function returns a Load. Only the requests that were answered 200 count; everything else is an error.
"""

import os
import re
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass, field

from machine import LOAD_CPU, BenchError, take_precedence

MICROS = {"us": 1, "ms": 1e3, "s": 1e6, "m": 60e6}


@dataclass
class Load:
    requests: int
    seconds: float
    p50_us: float | None = None
    p99_us: float | None = None
    errors: dict[str, int] = field(default_factory=dict)


def wrk(url, connections, seconds, headers=(), script=None):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    for header in headers:
        command += ["-H", header]
    command += ["-s", script] if script else []
    out = _generate(command + [url])
    total = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m)\b", out)
    if not total:
        raise BenchError(f"wrk printed no total: {out[-300:]}")
    latency = {percent: float(value) * MICROS[unit]
               for percent, value, unit in re.findall(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m)$", out, re.M)}
    errors = {kind: int(count) for kind, count in re.findall(r"(connect|read|write|timeout) (\d+)", out)}
    if bad := re.search(r"Non-2xx or 3xx responses: (\d+)", out):
        errors["status"] = int(bad[1])
    return Load(int(total[1]) - errors.get("status", 0), float(total[2]) * MICROS[total[3]] / 1e6,
                latency.get("50"), latency.get("99"), {k: n for k, n in errors.items() if n})


def h2load(url, connections, log, seconds=None, requests=None, streams=1, http1=False, rate=None):
    """Either for a time or for a number of requests; `rate` is requests a second over all connections."""
    if os.path.exists(log):
        os.unlink(log)
    command = ["h2load", "-t1", f"-c{connections}", f"-m{streams}", f"--log-file={log}"]
    command += [f"-D{seconds}"] if seconds else [f"-n{requests}"]
    command += ["--h1"] if http1 else []
    command += [f"--rps={rate / connections:g}"] if rate else []
    began = time.monotonic()
    out = _generate(command + [url])
    took = time.monotonic() - began
    latency, errors = [], {}
    with open(log) as lines:
        for _, status, micros, *_ in map(str.split, lines):
            if status == "200":
                latency.append(int(micros))
            else:
                errors["status"] = errors.get("status", 0) + 1
    if not latency:
        raise BenchError(f"h2load had no answer 200: {out[-300:]}")
    # In a timed run h2load gives up what is in flight at the end, so only a counted run can fall short.
    if requests and len(latency) + errors.get("status", 0) < requests:
        errors["unanswered"] = requests - len(latency) - errors.get("status", 0)
    elif seconds and (broken := re.search(r"(\d+) errored, (\d+) timeout", out)) and int(broken[2]):
        errors["timeout"] = int(broken[2])
    latency.sort()
    return Load(len(latency), took, latency[len(latency) // 2], latency[len(latency) * 99 // 100], errors)


def handshakes(url, log, seconds, connections=300):
    """One request per connection, each after a full handshake: h2load never resumes a session."""
    total, began = Load(0, 0), time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds:
        burst = h2load(url, connections, log, requests=connections, http1=True)
        total.requests += burst.requests
        for kind, count in burst.errors.items():
            total.errors[kind] = total.errors.get(kind, 0) + count
    total.seconds = elapsed
    return total


def idle_connections(port, count, tls):
    """Opens keep-alive connections, one request on each, and returns them open."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sockets = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), 10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            connection = context.wrap_socket(connection, server_hostname="a.test")
        sockets.append(connection)
        if not _get(connection):
            raise BenchError(f"connection {len(sockets)} of {count} was not answered 200")
    return sockets


def wait_until_answering(port, server, limit=40.0):
    """Seconds from the start of the server's process until it answers its first request with 200."""
    while (waited := time.monotonic() - server.started) < limit and not server.ended():
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as connection:
                if _get(connection):
                    return time.monotonic() - server.started
        except OSError:
            pass
        time.sleep(0.001)
    state = "ended" if server.ended() else f"gave no answer 200 within {waited:.0f} s"
    raise BenchError(f"{' '.join(server.command)}: {state}\n{server.last_words()}")


def _get(connection):
    connection.sendall(b"GET /128 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    return connection.recv(4096).startswith(b"HTTP/1.1 200")


def _generate(command):
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", start_new_session=True,
        preexec_fn=lambda: (os.sched_setaffinity(0, {LOAD_CPU}), take_precedence()))
    if done.returncode:
        raise BenchError(f"{' '.join(command)}: exit {done.returncode}: {(done.stdout + done.stderr)[-300:]}")
    return done.stdout
