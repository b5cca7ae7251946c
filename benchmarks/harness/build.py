"""Builds the programs of benchmarks/ and the peers' virtual environment."""
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "bench"
PEERS = ROOT / "benchmarks" / "peers"


def build_program(name):
    """Builds benchmarks/<name>.cpp at -O3 for this machine; returns the program's path."""
    if not (ROOT / "benchmarks" / f"{name}.cpp").exists():
        names = ["compile", "cpu", "cuda", "docs"] + sorted(path.stem for path in (ROOT / "benchmarks").glob("*.cpp"))
        sys.exit(f"bench: no benchmark '{name}', there are: {', '.join(names)}")
    for command in (["cmake", "--preset", "programs"],
                    ["cmake", "--build", "--preset", "programs", "--target", f"benchmark_{name}"]):
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    return ROOT / "build" / "programs" / "benchmarks" / name


def cuda_toolkit():
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    if not pathlib.Path(nvcc).exists():
        sys.exit("bench: no nvcc; scripts/bench cuda --program takes a worker that is built already")
    return pathlib.Path(nvcc).resolve().parent.parent


def cuda_library_folders(python):
    """Where cuDNN and what it loads may lie: where CUDNN_ROOT points, in the packages of the peers' Python (both sides
    compute with the same cuDNN then), beside the toolkit."""
    program = "import nvidia; print(*nvidia.__path__, sep='\\n')"
    text = subprocess.run([str(python), "-c", program], check=False, capture_output=True, text=True).stdout
    packages = [package for path in text.splitlines() for package in sorted(pathlib.Path(path).glob("*"))]
    root = [pathlib.Path(os.environ["CUDNN_ROOT"])] if "CUDNN_ROOT" in os.environ else []
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    roots = root + packages + [pathlib.Path(nvcc).resolve().parent.parent]
    return [folder for path in roots for folder in (path / "lib", path / "lib64") if folder.is_dir()]


def build_cuda_worker(python, architecture):
    """Builds benchmarks/cuda_worker.cu with nvcc alone, unless nothing has changed; returns the program's path."""
    program, source = RESULTS / f"cuda_worker_{architecture}", ROOT / "benchmarks" / "cuda_worker.cu"
    read = [source, *source.parent.glob("*.hpp"), *(ROOT / "include").rglob("*.hpp")]
    if program.exists() and program.stat().st_mtime > max(path.stat().st_mtime for path in read):
        return program
    folders = [folder for folder in cuda_library_folders(python) if (folder / "libcudnn.so.9").exists()]
    if not folders:
        sys.exit("bench: no cuDNN beside the CUDA toolkit or in the Python package nvidia-cudnn-cu13: set CUDNN_ROOT")
    print("bench: compiling cuda_worker.cu (minutes)", file=sys.stderr, flush=True)
    subprocess.run([cuda_toolkit() / "bin" / "nvcc", "-std=c++20", "-O3", f"-arch={architecture}",
                    f"-I{ROOT / 'include'}", f"-I{folders[0].parent / 'include'}", str(source), "-o", str(program),
                    str(folders[0] / "libcudnn.so.9")], check=True, stdout=sys.stderr)
    return program


def peers_python():
    """The Python that has the peers; made and filled with their current releases if it is not there."""
    venv, requirements = RESULTS / "venv", PEERS / "requirements.txt"
    python, done = venv / "bin" / "python", venv / "installed.txt"
    if not done.exists() or done.read_text() != requirements.read_text():
        print("bench: installing the peers into build/bench/venv (several GB, once)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)], check=True,
                       stdout=sys.stderr)
        done.write_text(requirements.read_text())
    return python


def peer_versions(python):
    names = [line for line in (PEERS / "requirements.txt").read_text().split("\n") if line and line[0] != "#"]
    program = f"from importlib.metadata import version\nfor n in {names}: print(n, version(n))"
    text = subprocess.run([str(python), "-c", program], check=True, capture_output=True, text=True).stdout
    return dict(line.split() for line in text.splitlines())
