"""scripts/bench cpu: aurum and its peers in turns, round after round; every process stays alive, one computes."""
import argparse
import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys
import time

from . import compile as compilation
from .build import PEERS, RESULTS, ROOT, build_program, peer_versions, peers_python
from .report import markdown
from .run import OURS, Run, machine, median_call, median_ratio, numbers, progress, words
from .workers import SETTINGS, TICKS, WorkerError, start_ours, start_peer

FOLDER = RESULTS / "data"
INFERENCE = (1, 8)
TRAINING = {"fan": (8, 48), "stacked_fan": (8,)}  # PyTorch's step of 48 on four stacks does not fit into 24 GB
TOLERANCE = 1e-4  # relative RMS of an output in float32
SLOW = 1.5  # a setting so many times slower than the best peer leaves after two rounds
SECTIONS = ("inference", "training", "memory", "layers", "compile")


@dataclasses.dataclass(frozen=True)
class Case:
    task: str
    net: str
    threads: int
    batch: int

    @property
    def key(self):
        return f"threads{self.threads}_batch{self.batch}"

    @property
    def section(self):
        return "inference" if self.task == "infer" else "training"

    def __str__(self):
        return f"{self.section} of {self.net}, batch {self.batch}, {self.threads} thread{'s'[:self.threads > 1]}"


def busy_seconds():
    """Processor seconds of everybody since the machine started, those that its host took away among them."""
    fields = [int(n) for n in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS  # less idle and waiting for a disk


class Bench(Run):
    def __init__(self, options, program, python, results):
        super().__init__(options, python, results)
        self.program, self.peaks = program, {}

    # --- Time ------------------------------------------------------------------------------------------------
    def expected_seconds(self, case):
        """A guess, for the progress line: calls at 80 GFLOP/s a thread, three times as much for training."""
        multiply_adds = self.results["networks"][case.net]["multiply_adds"]
        call = 2e-9 * multiply_adds * case.batch / (80 * case.threads) * (6 if case.task == "train" else 1)
        settings = [s for s in self.settings() if s.takes(case.task, case.batch)]
        preparing = sum(60 if s.slow_to_prepare else 5 for s in settings)
        return preparing + (len(settings) + 1) * self.options.rounds * max(self.options.seconds, call)

    # --- Workers ---------------------------------------------------------------------------------------------
    def settings(self):
        return [s for s in SETTINGS if not (self.options.quick and s.slow_to_prepare)]

    def worker(self, name, threads):
        if name not in self.workers:
            if name == OURS:
                self.workers[name] = start_ours(self.program, FOLDER, threads)
            else:
                setting = next(s for s in SETTINGS if s.name == name)
                self.workers[name] = start_peer(setting, self.python, FOLDER, threads)
        return self.workers[name]

    # --- Right answers first ---------------------------------------------------------------------------------
    def check_outputs(self, case, names):
        """Those of `names` whose output is right; the errors go into the results."""
        errors = self.results.setdefault("output_error", {}).setdefault(case.net, {})
        right = []
        for name in names:
            setting = next((s for s in SETTINGS if s.name == name), None)
            if setting is None or setting.smallest_batch == 1:
                file = FOLDER / "output.safetensors"
                self.worker(name, case.threads).ask("output", case.net, 1, file)
                errors[name] = self.error_of(file, FOLDER / f"{case.net}_exact_output.safetensors")["median"]
                if errors[name] > TOLERANCE and not (setting and setting.reduced):
                    self.note(f"left out: {name}, whose output on {case.net} is off by {errors[name]:.1e}")
                    continue
            right.append(name)
        if OURS not in right:
            sys.exit("bench: aurum's own output is wrong")
        return right

    def check_gradients(self, net, threads):
        errors = self.results.setdefault("gradient_error", {}).setdefault(net, {})
        for name in (OURS, "PyTorch eager"):
            file = FOLDER / "gradients.safetensors"
            self.worker(name, threads).ask("gradients", net, 2, file)
            errors[name] = self.error_of(file, FOLDER / f"{net}_exact_gradients.safetensors")

    # --- Turns -----------------------------------------------------------------------------------------------
    def prepare(self, case):
        names = [OURS] + [s.name for s in self.settings() if s.takes(case.task, case.batch)]
        ready = []
        for name in names:
            try:
                self.worker(name, case.threads).ask("prepare", case.net, case.task, case.batch,
                                                    limit=self.options.compile_budget)
                ready.append(name)
            except WorkerError as error:
                self.drop(name, error)
        return ready

    def turn(self, name, case):
        """One worker computes. Milliseconds an image, on the clock and of the processors, and how many processors
        somebody else used meanwhile."""
        used = lambda: ({n: w.processor_seconds() for n, w in self.workers.items()}, busy_seconds())
        before, busy = used()
        start = time.monotonic()
        answer = self.worker(name, case.threads).ask(case.task, case.net, case.batch, self.options.seconds)
        elapsed = time.monotonic() - start
        after, busy_after = used()
        for other in after:
            if other != name and after[other] - before[other] > 0.05 + 0.02 * elapsed:
                self.note(f"{other} kept a processor busy while {name} was measured")
        own = sum(after.values()) - sum(before.values())
        return {"ms": median_call(answer["ms"]) / case.batch,
                "processor_ms": median_call(answer["processor_ms"]) / case.batch,
                "foreign": max(0.0, busy_after - busy - own) / elapsed}

    def rounds(self, case, names):
        """{name: its turns}, and the multiply-add peak."""
        turns = {name: [] for name in names}
        peaks = []
        for number in range(self.options.rounds):
            peaks.append(self.worker(OURS, case.threads).ask("peak", 0.2))
            names = self.round(number, names, turns, lambda name: self.turn(name, case))
            if number == 1:
                least = {n: min(t["processor_ms"] for t in turns[n]) for n in turns if n != OURS}
                names = [n for n in names if n == OURS or least[n] < SLOW * min(least.values())]
        self.peaks.setdefault(case.threads, []).extend(peaks)
        return turns, statistics.median(p["gflops"] for p in peaks)

    def measure(self, case):
        names = self.prepare(case)
        if case.task == "infer":
            names = self.check_outputs(case, names)
        turns, peak = self.rounds(case, names)
        middle = {key: {n: statistics.median(t[key] for t in turns[n]) for n in turns} for key in
                  ("ms", "processor_ms", "foreign")}
        foreign = statistics.median(middle["foreign"].values())
        if foreign > 0.1:
            self.note(f"{case}: others used {foreign:.1f} processors meanwhile; measure again on a quiet machine")
        ours, times = turns.pop(OURS), middle["ms"]
        reduced = {s.name for s in SETTINGS if s.reduced}
        best = min((n for n in turns if n not in reduced), key=times.get)
        multiply_adds = self.results["networks"][case.net]["multiply_adds"] * (3 if case.task == "train" else 1)
        effective = 2e-6 * multiply_adds / times[OURS]
        result = {"ours_ms": times[OURS], "best_peer": best, "best_peer_ms": times[best],
                  "ratio": median_ratio(turns[best], ours, "ms"),
                  "processor_ratio": median_ratio(turns[best], ours, "processor_ms"),
                  "effective_gflops": effective, "peak_gflops": peak, "peak_fraction": effective / peak,
                  "processor_ms": middle["processor_ms"],
                  "peers_ms": {n: times[n] for n in sorted(turns, key=times.get) if n not in reduced},
                  "reduced_precision_ms": {n: times[n] for n in turns if n in reduced},
                  "foreign_processors": foreign, "turns": {OURS: ours, best: turns[best]}}
        self.results.setdefault(case.section, {}).setdefault(case.net, {})[case.key] = result

    # --- Memory and the first answer -------------------------------------------------------------------------
    def fresh(self, start, task, net, batch):
        """A process that does nothing else: its peak memory, and how long its first answer took."""
        began = time.monotonic()
        worker = start()
        try:
            worker.ask("prepare", net, task, batch)
            first = 1e3 * (time.monotonic() - began)
            worker.ask(task, net, batch, 0)
            return {"megabytes": worker.peak_megabytes(), "first_ms": first}
        finally:
            worker.close()

    def measure_memory(self, task, net, batch):
        found = {OURS: self.fresh(lambda: start_ours(self.program, FOLDER, 1), task, net, batch)}
        for s in self.settings():
            if s.reduced or not s.takes(task, batch):
                continue
            try:
                found[s.name] = self.fresh(lambda s=s: start_peer(s, self.python, FOLDER, 1, keep_memory=False),
                                           task, net, batch)
            except WorkerError as error:
                self.note(f"memory: {error}")
        section = "inference" if task == "infer" else "training"
        ours = found.pop(OURS)
        least = min(found, key=lambda n: found[n]["megabytes"])
        result = {"ours_mb": ours["megabytes"], "best_peer": least, "best_peer_mb": found[least]["megabytes"],
                  "ratio": ours["megabytes"] / found[least]["megabytes"],
                  "peers_mb": {n: f["megabytes"] for n, f in found.items()}}
        self.results.setdefault("memory", {}).setdefault(section, {}).setdefault(net, {})[f"batch{batch}"] = result
        if task == "infer" and batch == 1:
            quickest = min(found, key=lambda n: found[n]["first_ms"])
            self.results.setdefault("first_inference", {})[net] = {
                "ours_ms": ours["first_ms"], "best_peer": quickest, "best_peer_ms": found[quickest]["first_ms"],
                "peers_ms": {n: f["first_ms"] for n, f in found.items()}}

    def measure_compile(self):
        source = ROOT / "benchmarks" / "compile" / "minimal_predictor.cpp"
        found = compilation.measure("g++", source)
        self.results.update(compile_seconds=found["seconds"], compile_megabytes=found["megabytes"],
                            binary_kb=compilation.stripped_size(source) / 1000)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench cpu", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="FAN only, one thread, two short rounds, no torch.compile")
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--networks", type=words, default=list(TRAINING))
    parser.add_argument("--only", type=words, default=list(SECTIONS), help=f"of {','.join(SECTIONS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of a turn; one call at least")
    parser.add_argument("--compile-budget", type=float, default=600, help="seconds that a peer may prepare for")
    parser.add_argument("--add", action="store_true", help="keep what the JSON holds and this run does not measure")
    parser.add_argument("--program", type=pathlib.Path, help="a cpu_worker that is built already")
    parser.add_argument("--json", type=pathlib.Path, default=RESULTS / "cpu.json")
    options = parser.parse_args(arguments)
    if options.quick:
        options.threads, options.networks, options.rounds, options.seconds = [1], ["fan"], 2, 0.3
    return options


def cases_of(options):
    cases = []
    for threads in options.threads:
        for net in options.networks:
            if "inference" in options.only:
                cases += [Case("infer", net, threads, batch) for batch in INFERENCE]
            if "training" in options.only:
                batches = TRAINING[net][:1] if options.quick else TRAINING[net]
                cases += [Case("train", net, threads, batch) for batch in batches]
    return cases


def write(options, results):
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=1) + "\n")


def bench_cpu(arguments):
    options = parse(arguments)
    program, python = options.program or build_program("cpu_worker"), peers_python()
    batches = sorted({b for net in options.networks for b in TRAINING[net]})
    subprocess.run([python, PEERS / "prepare.py", FOLDER, "--networks", *options.networks, "--onnx", "--inference",
                    *map(str, INFERENCE), "--training", *map(str, batches)], check=True, stdout=sys.stderr)
    (RESULTS / "workers.log").write_text("")
    # A part of the run replaces its part of the results.
    part = options.add or set(options.only) != set(SECTIONS) or set(options.networks) != set(TRAINING)
    keep = part and options.json.exists()
    results = json.loads(options.json.read_text()) if keep else {}
    results |= {"machine": machine(), "versions": peer_versions(python), "unit": "milliseconds per image"}
    bench = Bench(options, program, python, results)
    try:
        run(bench, options, results)
    finally:
        bench.close_workers()
    text = markdown(results)
    (RESULTS / "cpu.md").write_text(text)
    print(text)
    return 0


def run(bench, options, results):
    for net in options.networks:
        results.setdefault("networks", {})[net] = bench.worker(OURS, 1).ask("describe", net)
    bench.close_workers()
    cases = cases_of(options)
    bench.total = sum(bench.expected_seconds(case) for case in cases)
    for threads in options.threads:
        for case in (c for c in cases if c.threads == threads):
            bench.measure(case)
            if case.task == "train" and threads == options.threads[0]:
                bench.check_gradients(case.net, threads)
            bench.advance(case, bench.expected_seconds(case))
            write(options, results)
        if "layers" in options.only:
            ours = bench.worker(OURS, threads)
            results.setdefault("layers", {})[f"threads{threads}"] = {
                **ours.ask("peak", 0.5), **ours.ask("layers", 0.1 if options.quick else 0.5)}
        bench.close_workers()
    for threads, peaks in bench.peaks.items():
        results.setdefault("peak_gflops", {})[f"threads{threads}"] = statistics.median(p["gflops"] for p in peaks)
    first = results.get("inference", {}).get("fan", {})
    if first:
        results["peak_fraction"] = first[min(first)]["peak_fraction"]
    if "memory" in options.only:
        for net in options.networks:
            for task, batches in (("infer", INFERENCE), ("train", TRAINING[net])):
                for batch in batches[:1] if options.quick else batches:
                    progress(f"memory of {net}, {task}, batch {batch}")
                    bench.measure_memory(task, net, batch)
                    write(options, results)
    if "compile" in options.only:
        progress("compiling")
        bench.measure_compile()
    write(options, results)
