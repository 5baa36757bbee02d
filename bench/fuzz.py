"""Lets every fuzzer search for a while: bench/run fuzz [--minutes N] [NAME ...].

A fuzzer is a @FuzzTest method of a class *Fuzzer in a module's tests; NAMEs choose those whose Class.method contains one of them. Each
gets N minutes by the clock; how much of them the machine gave it is told as CPU seconds. Its stored inputs are the seeds; what the
search adds is kept in the module's target/fuzz. A finding is printed with the file that shows it: copy that into the folder of stored
inputs together with the fix, so that every build replays it.
"""
import argparse
import pathlib
import re
import resource
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
METHOD = re.compile(r"@FuzzTest(?:\([^)]*\))?\s+(?:public )?void (\w+)\(")
PROGRESS = re.compile(r"^#(\d+)\s.*?cov: (\d+).*?exec/s: (\d+)", re.M)


def fuzzers(names):
    for source in sorted(ROOT.glob("*/src/test/java/**/*Fuzzer.java")):
        module = source.relative_to(ROOT).parts[0]
        package = ".".join(source.relative_to(ROOT / module / "src/test/java").parts[:-1])
        for method in METHOD.findall(source.read_text()):
            if not names or any(name in f"{source.stem}.{method}" for name in names):
                yield module, f"{package}.{source.stem}", method


def classpath(module, prefix):
    """Compiles the module and what it needs; the class path of its tests."""
    out = ROOT / module / "target/fuzz/classpath"
    out.parent.mkdir(parents=True, exist_ok=True)
    maven = [
        str(ROOT / "mvnw"), "-q", "-B", "-pl", module, "-am", "test-compile", "dependency:build-classpath",
        "-Dmdep.outputFile=target/fuzz/classpath", "-Dmdep.includeScope=test",
    ]
    subprocess.run(prefix + maven, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    target = ROOT / module / "target"
    return f"{target}/test-classes:{target}/classes:{out.read_text().strip()}"


def search(module, path, name, method, options, prefix):
    folder = ROOT / module / "target/fuzz" / f"{name}.{method}"
    folder.mkdir(parents=True, exist_ok=True)
    stored = ROOT / module / "src/test/resources" / (name.replace(".", "/") + "Inputs") / method
    command = prefix + [
        "java", "-cp", path, "-Xmx1g", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
        "-XX:+EnableDynamicAgentLoading", "com.code_intelligence.jazzer.Jazzer", f"--target_class={name}",
        f"--target_method={method}", "--instrumentation_includes=io.weir.**:org.brotli.**", f"--reproducer_path={folder}",
        f"-artifact_prefix={folder}/", f"-max_total_time={int(options.minutes * 60)}", "-max_len=8192",
        f"-timeout={options.timeout}", str(folder),
    ] + ([str(stored)] if stored.is_dir() else [])
    started, before = time.time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(command, cwd=ROOT / module, capture_output=True, text=True, errors="replace")
    text = run.stdout + run.stderr
    (folder.parent / f"{name}.{method}.log").write_text(text)
    progress = PROGRESS.findall(text)
    executions, coverage, _ = progress[-1] if progress else ("0", "0", "0")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    line = f"{name.rsplit('.', 1)[1]}.{method}: {int(executions):,} inputs in {time.time() - started:.0f} s ({cpu:.0f} s CPU), coverage {coverage}"
    if run.returncode == 0 and progress:
        print(f"{line}, no finding", flush=True)
        return 0
    finding = re.search(r"== Java Exception:.*(?:\n.*){0,8}|ERROR: libFuzzer.*", text)
    print(f"{line}, FINDING (exit {run.returncode}); log {folder}.log\n{finding.group(0) if finding else text[-2000:]}", flush=True)
    return 1


def main():
    parser = argparse.ArgumentParser(prog="bench/run fuzz", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=1, help="for each fuzzer, default 1")
    parser.add_argument(
        "--timeout", type=int, default=20,
        help="seconds by the clock that one input may take, default 20; more where other work can stop the search",
    )
    parser.add_argument("--prefix", default="", help="a command that runs each search, such as nice")
    parser.add_argument("names", nargs="*", help="parts of class names; all without")
    options = parser.parse_args()
    prefix = shlex.split(options.prefix)
    paths = {}
    findings = 0
    for module, name, method in fuzzers(options.names):
        if module not in paths:
            paths[module] = classpath(module, prefix)
        findings += search(module, paths[module], name, method, options, prefix)
    print(f"findings: {findings}")
    sys.exit(1 if findings else 0)


main()
