"""How the workers of scripts/bench cpu and cuda talk, aurum's (worker.hpp) and the peers' alike: commands on standard
input, one JSON line each on standard output. Threads and precision are given when the worker starts, and for good.

    ready                                 nothing: the worker has started                         {}
    prepare <net> infer|train <batch>     what happens once (compiling, packing), and one call    {}
    infer <net> <batch> <seconds>         times each call of a batch      {"ms": [...], "processor_ms": [...]}
    train <net> <batch> <seconds>         the same of each step, after one not counted
    output <net> <batch> <file>           writes the tensor "output"                              {}
    gradients <net> <batch> <file>        writes one step's gradients by name                     {"loss": ...}
    memory                                of a GPU, the most bytes so far      {"used": ..., "reserved": ...}

At least one call is timed, by the clock and by the processors' time, which neighbours on a busy machine hardly
change. What goes wrong is answered {"error": "..."}.
"""
import ctypes
import gc
import json
import os
import sys
import time


def timed(seconds, call):
    times, used, end = [], [], time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start, processor = time.perf_counter(), time.process_time()
        call()
        times.append(1e3 * (time.perf_counter() - start))
        used.append(1e3 * (time.process_time() - processor))
    return {"ms": times, "processor_ms": used}


class Worker:
    """What a peer offers: `inference(net, batch)` and, if it trains, `training(net, batch)` return what is called
    to run one batch; made once each. `write_output` and `write_gradients` write safetensors files."""

    def __init__(self):
        self.made = {}

    def call_of(self, task, net, batch):
        key = task, net, batch
        if key not in self.made:
            make = self.inference if task == "infer" else self.training
            self.made[key] = make(net, batch)
        return self.made[key]

    def release(self):
        """Gives back what a training step left behind: other workers need it, one computes at a time."""
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)

    def ready(self):
        return {}

    def prepare(self, net, task, batch):
        self.call_of(task, net, int(batch))()
        self.release()
        return {}

    def infer(self, net, batch, seconds):
        return timed(float(seconds), self.call_of("infer", net, int(batch)))

    def train(self, net, batch, seconds):
        step = self.call_of("train", net, int(batch))
        step()
        result = timed(float(seconds), step)
        self.release()
        return result

    def output(self, net, batch, file):
        self.write_output(net, int(batch), file)
        return {}

    def gradients(self, net, batch, file):
        return {"loss": self.write_gradients(net, int(batch), file)}


def serve(worker):
    """Answers until standard input ends. What libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        command, *arguments = line.split()
        try:
            answer = getattr(worker, command)(*arguments)
        except Exception as error:  # any failure of a peer is a result
            answer = {"error": f"{type(error).__name__}: {str(error)[:500]}"}
        print(json.dumps(answer), file=answers)
