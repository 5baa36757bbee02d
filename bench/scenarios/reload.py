#!/usr/bin/env python3
"""Reloads and a takeover under load: what clients notice of them, which should be nothing.

Weir serves wrk's steady keep-alive load from an nginx, and holds open WebSockets to an echo server. Meanwhile the
configuration is replaced and reloaded again and again (every tenth one is bad and must be refused), and in the end a
new process takes the listening sockets over. Counted are requests that failed, WebSockets that broke, and what the
process's memory grew by. Python's standard library, wrk and nginx; everything on loopback.
"""

import argparse
import asyncio
import base64
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FRAME = b"\x81\x85\0\0\0\0hello"  # masked with zeros, as a client must mask
ECHO = b"\x81\x05hello"


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reloads", type=int, default=300, help="default: 300")
    parser.add_argument("--seconds", type=int, default=60, help="time they are spread over; default: 60")
    parser.add_argument("--web-sockets", type=int, default=1000, help="default: 1000")
    parser.add_argument("--connections", type=int, default=16, help="of wrk; default: 16")
    parser.add_argument("--base-port", type=int, default=22400, help="first of 5 ports; default: 22400")
    parser.add_argument("--weir", default=os.path.join(ROOT, "weir"), help="default: ./weir")
    return parser.parse_args()


async def echo(reader, writer):
    """A WebSocket server that opens whatever asks and sends back the one frame that the clients send."""
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                     b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
        while await reader.readexactly(len(FRAME)):
            writer.write(ECHO)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


class WebSocket:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @staticmethod
    async def open(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16))
        writer.write(b"GET /ws HTTP/1.1\r\nHost: ws.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                     b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise SystemExit(f"WebSocket refused: {head[:80]}")
        return WebSocket(reader, writer)

    async def is_alive(self):
        try:
            self.writer.write(FRAME)
            return await asyncio.wait_for(self.reader.readexactly(len(ECHO)), 20) == ECHO
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            return False


def config(base, number, bad=False):
    """A good configuration that differs each time, or one that must be refused."""
    return f"""management: {{ address: "127.0.0.1:{base + 3}" }}
access_log: off
drain_timeout: 60s
listeners:
  - {{ name: web, address: "127.0.0.1:{base}", protocol: http }}
routes:
  - {{ name: ws, match: {{ hosts: ["ws.test"] }}, pool: ws }}
  - {{ name: gone-{number}, match: {{ path: {{ prefix: /gone-{number} }} }}, respond: {{ status: 410, body: "{number}" }} }}
  - {{ name: all, pool: {"nowhere" if bad else "files"} }}
pools:
  - {{ name: ws, backends: [{{ address: "127.0.0.1:{base + 2}" }}] }}
  - {{ name: files, backends: [{{ address: "127.0.0.1:{base + 1}", weight: {1 + number % 7} }}] }}
"""


def nginx(work, base):
    with open(f"{work}/index.html", "w") as page:
        page.write("x" * 1024)
    with open(f"{work}/nginx.conf", "w") as file:
        file.write(f"""daemon off; worker_processes 1; pid {work}/pid; error_log {work}/error crit; user root;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 3600s;
 server {{ listen 127.0.0.1:{base + 1}; root {work}; }} }}""")
    return subprocess.Popen(["nginx", "-c", f"{work}/nginx.conf"], stderr=subprocess.DEVNULL)


def memory(pid):
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return int(re.search(r"Rss:\s+(\d+)", rollup.read())[1]) / 1024


def status(base):
    with urllib.request.urlopen(f"http://127.0.0.1:{base + 3}/status", timeout=5) as answer:
        return json.load(answer)


def wait_ready(base, process, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"Weir ended with {process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", base), 1):
                status(base)
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("Weir is not ready")


async def main():
    o = options()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    work = tempfile.mkdtemp(prefix="weir-reload-")
    base = o.base_port
    file = f"{work}/weir.yaml"
    processes = [nginx(work, base)]

    def replace(number, bad=False):
        with open(f"{file}.new", "w") as new:
            new.write(config(base, number, bad))
        os.replace(f"{file}.new", file)

    def weir(*arguments):
        process = subprocess.Popen([o.weir, "run", *arguments, file], stderr=open(f"{work}/weir.log", "ab"))
        processes.append(process)
        return process

    server = await asyncio.start_server(echo, "127.0.0.1", base + 2, backlog=1024)
    try:
        replace(0)
        old = weir()
        await asyncio.to_thread(wait_ready, base, old)
        sockets = [await WebSocket.open(base) for _ in range(o.web_sockets)]
        print(f"{len(sockets)} WebSockets open", flush=True)
        wrk = await asyncio.create_subprocess_exec(
            "wrk", "-t1", f"-c{o.connections}", f"-d{o.seconds + 20}s", "--timeout", "10s", f"http://127.0.0.1:{base}/",
            stdout=subprocess.PIPE)
        await asyncio.sleep(3)
        before, first = memory(old.pid), status(base)["generation"]
        begun = time.monotonic()
        bad = 0
        for number in range(1, o.reloads + 1):
            is_bad = number % 10 == 0
            bad += is_bad
            replace(number, is_bad)
            old.send_signal(signal.SIGHUP)
            await asyncio.sleep(max(0, begun + number * o.seconds / o.reloads - time.monotonic()))
        replace(o.reloads + 1)
        old.send_signal(signal.SIGHUP)
        await asyncio.sleep(2)
        after, last = memory(old.pid), status(base)["generation"]
        alive = sum(await asyncio.gather(*(s.is_alive() for s in sockets)))
        print(f"reloads: {o.reloads} in {o.seconds} s, {bad} of them bad; generations {first} to {last}; "
              f"WebSockets alive: {alive} of {len(sockets)}; memory {before:.0f} to {after:.0f} MiB", flush=True)
        new = weir("--takeover")
        for s in sockets:
            s.writer.close()
        await asyncio.to_thread(old.wait, 90)
        await asyncio.to_thread(wait_ready, base, new)
        print(f"takeover: the old process ended with {old.returncode}, the new one serves", flush=True)
        output = (await wrk.communicate())[0].decode()
        requests = re.search(r"(\d+) requests in", output)[1]
        failed = re.findall(r"Non-2xx.*|Socket errors.*", output)
        print(f"wrk: {requests} requests; failed: {failed or 'none'}", flush=True)
        return 0 if alive == len(sockets) and not failed and old.returncode == 0 and last > first else 1
    finally:
        server.close()
        for process in processes:
            process.terminate()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
