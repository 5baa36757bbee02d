"""Many connections: memory per idle one, plain and over TLS, and new ones at a steady rate beside them.

Weir has CPU 0, everything else CPU 1. Memory is counted as in `bench/run attack`. Every connection and every answer that
fails is an error; the exit status tells.
"""

import argparse
import os
import socket
import ssl
import subprocess
import sys
import time

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(BENCH, "attack"), os.path.join(BENCH, "l7")]

import arguments
import proxies
from attacks import client_context
from load import wait_until_answering, wrk
from machine import LOAD_CPU, BenchError, open_file_limit, quiet
from memory import held_bytes
from targets import Target

RESERVE = 150  # open files for everything but idle connections
CONTEXT = client_context()  # one for all: each holds the certificates of the system
REQUEST = b"GET /128 HTTP/1.1\r\nHost: a.test\r\n%s\r\n"


def main():
    options = parse()
    try:
        proxies.require_tools(["nginx", "wrk", "openssl"])
        arguments.build_weir(options)
        most = open_file_limit() - RESERVE
        if most < options.idle:
            print(f"open files: at most {most} connections instead of {options.idle} (see ulimit -n)")
            options.idle = most
        with quiet(options.lock):
            errors = run(options)
    except (BenchError, OSError, subprocess.CalledProcessError) as problem:
        sys.exit(f"bench: {problem}")
    return 1 if errors else 0


def run(options):
    setup = arguments.setup(options)
    setup.prepare()
    os.sched_setaffinity(0, {LOAD_CPU})
    backend, target, errors = proxies.backend(setup), Target("weir", setup), 0
    try:
        wait_until_answering(setup.base_port, backend)
        for tls, count in ((False, options.idle), (True, options.tls)):
            server = target.start()
            held = []
            try:
                wait_until_answering(target.port, server)
                for scheme, port in (("http", target.port), ("https", target.tls_port)):
                    wrk(f"{scheme}://127.0.0.1:{port}/1k", 32, 2)
                before = held_bytes(server)
                held = [opened(target, tls, number) for number in range(count)]
                time.sleep(1)
                each = (held_bytes(server) - before) / 1024 / count
                print(f"{count} idle connections, {'TLS' if tls else 'plain'}: {each:.2f} KiB each", flush=True)
                if not tls:
                    errors += steadily(target, options.rate, options.duration)
                errors += sum(not alive(connection) for connection in held[:: max(1, count // 500)])
            finally:
                for connection in held:
                    connection.close()
                server.stop()
    finally:
        backend.stop()
        setup.clean_up()
    print(f"errors: {errors}")
    return errors


def source(number):
    """Addresses of the loopback network in turn, as one has too few ports."""
    return f"127.0.{1 + number // 250 % 40}.{2 + number % 250}"


def opened(target, tls, number):
    connection = socket.create_connection(("127.0.0.1", target.tls_port if tls else target.port), 10, (source(number), 0))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a request behind a handshake waits 40 ms otherwise
    if tls:
        connection = CONTEXT.wrap_socket(connection, server_hostname="a.test")
    if not alive(connection):
        raise BenchError(f"connection {number} was not answered 200")
    return connection


def alive(connection):
    try:
        connection.sendall(REQUEST % b"")
        return connection.recv(4096).startswith(b"HTTP/1.1 200")
    except (OSError, ssl.SSLError):
        return False


def steadily(target, rate, seconds):
    """A new connection for each request, at this rate; returns how many failed."""
    began, errors, late, slowest = time.monotonic(), 0, 0, 0.0
    for number in range(rate * seconds):
        due = began + number / rate
        while (now := time.monotonic()) < due:
            time.sleep(due - now)
        late = max(late, now - due)
        try:
            with socket.create_connection(("127.0.0.1", target.port), 10, (source(number), 0)) as connection:
                connection.sendall(REQUEST % b"Connection: close\r\n")
                errors += not connection.recv(4096).startswith(b"HTTP/1.1 200")
        except OSError:
            errors += 1
        slowest = max(slowest, time.monotonic() - now)
    took = time.monotonic() - began
    print(f"{rate * seconds / took:.0f} new connections a second for {took:.1f} s: {errors} errors, "
          f"slowest answer {1000 * slowest:.1f} ms, client at most {1000 * late:.0f} ms behind", flush=True)
    return errors


def parse():
    parser = argparse.ArgumentParser(prog="bench/run connections", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idle", type=int, default=20_000, help="plain connections; default: 20000")
    parser.add_argument("--tls", type=int, default=10_000, help="TLS connections; default: 10000")
    parser.add_argument("--rate", type=int, default=2000, help="new connections a second; default: 2000")
    parser.add_argument("-d", "--duration", type=int, default=10, metavar="SECONDS", help="of the new ones; default: 10")
    arguments.add_common(parser, 24900)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
