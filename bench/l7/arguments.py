"""What the side-by-side benches have in common on the command line, and what follows from it."""

import argparse
import os
import shlex
import subprocess
import tempfile

from proxies import ROOT, Setup

WEIR = os.path.join(ROOT, "weir")


def add_common(parser, base_port):
    parser.add_argument("--base-port", type=int, default=base_port, metavar="PORT", help="first of 24 ports; default: %(default)s")
    parser.add_argument("--weir-command", metavar="COMMAND",
                        help="runs Weir; the configuration file is appended; default: './weir run'")
    parser.add_argument("--work", type=os.path.abspath, default=os.path.join(ROOT, "bench", "work"), metavar="DIR",
                        help="default: bench/work")
    parser.add_argument("--lock", default=os.path.join(tempfile.gettempdir(), "weir-bench.lock"), metavar="FILE",
                        help="held while measuring, so that two benches take turns; default: %(default)s")


def names(known):
    """Reads names with commas between them; refuses one that is not known."""
    def read(text):
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name} (expected: {', '.join(known)})")
        return chosen
    return read


def build_weir(options):
    """Builds the Weir of this tree, unless another command runs it."""
    if not options.weir_command:
        subprocess.run([WEIR, "build"], check=True)


def setup(options):
    return Setup(options.work, options.base_port, shlex.split(options.weir_command or f"{shlex.quote(WEIR)} run"))
