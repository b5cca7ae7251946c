"""What the runs of workers in turns share, on whichever device: round after round, every process stays alive, one
computes."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

from .build import PEERS
from .workers import WorkerError

OURS = "aurum"


def progress(message):
    print(f"bench: {message}", file=sys.stderr, flush=True)


def median_call(calls):
    """Of a turn; the first of several is still warming up."""
    return statistics.median(calls[1:] if len(calls) > 2 else calls)


def median_ratio(theirs, ours, key):
    return statistics.median(t[key] / o[key] for t, o in zip(theirs, ours))


def machine():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = next((line.split(":")[1].strip() for line in text.split("\n") if line.startswith("model name")), "unknown")
    return {"processor": model, "cores": os.cpu_count(),
            "avx512": " avx512f " in text, "amx": " amx_tile " in text}


def words(text):
    return [word for word in text.split(",") if word]


def numbers(text):
    return [int(word) for word in words(text)]


class Run:
    """Its workers, what it has to say beside numbers, and how long it takes still. `total` is the sum of the expected
    seconds that `advance` will be told. Nothing can be compared without those who are `essential`."""
    essential = (OURS,)

    def __init__(self, options, python, results):
        self.options, self.python, self.results = options, python, results
        self.workers, self.notes = {}, results.setdefault("notes", [])
        self.begun, self.done, self.total = time.monotonic(), 0.0, 0.0

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
            progress(text)

    def elapsed(self):
        return time.monotonic() - self.begun

    def advance(self, case, expected_seconds):
        self.done += expected_seconds
        elapsed = self.elapsed()
        left = elapsed * (self.total - self.done) / self.done
        in_words = lambda seconds: f"{seconds / 60:.0f} min" if self.total > 600 else f"{seconds:.0f} s"
        progress(f"{case} done; {in_words(elapsed)}, about {in_words(left)} to go")

    def drop(self, key, error):
        self.note(f"left out: {error}")
        self.close_worker(key)

    def close_worker(self, key):
        if key in self.workers:
            self.workers.pop(key).close()

    def close_workers(self):
        for key in list(self.workers):
            self.close_worker(key)

    def error_of(self, file, exact):
        text = subprocess.run([self.python, PEERS / "compare.py", file, exact], check=True, capture_output=True,
                              text=True).stdout
        return json.loads(text)

    def round(self, number, names, turns, turn, key=lambda name: name):
        """Everybody's `turn`, added to `turns`; the order turns round each time. Who fails leaves: returns who is left.
        `key`: of a name's worker."""
        for name in list(names if number % 2 == 0 else names[::-1]):
            try:
                turns[name].append(turn(name))
            except WorkerError as error:
                if name in self.essential:
                    raise
                self.drop(key(name), error)
                turns.pop(name)
        return [name for name in names if name in turns]
