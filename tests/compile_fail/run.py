#!/usr/bin/env python3
"""Compiles one program that must not compile and reads the first error as a user would.

    run.py <compiler> <case.cpp> [<include folder> ...]

The case says in comment lines what its first error must contain, each a regular expression that one of
the error's lines matches, at least one of them:

    // expect: layer '3\\.hourglass'
    // lines: 20          at most so many lines for the first error, with its notes (default 15)
    // also: nvcc         g++ and clang++ always try; this one can be compiled by nvcc as well

The first error is all that is printed before the second begins: the lines that lead to it ("In
instantiation of", "required from"), the error itself, source excerpts and notes.
"""
import os
import re
import subprocess
import sys

ERROR = re.compile(r"(^|[\s:)])(fatal )?error( #\S+)?: ")
# Lines that g++ (and clang, for includes) prints before the error that they belong to.
LEADING = re.compile(r"^In file included from |^\s+from |: In |: At |: +(recursively )?required |\[ skipping ")
FOOTER = re.compile(r"^\d+ errors? (generated|detected)|^compilation terminated")


def first_error(output):
    """The lines of the first error, or [] if there is none."""
    lines = [line for line in output.splitlines() if line.strip() and not FOOTER.search(line)]
    errors = [i for i, line in enumerate(lines) if ERROR.search(line)]
    if not errors:
        return []
    if len(errors) == 1:
        return lines
    end = errors[1]
    while end - 1 > errors[0] and LEADING.search(lines[end - 1]):
        end -= 1
    return lines[:end]


def main():
    compiler, case, *folders = sys.argv[1:]
    source = open(case, encoding="utf-8").read()
    expected = re.findall(r"^// expect: *(.+?) *$", source, re.MULTILINE)
    limit = int((re.findall(r"^// lines: *(\d+)", source, re.MULTILINE) or ["15"])[0])
    if not expected:
        sys.exit(f"{case}: has no '// expect:' line")

    command = [compiler, "-std=c++20"] + [f"-I{folder}" for folder in folders]
    if "nvcc" in os.path.basename(compiler):
        command += ["-x", "cu", "-c", "-o", os.devnull, case]
    else:
        command += ["-fsyntax-only", "-fno-diagnostics-color", case]
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    error = first_error(run.stdout + run.stderr)

    problems = []
    if run.returncode == 0:
        problems.append("it compiled")
    elif not error:
        problems.append("the compiler failed without an error")
    if len(error) > limit:
        problems.append(f"the first error has {len(error)} lines, more than {limit}")
    for pattern in expected:
        if not any(re.search(pattern, line) for line in error):
            problems.append(f"no line of the first error matches: {pattern}")

    print(f"{os.path.basename(case)}, {os.path.basename(compiler)}: first error, {len(error)} lines")
    print("\n".join(error) if error else run.stdout + run.stderr)
    for problem in problems:
        print(f"FAILED: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
