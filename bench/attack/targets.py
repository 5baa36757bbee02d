"""The proxies under attack: HAProxy, nginx and Weir with the same limits on slowness, as far as each has them.

A head within 10 seconds, content that moves within 30, 60 seconds between requests, 128 streams per HTTP/2 connection.
Limits per client are off, because all attackers come from one address here; each proxy has one worker on CPU 0.
"""

import json
import os
from dataclasses import dataclass

from machine import PROXY_CPU, Server, open_file_limit
from proxies import NGINX, Setup

NAMES = ("haproxy", "nginx", "weir")


@dataclass(frozen=True)
class Target:
    name: str
    setup: Setup

    @property
    def port(self):
        return self.setup.base_port + 10 + 4 * NAMES.index(self.name)

    @property
    def tls_port(self):
        return self.port + 1

    @property
    def h2_port(self):
        """HTTP/2 with prior knowledge; nginx and Weir know it by its preface, HAProxy too."""
        return self.port + 2 if self.name == "nginx" else self.port

    @property
    def management_port(self):
        return self.port + 3

    def start(self):
        log = os.path.join(self.setup.memory, f"attacked-{self.name}.log")
        return Server(CONFIGURE[self.name](self), PROXY_CPU, log)


def nginx(target):
    setup = target.setup
    config = NGINX.format(work=setup.work, name="attacked-nginx", access_log="off")
    config = config.replace("keepalive_timeout 3600s;\n", "keepalive_timeout 60s;\n", 1) + f"""
  client_header_timeout 10s;
  client_body_timeout 30s;
  send_timeout 30s;
  large_client_header_buffers 4 8k;
  http2_max_concurrent_streams 128;
  ssl_certificate {setup.file("cert.pem")};
  ssl_certificate_key {setup.file("key.pem")};
  ssl_protocols TLSv1.2 TLSv1.3;
  proxy_max_temp_file_size 0;
  upstream backend {{ server 127.0.0.1:{setup.base_port}; keepalive 256; }}
  server {{
    listen 127.0.0.1:{target.port} backlog=4096;
    listen 127.0.0.1:{target.tls_port} ssl http2 backlog=4096;
    listen 127.0.0.1:{target.h2_port} http2 backlog=4096;
    location / {{
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
    }}
  }}
}}
"""
    return ["nginx", "-c", setup.write("attacked-nginx.conf", config)]


def haproxy(target):
    setup = target.setup
    config = f"""
global
  nbthread 1
  maxconn {min(22000, open_file_limit() // 2 - 100)}
  tune.h2.max-concurrent-streams 128

defaults
  mode http
  timeout connect 5s
  timeout http-request 10s
  timeout client 30s
  timeout server 30s
  timeout http-keep-alive 60s
  option forwardfor

frontend clients
  bind 127.0.0.1:{target.port} backlog 4096
  bind 127.0.0.1:{target.tls_port} backlog 4096 ssl crt {setup.file("both.pem")} alpn h2,http/1.1
  default_backend backend

backend backend
  server s1 127.0.0.1:{setup.base_port} pool-max-conn 512
"""
    return ["haproxy", "-db", "-f", setup.write("attacked-haproxy.cfg", config)]


def weir(target):
    setup = target.setup
    config = {
        "instance": "bench",
        "workers": 1,
        "management": {"address": f"127.0.0.1:{target.management_port}"},
        "access_log": "off",
        "forwarded_headers": {"headers": ["X-Forwarded-For"]},
        "slowloris_protection": {"max_connections_per_ip": 0, "max_new_connections_per_ip_per_second": 0},
        "listeners": [
            {"name": "http", "address": f"127.0.0.1:{target.port}", "protocol": "http", "pool": "backend"},
            {"name": "https", "address": f"127.0.0.1:{target.tls_port}", "protocol": "https", "pool": "backend",
             "sni_routing": [{"default": {"action": "serve", "certificate": "a"}}]},
        ],
        "certificates": [{"name": "a", "certificate": setup.file("cert.pem"), "key": setup.file("key.pem")}],
        "pools": [{"name": "backend", "backends": [{"address": f"127.0.0.1:{setup.base_port}"}]}],
    }
    return setup.weir_command + [setup.write("attacked-weir.yaml", json.dumps(config, indent=1))]


CONFIGURE = {"haproxy": haproxy, "nginx": nginx, "weir": weir}
