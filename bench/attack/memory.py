"""What a process holds: private pages, and of a JVM the live heap with the private pages outside the heap; and the kernel for it."""

import os
import re
import subprocess

from machine import BenchError


def held_bytes(server):
    """What a process holds in private memory; garbage in a heap is not held."""
    java = next((pid for pid in server.pids() if program(pid) == "java"), None)
    if not java:
        return 1024 * server.memory_kib()["private"]
    jcmd = os.path.join(os.path.dirname(os.readlink(f"/proc/{java}/exe")), "jcmd")
    subprocess.run([jcmd, str(java), "GC.run"], check=True, capture_output=True)
    heap = subprocess.run([jcmd, str(java), "GC.heap_info"], check=True, capture_output=True, text=True).stdout
    used = sum(1024 * int(kib) for kib in re.findall(r"^ ?(?:DefNew|Tenured|def new|tenured).* used (\d+)K", heap, re.M))
    if not used:
        raise BenchError(f"jcmd GC.heap_info told no heap: {heap[:300]}")
    bounds = [int(address, 16) for address in re.findall(r"0x([0-9a-f]{8,16})", heap.split("Metaspace")[0])]
    return used + private_outside(java, min(bounds), max(bounds))


def socket_bytes(server):
    """What the kernel holds in the queues of the process's TCP sockets: received, to be sent, and allocated ahead."""
    pids = "|".join(map(str, server.pids()))
    listing = subprocess.run(["ss", "-tmnpHO"], check=True, capture_output=True, text=True).stdout
    ours = (line for line in listing.splitlines() if re.search(rf"pid=(?:{pids}),", line))
    return sum(sum(map(int, re.search(r"skmem:\(r(\d+),.*?,f(\d+),w(\d+),", line).groups())) for line in ours)


def program(pid):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:  # it has just ended
        return ""


def private_outside(pid, low, high):
    total = inside = 0
    with open(f"/proc/{pid}/smaps") as lines:
        for line in lines:
            if mapping := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
                inside = low <= int(mapping[1], 16) < high
            elif line.startswith(("Private_Clean:", "Private_Dirty:")) and not inside:
                total += 1024 * int(line.split()[1])
    return total
