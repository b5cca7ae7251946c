"""Measures compilers on the translation units of benchmarks/compile."""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from .build import RESULTS, ROOT


def marks(source):
    """Flags and limits that a source names in lines `// compile: <flags>` and
    `// at most: <S> seconds, <M> MB[, <K> kB stripped]`."""
    text = source.read_text()
    flags = re.search(r"^// compile: (.*)$", text, re.M)
    limit = re.search(r"^// at most: (\S+) seconds, (\S+) MB(?:, (\S+) kB stripped)?", text, re.M)
    limits = limit.groups() if limit else [None] * 3
    return (flags[1].split() if flags else ["-O2"]), [float(n) if n else float("inf") for n in limits]


def command(compiler, source, *more):
    words = [compiler, "-std=c++20", *marks(source)[0], f"-I{ROOT}/include"]
    return words + [str(source), *more]


def measure(compiler, source):
    """Compiles `source`; returns processor and clock seconds, the peak memory in MB and the exit code."""
    start = time.monotonic()
    process = subprocess.Popen(command(compiler, source, "-c", "-o", os.devnull))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    clock = time.monotonic() - start
    return {"source": source.stem, "compiler": compiler, "seconds": round(usage.ru_utime + usage.ru_stime, 2),
            "clock_seconds": round(clock, 2), "megabytes": round(usage.ru_maxrss / 1024),
            "exit_code": process.returncode}


def stripped_size(source, compiler="g++"):
    """Bytes of the stripped program made of one source alone."""
    program = RESULTS / source.stem
    subprocess.run(command(compiler, source, "-o", str(program), "-pthread", "-s"), check=True)
    return program.stat().st_size


def size_of(result):
    """The column of programs whose size is limited."""
    return f"  {result['stripped_kilobytes']:.0f} kB stripped" if "stripped_kilobytes" in result else ""


def bench_compile(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench compile")
    parser.add_argument("--max-seconds", type=float, default=float("inf"))
    parser.add_argument("--max-megabytes", type=float, default=float("inf"))
    parser.add_argument("sources", nargs="*", type=pathlib.Path)
    options = parser.parse_args(arguments)
    sources = options.sources or sorted((ROOT / "benchmarks" / "compile").glob("*.cpp"))
    if not sources:
        sys.exit("bench: benchmarks/compile holds no .cpp")

    results, ok = [], True
    print(f"{'translation unit':<28} {'compiler':<10} {'seconds':>8} {'clock':>8} {'MB':>8}")
    for source in sources:
        most_seconds, most_megabytes, most_kilobytes = marks(source)[1]
        for compiler in filter(shutil.which, ["g++", "clang++"]):
            result = measure(compiler, source)
            code = result["exit_code"]
            within = (code == 0 and result["seconds"] <= min(options.max_seconds, most_seconds) and
                      result["megabytes"] <= min(options.max_megabytes, most_megabytes))
            if code == 0 and most_kilobytes < float("inf"):
                result["stripped_kilobytes"] = stripped_size(source, compiler) / 1000
                within = within and result["stripped_kilobytes"] <= most_kilobytes
            ok = ok and within
            note = "" if within else "  does not compile" if code else "  over the limit"
            print(f"{source.stem:<28} {compiler:<10} {result['seconds']:8.1f} {result['clock_seconds']:8.1f} "
                  f"{result['megabytes']:8.0f}{size_of(result)}{note}", flush=True)
            results.append(result)
    report = RESULTS / "compile.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(results, indent=1) + "\n")
    return 0 if ok else 1
