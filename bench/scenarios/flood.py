#!/usr/bin/env python3
"""SYN floods against Weir with and without its packet plane: what a flood packet costs the receiver, and what an honest
client notices.

Two network namespaces and a cable (veth) between them. In one of them attacker and client, on processor 1; in the other one Weir,
on processor 0 together with the kernel's thread that receives (threaded NAPI), whose time is what is measured: all that is done to a SYN until
its answer lies in the cable, be it by the plane or by the kernel's stack, and nothing that the other end does with the answer. That end has
a thread of its own on processor 1, which looks for answers every 100 us of itself: a card's driver would not wake the sender either, and
across virtual machines' processors that costs 13 us.

Floods come from random and from single sources, over IPv4 and IPv6, in several rounds, the first of which is warm-up: Java compiles itself meanwhile. Costs are
medians of the others, and memory is told after each. What a packet costs is measured with bare frames that the kernel's test run sends
(flood_frames.bpf.c): they reach the driver as they would come from a network card, where a packet socket's buffers are copied for the programs.
What the client notices is measured under floods by a packet socket (flood_sender.c) and by hping3 --flood, which leave it some processor. Without the plane the
kernel defends itself with its own cookies. Needs root, two processors, clang, hping3 and ethtool; nothing leaves the namespaces.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ATTACKER, VICTIM = "weir-flood-a", "weir-flood-v"
NEAR, FAR = "wflooda", "wfloodv"
TARGET = {4: "10.77.0.1", 6: "fd77::1"}
CLIENT = {4: "10.77.0.10", 6: "fd77::10"}
SINGLE = {4: "198.51.100.66", 6: "2001:db8:66::66"}
PORT, MANAGEMENT = 8080, 9901
FRAMES = True

# At the attacker's end: answers to forged addresses end here, so that they cost the attacker as little as they would elsewhere.
FAR_END = """typedef unsigned char u8;
__attribute__((section("xdp"), used)) int far_end(struct { unsigned data, end; } *context) {
  u8 *data = (u8 *)(long)context->data, *end = (u8 *)(long)context->end;
  if (data + 54 > end || data[12] == 8 && data[13] == 6)
    return 2;
  if (data[12] == 8)
    return data[30] == 10 ? 2 : 1;
  return data[38] >= 0xf0 ? 2 : 1;
}
char terms[] __attribute__((section("license"), used)) = "GPL";
"""
DROP = """__attribute__((section("xdp"), used)) int drop(void *context) { return 1; }
char terms[] __attribute__((section("license"), used)) = "GPL";
"""


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5, help="of each flood; default: 5")
    parser.add_argument("--rate", type=int, default=0,
                        help="packets per second; default: the highest tried that leaves a third of the receiver idle with the plane")
    parser.add_argument("--rounds", type=int, default=4, help="of all floods; default: 4")
    parser.add_argument("--buffers", action="store_true",
                        help="send through a packet socket, whose buffers the far end copies for its programs, instead of bare frames")
    parser.add_argument("--weir", default=os.path.join(ROOT, "weir"), help="default: ./weir")
    parser.add_argument("--client", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def within(namespace, *command):
    return ["ip", "netns", "exec", namespace, *command]


def shell(namespace, line):
    return run(*within(namespace, "sh", "-ec", line))


# ---------------------------------------------------------------- networks


def compile_programs(work):
    for name, text in (("far_end", FAR_END), ("drop", DROP)):
        with open(f"{work}/{name}.c", "w") as file:
            file.write(text)
        run("clang", "-O2", "-Wno-parentheses", "-target", "bpf", "-c", f"{work}/{name}.c", "-o", f"{work}/{name}.o")
    run("clang", "-O2", "-Wall", "-o", f"{work}/sender", f"{HERE}/flood_sender.c")


def make_networks(work):
    for namespace in (ATTACKER, VICTIM):
        run("ip", "netns", "add", namespace)
    run("ip", "link", "add", NEAR, "netns", ATTACKER, "type", "veth", "peer", "name", FAR, "netns", VICTIM)
    for namespace, link, host in ((ATTACKER, NEAR, 2), (VICTIM, FAR, 1)):
        shell(namespace, f"""
            ip link set lo up; ethtool -K {link} tx off gro on >/dev/null; ip link set {link} up
            ip addr add 10.77.0.{host}/24 dev {link}; ip addr add fd77::{host}/64 dev {link} nodad""")
    mac = shell(ATTACKER, f"cat /sys/class/net/{NEAR}/address").strip()
    # A veth takes what the plane sends back only with a program at its far end.
    shell(ATTACKER, f"""ip addr add {CLIENT[4]}/24 dev {NEAR}; ip addr add {CLIENT[6]}/64 dev {NEAR} nodad
        ip link set dev {NEAR} xdp obj {work}/far_end.o sec xdp""")
    for namespace, link in ((ATTACKER, NEAR), (VICTIM, FAR)):
        shell(namespace, f"echo 1 >/sys/class/net/{link}/threaded")
    shell(ATTACKER, f"echo 100000 >/sys/class/net/{NEAR}/gro_flush_timeout; echo 1000000000 >/sys/class/net/{NEAR}/napi_defer_hard_irqs")
    shell(VICTIM, f"""
        ip neigh replace 10.77.0.2 lladdr {mac} dev {FAR} nud permanent; ip neigh replace fd77::2 lladdr {mac} dev {FAR} nud permanent
        ip route add default via 10.77.0.2; ip -6 route add default via fd77::2""")


def remove_networks():
    for namespace in (ATTACKER, VICTIM):
        subprocess.run(["ip", "netns", "delete", namespace], capture_output=True)


def receivers(link):
    """The kernel's threads that receive from that end of the cable."""
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and comm(pid).startswith(f"napi/{link}"[:15])]


def comm(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except OSError:
        return ""


def pin():
    """Receiving goes before all programs, as interrupts do."""
    for link, processor in ((NEAR, "1"), (FAR, "0")):
        for pid in receivers(link):
            run("taskset", "-cp", processor, pid)
            run("chrt", "--fifo", "-p", "10", pid)


def receive_time():
    """Nanoseconds that receiving has cost so far."""
    total = 0
    for pid in receivers(FAR):
        with open(f"/proc/{pid}/schedstat") as file:
            total += int(file.read().split()[0])
    return total


def idle_share(before, after):
    spent = [b - a for a, b in zip(before, after)]
    return (spent[3] + spent[4]) / max(1, sum(spent[:8]))


def processor():
    with open("/proc/stat") as file:
        return [int(word) for line in file if line.startswith("cpu0 ") for word in line.split()[1:]]


# ---------------------------------------------------------------- Weir


class Weir:
    def __init__(self, work, weir, plane):
        self.file, self.log = f"{work}/weir.yaml", f"{work}/weir.log"
        with open(self.file, "w") as file:
            file.write(f"""management: {{ address: "127.0.0.1:{MANAGEMENT}" }}
access_log: off
workers: 1
slowloris_protection: {{ max_connections_per_ip: 0, max_new_connections_per_ip_per_second: 0 }}
listeners: [{{ name: web, addresses: ["{TARGET[4]}:{PORT}", "[{TARGET[6]}]:{PORT}"] }}]
routes: [{{ name: all, respond: {{ body: "served" }} }}]
""")
            if plane:
                file.write(f"""syn_flood_protection:
  syn_rate_limit_per_ip: 2000   # the honest client is one address and opens hundreds of connections a second
  syn_rate_limit_global: 100000000
packet_plane: {{ interfaces: [{FAR}], modes: [native], management: [], bogons: pass }}
""")
        log = open(self.log, "w")
        self.process = subprocess.Popen(within(VICTIM, "taskset", "-c", "0", weir, "run", self.file), stdout=log, stderr=log)
        end = time.monotonic() + 300
        while "serving generation" not in self.said():
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit(f"Weir does not start: {self.said()}")
            time.sleep(0.2)
        pin()

    def said(self):
        with open(self.log) as file:
            return file.read()

    def status(self):
        return json.loads(shell(VICTIM, f"curl -s http://127.0.0.1:{MANAGEMENT}/status"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


# ---------------------------------------------------------------- flood and client


def macs():
    return (shell(ATTACKER, f"cat /sys/class/net/{NEAR}/address").strip(), shell(VICTIM, f"cat /sys/class/net/{FAR}/address").strip())


def flood(work, family, spoofed, rate, seconds, *program):
    """By a packet socket, which leaves the processor to the client between its packets."""
    source = "random" if spoofed else SINGLE[family]
    return subprocess.Popen(
        within(ATTACKER, "taskset", "-c", "1", f"{work}/sender", NEAR, *macs(), source, TARGET[family], str(PORT), str(rate), str(seconds), *program),
        stdout=subprocess.PIPE, text=True)


def first_frame(family):
    """A SYN as a Linux client sends it; checksums are left to who sends it."""
    far, near = (bytes.fromhex(mac.replace(":", "")) for mac in reversed(macs()))
    source, target = (socket.inet_pton(socket.AF_INET if family == 4 else socket.AF_INET6, host) for host in (SINGLE[family], TARGET[family]))
    options = bytes.fromhex("020405a0 0402 080a 00010203 00000000 01 030307")
    tcp = struct.pack("!HHIIBBHHH", 1024, PORT, 0, 0, 0xa0, 2, 64240, 0, 0) + options
    if family == 4:
        return far + near + b"\x08\0" + struct.pack("!BBHHHBBH", 0x45, 0, 60, 0, 0, 64, 6, 0) + source + target + tcp
    return far + near + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, 40, 6, 64) + source + target + tcp


def frames(work, family, spoofed, rate):
    """The program that makes bare frames at that rate."""
    frame = first_frame(family)
    words = ",".join(map(str, struct.unpack(f"<{len(frame) // 2}H", frame)))
    run("clang", "-O2", "-mcpu=v3", "-DSPOOF" if spoofed else "-USPOOF", f"-DPERIOD={10**9 // rate}", f"-DFRAME={words}", "-target", "bpf",
        "-c", f"{HERE}/flood_frames.bpf.c", "-o", f"{work}/frames.o")
    run("llvm-objcopy", "-O", "binary", "--only-section=xdp", f"{work}/frames.o", f"{work}/frames.bin")
    return f"{work}/frames.bin"


def arrived():
    return int(shell(VICTIM, f"cat /sys/class/net/{FAR}/statistics/rx_packets"))


def cost(work, family, spoofed, rate, seconds):
    """Nanoseconds per flood packet, packets per second, and the share of processor 0 that was left idle.

    At a rate the packets are bare frames, unless --buffers asks for others."""
    program = [frames(work, family, spoofed, rate)] if FRAMES and rate else []
    time.sleep(0.5)
    before, busy, packets = receive_time(), processor(), arrived()
    took = flood(work, family, spoofed, rate, seconds, *program).communicate()[0].split()[1]
    idle = idle_share(busy, processor())
    time.sleep(0.1)
    packets = arrived() - packets
    return (receive_time() - before) / max(1, packets), packets / float(took), idle


def client(family, seconds):
    """One connection after the other, each with a request; runs in the attacker's namespace."""
    took, failed = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        try:
            with socket.create_connection((TARGET[family], PORT), 3, (CLIENT[family], 0)) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                answer = b""
                while piece := connection.recv(4096):
                    answer += piece
                if not answer.endswith(b"served"):
                    raise OSError("cut short")
            took.append(time.monotonic() - begin)
            time.sleep(0.002)
        except OSError:
            failed += 1
    took.sort()
    print(json.dumps({"made": len(took), "failed": failed, "p50": took[len(took) // 2] * 1e3 if took else None,
                      "p99": took[int(len(took) * 0.99)] * 1e3 if took else None}))


def honest(family, seconds):
    out = run(*within(ATTACKER, "taskset", "-c", "1", sys.executable, __file__, "--client", str(family), str(seconds), "-"))
    return json.loads(out)


def under(work, family, spoofed, rate, seconds, process=None):
    """What the client notices while the flood runs."""
    running = process or flood(work, family, spoofed, rate, seconds + 2)
    time.sleep(1)  # an attack is seen by then
    result = honest(family, seconds)
    running.terminate()
    running.communicate()
    return result


def hping(seconds, spoofed):
    source = ["--rand-source"] if spoofed else ["-a", SINGLE[4]]
    return subprocess.Popen(
        within(ATTACKER, "taskset", "-c", "1", "timeout", str(seconds + 2), "hping3", "-q", "--flood", *source, "-S", "-p", str(PORT), TARGET[4]),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def calibrate(work, seconds):
    best = 20_000
    for rate in (20_000, 50_000, 100_000, 150_000, 200_000, 300_000, 400_000, 600_000, 800_000):
        _, achieved, idle = cost(work, 4, True, rate, 2)
        print(f"  at {achieved:.0f} packets/s processor 0 is {idle:.0%} idle", flush=True)
        if idle < 1 / 3 or achieved < rate * 0.9:
            break
        best = rate
    return best


def cable(work, rate, seconds):
    """What receiving from a cable costs with nothing behind it."""
    shell(VICTIM, f"ip link set dev {FAR} xdp off; ip link set dev {FAR} xdp obj {work}/drop.o sec xdp")
    pin()
    return cost(work, 4, True, rate, seconds)[0]


def text(result):
    p99 = "-" if result["p99"] is None else f"{result['p99']:.1f} ms"
    return f"{result['made']} made, {result['failed']} failed, p99 {p99}"


def answered(status):
    """Packets so far by what became of them; without the plane nobody counts."""
    return {r["name"]: r["packets"] for r in (status.get("packet_plane") or {}).get("reasons", [])}


def most(before, after):
    """What became of most packets, and of which share: a flood that is not met as it should be measures something else."""
    came = {name: after[name] - before.get(name, 0) for name in after}
    name = max(came, key=came.get, default="")
    return f" {came[name] / max(1, sum(came.values())):.1%} {name};" if name else ""


def half_open():
    return len([line for line in shell(VICTIM, "ss -Hnt state syn-recv").splitlines() if line.strip()])


def series(work, weir, arguments, plane, rate):
    name = "with the plane" if plane else "kernel cookies alone"
    print(f"{name}:", flush=True)
    running = Weir(work, weir, plane)
    results = {}
    try:
        for _ in range(3):
            honest(4, 1)  # warm
        if not rate:
            rate = calibrate(work, arguments.seconds)
        memory = []
        for turn in range(arguments.rounds):
            for family in (4, 6):
                quiet = honest(family, arguments.seconds)
                print(f"  IPv{family}, no flood: {text(quiet)}", flush=True)
                for spoofed in (True, False):
                    before = answered(running.status())
                    ns, achieved, idle = cost(work, family, spoofed, rate, arguments.seconds)
                    met = most(before, answered(running.status()))
                    notice = under(work, family, spoofed, rate, arguments.seconds)
                    kind = "random" if spoofed else "single"
                    results.setdefault((family, kind), []).append(ns)
                    print(f"  IPv{family}, {kind:6} source, {achieved:7.0f}/s: {ns:5.0f} ns per packet, {idle:4.0%} idle;{met} client: {text(notice)};"
                          f" {half_open()} half-open", flush=True)
            memory.append(running.status()["resident_bytes"] / 2**20)
            print(f"  round {turn + 1}: {memory[-1]:.1f} MiB of memory", flush=True)
        for spoofed in (True, False):
            notice = under(work, 4, spoofed, 0, arguments.seconds, hping(arguments.seconds, spoofed))
            print(f"  hping3 --flood, {'random' if spoofed else 'single'} source: client: {text(notice)}", flush=True)
        for family in (4, 6):
            ns, achieved, _ = cost(work, family, True, 0, arguments.seconds)
            notice = under(work, family, True, 0, arguments.seconds)
            print(f"  IPv{family}, as fast as one core sends ({achieved:.0f}/s): {ns:.0f} ns per packet; client: {text(notice)}", flush=True)
        status = running.status()
        memory.append(status["resident_bytes"] / 2**20)
        print("  memory after each round and in the end, MiB: " + " ".join(f"{each:.1f}" for each in memory), flush=True)
        if plane:
            print(f"  {answered(status)}", flush=True)
    finally:
        running.stop()
    return rate, {flood: statistics.median(costs[1:] or costs) for flood, costs in results.items()}


def main():
    global FRAMES
    arguments = options()
    FRAMES = not arguments.buffers
    if arguments.client:
        return client(int(arguments.client[0]), float(arguments.client[1]))
    if os.geteuid():
        raise SystemExit("bench/run flood: needs root, for network namespaces")
    with tempfile.TemporaryDirectory(prefix="weir-flood-") as work:
        try:
            compile_programs(work)
            make_networks(work)
            rate, guarded = series(work, arguments.weir, arguments, True, arguments.rate)
            _, bare = series(work, arguments.weir, arguments, False, rate)
            floor = statistics.median(cable(work, rate, arguments.seconds) for _ in range(3))
            print(f"the cable alone, with a program that drops everything: {floor:.0f} ns per packet")
            print("ns per flood packet " + " ".join(
                f"v{family}-{kind}={guarded[family, kind]:.0f}/{bare[family, kind]:.0f}" for family, kind in guarded))
        finally:
            remove_networks()


if __name__ == "__main__":
    main()
