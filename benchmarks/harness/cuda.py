"""scripts/bench cuda: aurum and PyTorch on one GPU, in turns. A case (training or inference of a network, its batch and
precision) has a process for each side. Those of several cases prepare beside each other, for torch.compile takes long
on one core; then one computes at a time, round after round."""
import argparse
import concurrent.futures
import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import statistics
import subprocess
import sys

from .build import PEERS, RESULTS, build_cuda_worker, cuda_library_folders
from .cuda_report import cuda_markdown
from .run import OURS, Run, machine, median_call, median_ratio, numbers, progress, words
from .workers import Setting, Worker, WorkerError, start_peer

FOLDER = RESULTS / "data"
TURN = RESULTS / "turn"  # locked by who prepares on the GPU: see Turn in peers/pytorch.py
SETTINGS = ("eager", "compile", "graphs")
TOLERANCES = {"fp32": 1e-4, "tf32": 3e-3, "bf16": 5e-2}  # relative RMS of the heatmaps
TRAININGS_TOGETHER = 2  # whose workers fit into 80 GB: PyTorch's step of 48 takes up to 15
FULL = {"precisions": list(TOLERANCES), "batches": [1, 8, 64], "rounds": 5, "seconds": 1.0}
QUICK = {"precisions": ["tf32"], "batches": [1, 64], "rounds": 2, "seconds": 0.3}


@dataclasses.dataclass(frozen=True)
class Case:
    task: str
    net: str
    batch: int
    precision: str

    def __str__(self):
        return (f"{'inference' if self.task == 'infer' else 'training'} of {self.net}, batch {self.batch}, "
                f"{self.precision}")


@contextlib.contextmanager
def gpu_turn():
    with open(TURN, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Bench(Run):
    """Workers by (name, case)."""
    essential = ()  # time on a GPU is dear: a table without one side is worth having

    def __init__(self, options, program, python, results):
        super().__init__(options, python, results)
        self.program = program
        self.libraries = ":".join(map(str, cuda_library_folders(python)))
        self.wrong = False

    # --- Workers ---------------------------------------------------------------------------------------------
    def names(self, case):
        return [OURS] + self.options.settings

    def start(self, name, case, threads):
        """`threads`: of a worker that compiles."""
        environment = {"CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "0"),
                       "AURUM_BENCH_TURN": str(TURN), "TORCHINDUCTOR_COMPILE_THREADS": str(threads)}
        if name == OURS:
            libraries = ":".join(filter(None, (self.libraries, os.environ.get("LD_LIBRARY_PATH"))))
            worker = Worker(f"{OURS}, {case}", [self.program, FOLDER, case.precision], 1,
                            {**environment, "LD_LIBRARY_PATH": libraries})
        else:
            setting = Setting(f"{name}, {case}", "pytorch.py", f"{name}.channels_last.cuda.{case.precision}")
            worker = start_peer(setting, self.python, FOLDER, 1, environment=environment)
        self.workers[name, case] = worker

    def start_all(self, cases):
        keys = [(name, case) for case in cases for name in self.names(case)]
        compiling = sum(name in ("compile", "graphs") for name, _ in keys)
        for name, case in keys:
            self.start(name, case, max(1, 2 * os.cpu_count() // max(1, compiling)))

    def ask_to_prepare(self, name, case):
        # Ours begins at once; PyTorch's compile first, and wait for their turn themselves.
        with gpu_turn() if name == OURS else contextlib.nullcontext():
            self.workers[name, case].ask("prepare", case.net, case.task, case.batch, limit=self.options.compile_budget)

    def prepare(self):
        keys, short_of_memory = list(self.workers), []
        with concurrent.futures.ThreadPoolExecutor(max(1, len(keys))) as pool:
            asked = {pool.submit(self.ask_to_prepare, *key): key for key in keys}
            for number, future in enumerate(concurrent.futures.as_completed(asked), 1):
                key = asked[future]
                try:
                    future.result()
                    progress(f"{self.elapsed():.0f} s: {key[0]}, {key[1]} is ready, {number} of {len(keys)}")
                except WorkerError as error:
                    if "memory" in str(error).lower():
                        self.close_worker(key)
                        short_of_memory.append(key)
                    else:
                        self.drop(key, error)
        for key in short_of_memory:  # alone it may have enough
            try:
                self.start(*key, os.cpu_count())
                self.ask_to_prepare(*key)
            except WorkerError as error:
                self.drop(key, error)

    # --- Right answers ---------------------------------------------------------------------------------------
    def check(self, command, name, case, batch, exact):
        """How far the answer to `command` is off."""
        file = FOLDER / f"{command}.safetensors"
        self.workers[name, case].ask(command, case.net, batch, file)
        return self.error_of(file, FOLDER / exact)["median"]

    def check_outputs(self, case, names, result):
        images = max(self.options.batches)
        exact = f"{case.net}_exact_output{'' if images == 1 else f'_{images}'}.safetensors"
        for name in names:
            error = result["error"][name] = self.check("output", name, case, case.batch, exact)
            if not error <= TOLERANCES[case.precision]:
                self.note(f"WRONG: the output of {name}, {case}, is off by {error:.1e}")
                self.wrong |= name == OURS

    def check_gradients(self, case, names, result):
        for name in names:
            if name == OURS or (name == "eager" and not self.options.quick):
                exact = f"{case.net}_exact_gradients.safetensors"
                result["error"][name] = self.check("gradients", name, case, 2, exact)

    # --- Turns -----------------------------------------------------------------------------------------------
    def turn(self, name, case):
        answer = self.workers[name, case].ask(case.task, case.net, case.batch, self.options.seconds)
        return {"ms": median_call(answer["ms"]), "calls": len(answer["ms"])}

    def rounds(self, case, names):
        turns = {name: [] for name in names}
        for number in range(self.options.rounds):
            names = self.round(number, names, turns, lambda name: self.turn(name, case), lambda name: (name, case))
        return turns

    def memory(self, case, names, result):
        for name in names:
            try:
                result["memory"][name] = self.workers[name, case].ask("memory")
            except WorkerError as error:
                self.note(str(error))

    def measure(self, case):
        names = [name for name in self.names(case) if (name, case) in self.workers]
        result = {**dataclasses.asdict(case), "ms": {}, "ratio": {}, "memory": {}, "error": {}}
        if "eager" in names and "gpu" not in self.results:
            self.results["gpu"] = self.workers["eager", case].ask("about")
        if OURS in names and case.net not in self.results["networks"]:
            self.results["networks"][case.net] = self.workers[OURS, case].ask("describe", case.net)
        if case.task == "infer":
            self.check_outputs(case, names, result)
        turns = self.rounds(case, names)
        self.memory(case, turns, result)
        if case.task == "train":
            self.check_gradients(case, turns, result)
        result["turns"] = turns
        result["ms"] = {name: statistics.median(t["ms"] for t in turns[name]) for name in turns}
        if OURS in turns:
            result["ratio"] = {name: median_ratio(turns[name], turns[OURS], "ms") for name in turns if name != OURS}
        self.results["cases"].append(result)

    def expected_seconds(self, case):
        """A guess, for the progress line; preparing counts for the cases that are prepared together."""
        sides = len(self.names(case))
        return 10 + sides * self.options.rounds * (self.options.seconds + 0.1) + (30 if case.task == "train" else 0)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench cuda", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="TF32, batches 1 and 64, two short rounds")
    parser.add_argument("--precisions", type=words, help=f"of {','.join(TOLERANCES)}")
    parser.add_argument("--networks", type=words, default=["fan", "adaptation"])
    parser.add_argument("--settings", type=words, default=list(SETTINGS), help=f"PyTorch's, of {','.join(SETTINGS)}")
    parser.add_argument("--tasks", type=words, default=["train", "infer"])
    parser.add_argument("--batches", type=numbers, help="of inference")
    parser.add_argument("--training-batch", type=int, default=48)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of a turn; one call at least")
    parser.add_argument("--together", type=int, default=8, help="cases that are prepared beside each other")
    parser.add_argument("--compile-budget", type=float, default=400, help="seconds that a side may prepare for")
    parser.add_argument("--deadline", type=float, default=float("inf"),
                        help="seconds after which no further cases are begun")
    parser.add_argument("--python", default=sys.executable, help="the one that has PyTorch")
    parser.add_argument("--program", type=pathlib.Path, help="a cuda_worker that is built already")
    parser.add_argument("--arch", default="native", help="what nvcc compiles it for")
    parser.add_argument("--json", type=pathlib.Path, default=RESULTS / "cuda.json", help="a table is written beside it")
    options = parser.parse_args(arguments)
    for name, value in (QUICK if options.quick else FULL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def cases_of(options):
    batches = {"train": [options.training_batch], "infer": options.batches}
    return [Case(task, net, batch, precision) for precision in options.precisions for net in options.networks
            for task in options.tasks for batch in batches[task]]


def groups_of(cases, together):
    groups = [[]]
    for case in cases:
        trainings = sum(c.task == "train" for c in groups[-1])
        if len(groups[-1]) == together or (case.task == "train" and trainings == TRAININGS_TOGETHER):
            groups.append([])
        groups[-1].append(case)
    return groups


def write(options, results):
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=1) + "\n")
    options.json.with_suffix(".md").write_text(cuda_markdown(results))


def prepare_data(options):
    """Started, not waited for. What is exact is computed on the GPU too, which is quick in double precision."""
    training = [options.training_batch] if "train" in options.tasks else []
    return subprocess.Popen([options.python, PEERS / "prepare.py", FOLDER, "--networks", *options.networks,
                             "--inference", *map(str, options.batches), "--training", *map(str, training), "--exact",
                             str(max(options.batches)), "--device", "cuda"], stdout=sys.stderr)


def bench_cuda(arguments):
    options = parse(arguments)
    RESULTS.mkdir(parents=True, exist_ok=True)
    program = (options.program or build_cuda_worker(options.python, options.arch)).resolve()
    (RESULTS / "workers.log").write_text("")
    results = {"machine": machine(), "unit": "milliseconds a call", "networks": {}, "cases": []}
    bench = Bench(options, program, options.python, results)
    try:
        run(bench, options, results)
    finally:
        bench.close_workers()
    print(cuda_markdown(results))
    return 1 if bench.wrong else 0


def run(bench, options, results):
    cases = cases_of(options)
    bench.total = sum(bench.expected_seconds(case) for case in cases)
    data = prepare_data(options)  # while the first workers import PyTorch
    for group in groups_of(cases, options.together):
        if bench.elapsed() > options.deadline:
            bench.note(f"left out, for it was late: {'; '.join(map(str, group))}")
            continue
        bench.start_all(group)
        if data.wait() != 0:
            sys.exit("bench: peers/prepare.py failed")
        bench.prepare()
        for case in group:
            try:
                bench.measure(case)
            except WorkerError as error:
                bench.note(f"left out: {case}: {error}")
            for key in [key for key in bench.workers if key[1] == case]:
                bench.close_worker(key)
            bench.advance(case, bench.expected_seconds(case))
            write(options, results)
