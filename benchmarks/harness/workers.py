"""The processes that take turns: aurum's and each peer's with each of its settings."""
import dataclasses
import json
import os
import pathlib
import select
import subprocess

from .build import PEERS, RESULTS

# Freed memory is kept for the next call instead of being mapped again, which large tensors cost PyTorch dearly.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": str(1 << 26)}
TICKS = os.sysconf("SC_CLK_TCK")


class WorkerError(RuntimeError):
    pass


@dataclasses.dataclass(frozen=True)
class Setting:
    """A way to run a peer. Reduced precision is measured, but no rival."""
    name: str
    script: str
    argument: str
    trains: bool = False
    infers: bool = True
    reduced: bool = False
    smallest_batch: int = 1
    slow_to_prepare: bool = False

    def takes(self, task, batch):
        return (self.infers if task == "infer" else self.trains) and batch >= self.smallest_batch


SETTINGS = [
    Setting("PyTorch eager", "pytorch.py", "eager", trains=True),
    Setting("PyTorch eager, channels_last", "pytorch.py", "eager.channels_last", trains=True),
    Setting("PyTorch jit", "pytorch.py", "jit"),
    # Each where it is the faster one; packed weights leave no difference between the layouts.
    Setting("PyTorch compile", "pytorch.py", "compile", slow_to_prepare=True),
    Setting("PyTorch compile, channels_last", "pytorch.py", "compile.channels_last", trains=True, infers=False,
            slow_to_prepare=True),
    Setting("ONNX Runtime", "onnx_runtime.py", "f32"),
    Setting("OpenVINO", "open_vino.py", "f32"),
    Setting("OpenVINO, one image a request", "open_vino.py", "f32.single", smallest_batch=2),
    Setting("PyTorch eager, channels_last, bf16", "pytorch.py", "eager.channels_last.bf16", trains=True,
            reduced=True),
    Setting("OpenVINO, bf16", "open_vino.py", "bf16", reduced=True),
]


class Worker:
    """A process that answers commands (peers/protocol.py). A failure ends it, and `ask` raises WorkerError."""

    def __init__(self, name, command, threads, environment=None):
        self.name, self.prepared = name, set()
        count = str(threads)
        variables = {**os.environ, "OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count,
                     "TORCHINDUCTOR_CACHE_DIR": str(RESULTS / "inductor"), "CUDA_VISIBLE_DEVICES": "",
                     **(environment or {})}
        self.log = open(RESULTS / "workers.log", "a")
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log, env=variables, bufsize=0)
        self.rest = b""

    def ask(self, *words, limit=900):
        try:
            self.process.stdin.write((" ".join(str(word) for word in words) + "\n").encode())
        except OSError as error:
            raise WorkerError(f"{self.name} has ended") from error
        while b"\n" not in self.rest:
            if not select.select([self.process.stdout], [], [], limit)[0]:
                self.close()
                raise WorkerError(f"{self.name}: {' '.join(map(str, words))} took more than {limit} s")
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            if not piece:
                raise WorkerError(f"{self.name} has ended (exit code {self.process.wait()}); build/bench/workers.log")
            self.rest += piece
        line, self.rest = self.rest.split(b"\n", 1)
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(f"{self.name}: {answer['error']}")
        return answer

    def peak_megabytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.split("\n") if line.startswith("VmHWM")).split()[1]) / 1024

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.log):
            pipe.close()


def start_ours(program, folder, threads):
    return Worker("aurum", [program, folder, threads], threads)


def start_peer(setting, python, folder, threads, keep_memory=True, environment=None):
    return Worker(setting.name, [python, PEERS / setting.script, setting.argument, folder, threads], threads,
                  {**(KEEP_MEMORY if keep_memory else {}), **(environment or {})})
