"""The servers: nginx as the backend, and HAProxy, nginx and Weir as proxies with settings that do the same work.

The floor is no proxy: it forwards octets that it does not read, and so shows what is left for anybody to save.

Each proxy comes in two variants. `plain` forwards everything to the backend. `features` adds what a proxy at the apex
of a service has on: an access log in a file, 200 hosts that are routed one by one (any other host is refused), and an
account per client address with a request limit so high that it never refuses.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass

from machine import LOAD_CPU, PROXY_CPU, BenchError, Server, open_file_limit

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

HOSTS = [f"h{i}.test" for i in range(200)]
NO_LIMIT = 1_000_000  # requests a second and client: counted, never reached
PACKAGES = {"haproxy": "haproxy", "nginx": "nginx-light", "wrk": "wrk", "h2load": "nghttp2-client", "openssl": "openssl", "cc": "gcc"}


@dataclass(frozen=True)
class Setup:
    """Where a run keeps its files, and its ports: the backend's is `base_port`, the proxies' follow."""

    work: str
    base_port: int
    weir_command: list[str]

    def file(self, name):
        return os.path.join(self.work, name)

    def write(self, name, text):
        with open(self.file(name), "w") as file:
            file.write(text)
        return self.file(name)

    @property
    def memory(self):
        """Holds the backend's files and the proxies' logs: in memory where possible, so that no disk is measured."""
        return f"/dev/shm/weir-bench-{self.base_port}" if os.path.isdir("/dev/shm") else self.file("memory")

    def prepare(self):
        os.makedirs(self.work, exist_ok=True)
        os.makedirs(self.memory, exist_ok=True)
        for name, size in (("64k", 1 << 16), ("1m", 1 << 20)):
            with open(os.path.join(self.memory, name), "wb") as body:
                body.write(os.urandom(size // 2).hex().encode())
        if not os.path.exists(self.file("cert.pem")):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
                 "-subj", "/CN=a.test", "-addext", "subjectAltName=DNS:a.test,DNS:*.test,DNS:localhost,IP:127.0.0.1",
                 "-keyout", self.file("key.pem"), "-out", self.file("cert.pem")], check=True, capture_output=True)
            with open(self.file("cert.pem")) as cert, open(self.file("key.pem")) as key:
                self.write("both.pem", cert.read() + key.read())

    def clean_up(self):
        shutil.rmtree(self.memory, ignore_errors=True)


@dataclass(frozen=True)
class Proxy:
    """One proxy in one variant, not yet running."""

    name: str
    features: bool
    setup: Setup

    @property
    def port(self):
        return self.setup.base_port + 10 + 4 * list(CONFIGURE).index(self.name) + 2 * self.features

    @property
    def tls_port(self):
        return self.port + 1

    @property
    def label(self):
        return f"{self.name}-features" if self.features else self.name

    @property
    def access_log(self):
        return os.path.join(self.setup.memory, f"{self.label}.access.log")

    def start(self):
        """Starts with empty logs, pinned to the proxy's core."""
        log = os.path.join(self.setup.memory, f"{self.label}.log")
        for old in (log, self.access_log):
            if os.path.exists(old):
                os.unlink(old)
        return Server(CONFIGURE[self.name](self), PROXY_CPU, log)


def backend(setup):
    """An nginx that answers /128 and /1k from memory and /64k and /1m from files."""
    body = "0123456789abcdef" * 64
    config = setup.write("backend.conf", NGINX.format(work=setup.work, name="backend", access_log="off") + f"""
  server {{
    listen 127.0.0.1:{setup.base_port} backlog=4096;
    root {setup.memory};
    location = /128 {{ return 200 "{body[:128]}"; }}
    location = /1k {{ return 200 "{body}"; }}
    location / {{ }}
  }}
}}
""")
    return Server(["nginx", "-c", config], LOAD_CPU, setup.file("backend.log"))


NGINX = """
daemon off;
worker_processes 1;
pid {work}/{name}.pid;
error_log {work}/{name}.error.log crit;
events {{ worker_connections 19000; multi_accept on; }}
http {{
  access_log {access_log};
  server_tokens off;
  sendfile on;
  tcp_nodelay on;
  default_type text/plain;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  client_body_temp_path {work}/{name}.tmp;
  proxy_temp_path {work}/{name}.tmp;
  fastcgi_temp_path {work}/{name}.tmp;
  uwsgi_temp_path {work}/{name}.tmp;
  scgi_temp_path {work}/{name}.tmp;
"""

NGINX_LOG = """  log_format fields escape=json '{"timestamp":$msec,"request_id":"$connection-$connection_requests",'
    '"client_ip":"$remote_addr","client_port":$remote_port,"method":"$request_method","host":"$host","path":"$uri",'
    '"protocol":"$server_protocol","status_code":$status,"response_size_bytes":$bytes_sent,"request_time":$request_time,'
    '"upstream_time":"$upstream_response_time","user_agent":"$http_user_agent","backend_server":"$upstream_addr"}';
"""


def nginx(proxy):
    setup = proxy.setup
    forward = """location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }"""
    listen = f"""listen 127.0.0.1:{proxy.port} backlog=4096;
    listen 127.0.0.1:{proxy.tls_port} ssl http2 backlog=4096;"""
    config = NGINX.format(
        work=setup.work, name=proxy.label,
        access_log=f"{proxy.access_log} fields buffer=64k flush=1s" if proxy.features else "off")
    config = config.replace("http {\n", "http {\n" + NGINX_LOG) if proxy.features else config
    config += f"""
  ssl_certificate {setup.file("cert.pem")};
  ssl_certificate_key {setup.file("key.pem")};
  ssl_protocols TLSv1.3;
  ssl_session_tickets off;
  ssl_session_cache off;
  proxy_max_temp_file_size 0;
  upstream backend {{
    server 127.0.0.1:{setup.base_port};
    keepalive 256;
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;
  }}
"""
    if proxy.features:
        config += f"""
  limit_req_zone $binary_remote_addr zone=client:10m rate={NO_LIMIT}r/s;
  limit_req zone=client burst={NO_LIMIT} nodelay;
  server_names_hash_max_size 4096;
  server {{ {listen} server_name a.test; {forward} }}
"""
        config += "".join(f"  server {{ {listen} server_name {host}; {forward} }}\n".replace(" backlog=4096", "") for host in HOSTS)
    else:
        config += f"  server {{ {listen} {forward} }}\n"
    return ["nginx", "-c", setup.write(f"{proxy.label}.conf", config + "}\n")]


def haproxy(proxy):
    """The access log goes to standard output, which is a file; bodies are copied, not spliced."""
    setup = proxy.setup
    hosts = setup.write("haproxy.hosts", "".join(f"{host} backend\n" for host in ["a.test", *HOSTS]))
    log_target = "log stdout format raw local0" if proxy.features else ""
    logging = "log global\n  option httplog" if proxy.features else ""
    policy = f"""
  stick-table type ip size 100k expire 60s store http_req_rate(10s)
  http-request track-sc0 src
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt {10 * NO_LIMIT} }}
  use_backend %[req.hdr(host),field(1,:),lower,map_str({hosts},nowhere)]

backend nowhere
  http-request deny deny_status 404
""" if proxy.features else "  default_backend backend"
    config = f"""
global
  nbthread 1
  maxconn {min(12000, open_file_limit() // 2 - 100)}
  {log_target}
  ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets
  tune.ssl.cachesize 0

defaults
  mode http
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
  timeout http-keep-alive 3600s
  option forwardfor
  http-reuse always
  {logging}

frontend clients
  bind 127.0.0.1:{proxy.port} backlog 4096
  bind 127.0.0.1:{proxy.tls_port} backlog 4096 ssl crt {setup.file("both.pem")} alpn h2,http/1.1
{policy}

backend backend
  server s1 127.0.0.1:{setup.base_port} pool-max-conn 512 pool-purge-delay 3600s
"""
    return ["haproxy", "-db", "-f", setup.write(f"{proxy.label}.cfg", config)]


def core_rule_set():
    """The folder of the Core Rule Set 4 for scenarios with the firewall: beside the checkout, or named by WEIR_CRS."""
    folder = os.environ.get("WEIR_CRS", os.path.join(os.path.dirname(ROOT), "shared", "crs-4.28.0"))
    return os.path.abspath(folder) if os.path.isdir(os.path.join(folder, "rules")) else None


def weir(proxy):
    """YAML that is also JSON, which Python writes.

    What Weir does by default and the others are not told to do here is off: security headers, the other forwarded
    fields, and the limits on connections of one client, for there is only one.
    """
    setup = proxy.setup
    hosts = [{"name": host.split(".")[0], "match": {"hosts": [host]}, "pool": "backend"} for host in ["a.test", *HOSTS]]
    config = {
        "instance": "bench",
        "workers": 1,
        "management": "off",
        # The others leave compressing old files to logrotate, which is not measured.
        "access_log": {"path": proxy.access_log, "rotate_size": "1TiB"} if proxy.features else "off",
        "forwarded_headers": {"headers": ["X-Forwarded-For"]},
        "security_headers": "off",
        "slowloris_protection": {
            "idle_timeout_seconds": 3600, "max_connections_per_ip": 0, "max_new_connections_per_ip_per_second": 0},
        "tls": {"min_version": "TLSv1.3", "session_tickets": False, "hsts": {"enabled": False}},
        "listeners": [
            {"name": "http", "address": f"127.0.0.1:{proxy.port}", "protocol": "http"},
            {"name": "https", "address": f"127.0.0.1:{proxy.tls_port}", "protocol": "https",
             "sni_routing": [{"default": {"action": "serve", "certificate": "a"}}]},
        ],
        "certificates": [{"name": "a", "certificate": setup.file("cert.pem"), "key": setup.file("key.pem")}],
        "routes": hosts if proxy.features else [{"name": "all", "pool": "backend"}],
        "pools": [{"name": "backend", "backends": [{"address": f"127.0.0.1:{setup.base_port}"}]}],
    }
    if proxy.features:
        config["client_limits"] = {"requests_per_second": NO_LIMIT, "burst": NO_LIMIT}
    if core_rule_set():
        folder = setup.file("rules")
        os.makedirs(folder, exist_ok=True)
        if not os.path.islink(os.path.join(folder, "owasp_crs_v4")):
            os.symlink(core_rule_set(), os.path.join(folder, "owasp_crs_v4"))
        config["routes"].insert(0, {
            "name": "waf", "match": {"path": {"prefix": "/waf"}}, "rewrite": {"prefix": "/"}, "pool": "backend",
            "waf": {"rule_sets": ["owasp_crs_v4"], "rules_folder": folder}})
    return setup.weir_command + [setup.write(f"{proxy.label}.yaml", json.dumps(config, indent=1))]


def floor(proxy):
    program = proxy.setup.file("floor")
    subprocess.run(["cc", "-O2", "-o", program, os.path.join(HERE, "floor.c")], check=True)
    return [program, str(proxy.port), str(proxy.setup.base_port)]


CONFIGURE = {"haproxy": haproxy, "nginx": nginx, "weir": weir, "floor": floor}
PROXIES = ["haproxy", "nginx", "weir"]


def require_tools(names):
    """Refuses to begin when a program is missing, naming the Debian packages that bring them all."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"  # HAProxy and nginx live where only root looks
    os.environ["PATH"] = path
    missing = [name for name in names if name in PACKAGES and not shutil.which(name)]
    if missing:
        packages = " ".join(PACKAGES[name] for name in missing)
        raise BenchError(f"missing: {', '.join(missing)} (get them with: apt-get install {packages})")
    if len(os.sched_getaffinity(0)) < 2:
        raise BenchError("needs two CPUs: one for the proxy, one for the load and the backend")
