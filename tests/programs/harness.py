"""What the tests of the programs share: running one, and checking what it does.

    run.py <folder of the programs> <folder of photographs with .pts files>
"""
import pathlib
import subprocess
import sys

PROGRAMS, FACES = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
FEW = ["--images", "32", "--identities", "8", "--validation-images", "8", "--validation-identities", "4",
       "--test-images", "8", "--test-identities", "4", "--batch", "8"]
failures = []


def run(name, *arguments):
    return subprocess.run([PROGRAMS / name, *map(str, arguments)], capture_output=True, text=True, check=False)


def check(condition, what, process=None):
    print("ok  " if condition else "FAIL", what, flush=True)
    if not condition:
        failures.append(what)
        if process is not None:
            print(f"  exit code {process.returncode}\n  {process.stdout[-2000:]}\n  {process.stderr[-2000:]}")


def refuses(what, words, name, *arguments):
    """Bad input costs an exit code that is neither 0 nor a signal, and a message with these words."""
    process = run(name, *arguments)
    check(0 < process.returncode < 128 and words in process.stderr + process.stdout, f"{name} refuses {what}", process)
