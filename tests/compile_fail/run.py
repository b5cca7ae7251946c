#!/usr/bin/env python3
"""Compiles one program that must not compile and reads the first error as a user would; then mends the
program and compiles it again, which shows that nothing else was wrong with it.

    run.py <compiler> <case.cpp> [<include folder> ...]

The case says in comment lines what its first error must contain and how it is mended:

    // expect: Wanted<\\d+, 64, 64>    a regular expression that a line of the error matches; one or more
    // layer: m0.b1_4                 the layer's path, as the compiler writes it in Layer<...>
    // mend: 200, 200 => 256, 256     what to put for what in the code
    // lines: 20                      at most so many lines for the first error with its notes (default 15)
    // also: nvcc                     g++ and clang++ always try; nvcc can compile this one as well

The first error is all that is printed before the second begins: the lines that lead to it ("In
instantiation of", "required from"), the error itself, source excerpts and notes.
"""
import os
import re
import subprocess
import sys
import tempfile

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


def compile_source(compiler, source, name, folders):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        command = [compiler, "-std=c++20"] + [f"-I{folder}" for folder in folders]
        if "nvcc" in os.path.basename(compiler):
            command += ["-x", "cu", "-c", "-o", os.devnull, path]
        else:
            command += ["-fsyntax-only", "-fno-diagnostics-color", path]
        run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
        return run.returncode, (run.stdout + run.stderr).replace(folder + os.sep, "")


def layer_pattern(path):
    """Layer<...> as the compilers write it: g++ a text, clang characters, nvcc a struct of characters."""
    characters = re.escape(", ".join(f"'{c}'" for c in path))
    return (f'Layer<(aurum::)?LayerText<\\d+>{{"{re.escape(path)}"}}>|Layer<{characters}>'
            f"|LayerText<\\d+UL>{{{{{characters}, ")


def main():
    compiler, case, *folders = sys.argv[1:]
    source = open(case, encoding="utf-8").read()
    marks = lambda word: re.findall(rf"^// {word}: *(.+?) *$", source, re.MULTILINE)
    expected = marks("expect") + [layer_pattern(path) for path in marks("layer")]
    limit = int((marks("lines") or ["15"])[0])
    if not marks("expect") or len(marks("mend")) != 1:
        sys.exit(f"{case}: needs '// expect:' and one '// mend:'")

    name = os.path.basename(case)
    code, output = compile_source(compiler, source, name, folders)
    error = first_error(output)
    problems = []
    if code == 0:
        problems.append("it compiled")
    elif not error:
        problems.append("the compiler failed without an error")
    if len(error) > limit:
        problems.append(f"the first error has {len(error)} lines, more than {limit}")
    for pattern in expected:
        if not any(re.search(pattern, line) for line in error):
            problems.append(f"no line of the first error matches: {pattern}")

    wrong, right = marks("mend")[0].split(" => ")
    comments = re.match(r"(//.*\n)*", source).group()
    mended = source[len(comments):].replace(wrong, right)
    if mended == source[len(comments):]:
        problems.append(f"nothing to mend: no '{wrong}'")
    code, mended_output = compile_source(compiler, mended, name, folders)
    if code != 0:
        problems.append(f"the mended program does not compile:\n{mended_output}")

    errors = sum(bool(ERROR.search(line)) for line in output.splitlines())
    print(f"{name}, {os.path.basename(compiler)}: {errors} errors, the first one in {len(error)} lines")
    print("\n".join(error) if error else output)
    for problem in problems:
        print(f"FAILED: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
