"""The WAF beside nginx with libmodsecurity: bench/run waf [--quick].

The same requests, in one run: Weir's engine in process (CPU time of the thread), and an nginx with Debian's libmodsecurity3 that has the
same rules, WAF on minus WAF off (CPU time of its worker). Both run on CPU 0, the client and the backend on CPU 1.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so")
QUICK = ["get", "browser", "form500", "json2k"]
ALL = QUICK + ["json64k", "form64k"]

# What libmodsecurity needs beside the rule set; the limits are wide enough for the longest request.
SETTINGS = """
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess Off
SecRequestBodyLimit 33554432
SecRequestBodyNoFilesLimit 33554432
SecArgumentsLimit 100000
SecRequestBodyJsonDepthLimit 512
SecPcreMatchLimit 100000
SecPcreMatchLimitRecursion 100000
SecAuditEngine Off
SecDebugLogLevel 0
SecTmpDir {work}
SecDataDir {work}
SecRule REQUEST_HEADERS:Content-Type "^application/json" "id:2,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
Include {crs}/crs-setup.conf.example
SecAction "id:1,phase:1,nolog,pass,setvar:tx.blocking_paranoia_level={level}"
Include {crs}/rules/*.conf
"""

NGINX = """
load_module {module};
daemon off;
user {user};
worker_processes 1;
pid {work}/{name}.pid;
error_log {work}/{name}.log crit;
events {{ worker_connections 64; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  client_body_buffer_size 256k;
  client_max_body_size 0;
  client_body_temp_path {work}/body;
  proxy_temp_path {work}/proxy;
  fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi;
  scgi_temp_path {work}/scgi;
  upstream backend {{ server 127.0.0.1:{backend}; keepalive 4; }}
  {servers}
}}
"""
PROXY = """server {{
    listen 127.0.0.1:{port};
    {waf}
    location / {{ proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
"""
BACKEND = "server { listen 127.0.0.1:%d; location / { return 200 ok; } }"


class Nginx:
    def __init__(self, work, name, servers, backend, cpu):
        config = work / f"{name}.conf"
        user = "root" if os.getuid() == 0 else "nobody"
        config.write_text(NGINX.format(module=MODULE, work=work, name=name, servers=servers, backend=backend, user=user))
        self.process = subprocess.Popen(
            ["/usr/sbin/nginx", "-c", str(config), "-e", str(work / f"{name}.log")], start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))

    def worker(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return int(pathlib.Path(path).read_text().split()[0])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(5)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def cpu_nanos(pid):
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0])


class Client:
    """One connection that is kept; sends a request as it stands and reads the answer."""

    def __init__(self, port):
        for _ in range(300):
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise SystemExit("bench: nginx does not answer; see its log")

    def ask(self, message):
        self.socket.sendall(message)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.more()
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head[9:12])
        length = int(re.search(rb"content-length: *(\d+)", head, re.I).group(1))
        while len(body) < length:
            body += self.more()
        if status != 200:
            raise SystemExit(f"bench: nginx answered {status} to a harmless request:\n{message[:300].decode('latin-1')}")

    def more(self):
        more = self.socket.recv(65536)
        if not more:
            raise SystemExit("bench: nginx closed the connection")
        return more


def cost(client, worker, message, seconds):
    """CPU time of the worker, microseconds per request."""
    client.ask(message)
    began, before, count = time.monotonic(), cpu_nanos(worker), 0
    while time.monotonic() - began < seconds:
        client.ask(message)
        count += 1
    return (cpu_nanos(worker) - before) / 1e3 / count


def measure_nginx(options, names, work, level, seconds, rounds):
    rules = work / f"rules{level}.conf"
    rules.write_text(SETTINGS.format(work=work, crs=options.crs, level=level))
    backend_port, on, off = free_ports(3)
    servers = PROXY.format(port=off, waf="modsecurity off;")
    servers += PROXY.format(port=on, waf=f"modsecurity on; modsecurity_rules_file {rules};")
    backend = Nginx(work, "backend", BACKEND % backend_port, backend_port, 1)
    nginx = Nginx(work, "nginx", servers, backend_port, 0)
    try:
        clients = {port: Client(port) for port in (on, off)}
        worker = nginx.worker()
        figures = {}
        for name in names:
            message = (work / f"{name}.http").read_bytes()
            samples = {port: [] for port in clients}
            for _ in range(rounds):
                for port, client in clients.items():
                    samples[port].append(cost(client, worker, message, seconds))
            figures[name] = statistics.median(samples[on]) - statistics.median(samples[off])
        return figures
    finally:
        nginx.stop()
        backend.stop()


def java(*arguments):
    classes = f"{HERE}/target/classes:{HERE}/target/lib/*"
    command = [f"{os.environ['JAVA_HOME']}/bin/java", "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders", "-cp", classes]
    return [*command, "io.weir.bench.WafBenchmark", *map(str, arguments)]


def measure_weir(options, names, level, seconds):
    run = subprocess.run(java(options.crs, level, seconds, ",".join(names)), capture_output=True, text=True, check=True,
                         preexec_fn=lambda: os.sched_setaffinity(0, {0}))
    return {name: float(re.search(rf"^{name} +([\d.]+) us.*?(\d+) B allocated", run.stdout, re.M).group(1)) for name in names}


def measure_start(options, work, rounds=5):
    """Milliseconds until a fresh JVM has compiled the rules and judged a request: alone, and with the patterns that the run before left."""
    def once(file):
        run = subprocess.run(java("--start", options.crs, file), capture_output=True, text=True, check=True)
        return int(re.search(r"judged after (\d+) ms", run.stdout).group(1))
    cold = [once(work / f"patterns{i}") for i in range(rounds)]
    return statistics.median(cold), statistics.median(once(work / "patterns0") for _ in range(rounds))


def find_crs(given):
    for folder in filter(None, (given, os.environ.get("WEIR_CRS"), ROOT.parent / "shared/crs-4.28.0")):
        if (pathlib.Path(folder) / "rules").is_dir():
            return pathlib.Path(folder).resolve()
    sys.exit("bench: no Core Rule Set 4 (expected: --crs FOLDER with rules and crs-setup.conf.example)")


def main():
    parser = argparse.ArgumentParser(prog="bench/run waf", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the four requests that matter most, within 50 seconds")
    parser.add_argument("--crs", help="folder of a Core Rule Set 4; default: ../shared/crs-4.28.0 beside the checkout")
    options = parser.parse_args()
    options.crs = find_crs(options.crs)
    if not MODULE.exists() or not shutil.which("nginx", path="/usr/sbin:/usr/bin"):
        sys.exit("bench: nginx with libmodsecurity is missing; install it with: apt-get install libnginx-mod-http-modsecurity")
    names, seconds, rounds = (QUICK, 1, 1) if options.quick else (ALL, 2, 3)
    with tempfile.TemporaryDirectory(prefix="weir-waf-") as folder:
        work = pathlib.Path(folder)
        subprocess.run(java("--write", work), check=True)
        weir = measure_weir(options, names, 1, 1.2 * seconds)
        strict = {} if options.quick else measure_weir(options, names, 4, 1.2 * seconds)
        start = None if options.quick else measure_start(options, work)
        peer = measure_nginx(options, names, work, 1, seconds, rounds)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}; CPU us per request, request phases, Core Rule Set of {options.crs.name}")
    for name in names:
        line = f"{name:8} weir {weir[name]:9.1f}   nginx + libmodsecurity {peer[name]:10.1f}   ratio {peer[name] / weir[name]:6.1f}"
        if strict:
            line += f"   weir at paranoia level 4 {strict[name]:9.1f}, {strict[name] / weir[name]:.1f} times"
        print(line)
    if start:
        print(f"start: first request judged after {start[0]:.0f} ms, with the patterns of the last start in {start[1]:.0f} ms")
    print("libmodsecurity-ratio " + " ".join(f"{name}={peer[name] / weir[name]:.0f}" for name in names))


main()
