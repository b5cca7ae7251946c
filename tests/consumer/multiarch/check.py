#!/usr/bin/env python3
"""check.py <nm>, in the build folder: no copy of an inline function leaves its level, and the program runs on
every processor with the best copy for it, as far as this machine and qemu-x86_64 (if there is one) can tell."""
import pathlib
import re
import shutil
import subprocess
import sys


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def visible(file):
    """(type, name) of what a file lets others see."""
    symbols = output(sys.argv[1], "--extern-only", "--defined-only", "--format=posix", file).splitlines()
    return sorted((s.split()[1], s.split()[0]) for s in symbols if not s.endswith(":"))


levels = ["x86_64", "x86_64_v3", "x86_64_v4"]
functions = {name for kind, name in visible("libface_predictor.a") if kind == "i"}
assert len(functions) == 2, f"two functions in the interface, found {functions}"
wanted = [("i", f) for f in functions] + [("T", f"{f}.{level}") for f in functions for level in levels]
wanted += [("T", f"face_predictor_resolve_{i}") for i in range(2)]
assert visible("libface_predictor.a") == sorted(wanted), visible("libface_predictor.a")
print("nothing but the interface is visible in any copy")

# The danger is real: before they are made local, the best copy shows many such functions.
best = next(pathlib.Path("CMakeFiles/face_predictor.x86-64-v4.dir").glob("*.o"))
weak = [name for kind, name in visible(best) if kind in "WVu"]
assert any("St6vector" in name for name in weak), weak
print(f"{len(weak)} weak symbols of x86-64-v4 were made local")


def check(instructions, *command):
    lines = output(*command, "./multiarch").splitlines()
    assert lines[0] == instructions, f"{command}: {lines[0]}, expected {instructions}"
    assert lines[-1] == "make_face_predictor: the seed is 0", lines
    print(f"{' '.join(command) or 'this machine'}: {instructions}, {lines[1:-1]}")
    return [float(value) for value in lines[1:-1]]


flags = set(re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)[1].split())
native = "SSE2"
if {"avx2", "fma", "bmi2", "f16c", "movbe", "abm"} <= flags:
    native = "AVX2"
    if {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= flags:
        native = "AVX-512"
answers = [check(native)]
if shutil.which("qemu-x86_64"):  # up to 7.1 it has no AVX
    version = tuple(map(int, re.search(r"version (\d+)\.(\d+)", output("qemu-x86_64", "--version")).groups()))
    for processor, instructions in (("qemu64", "SSE2"), ("Nehalem", "SSE2"), ("max", "AVX2")):
        if instructions == "SSE2" or version >= (7, 2):
            answers.append(check(instructions, "qemu-x86_64", "-cpu", processor))
else:
    print("no qemu-x86_64: other processors than this machine's were not tried (scripts/setup --all)")
assert all(abs(a - b) <= 1e-3 for row in answers for a, b in zip(row, answers[0])), answers
