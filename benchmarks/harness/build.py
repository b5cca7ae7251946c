"""Builds the programs of benchmarks/ and the peers' virtual environment."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "bench"
PEERS = ROOT / "benchmarks" / "peers"


def build_program(name):
    """Builds benchmarks/<name>.cpp at -O3 for this machine; returns the program's path."""
    if not (ROOT / "benchmarks" / f"{name}.cpp").exists():
        names = ["compile", "cpu", "docs"] + sorted(path.stem for path in (ROOT / "benchmarks").glob("*.cpp"))
        sys.exit(f"bench: no benchmark '{name}', there are: {', '.join(names)}")
    for command in (["cmake", "--preset", "programs"],
                    ["cmake", "--build", "--preset", "programs", "--target", f"benchmark_{name}"]):
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    return ROOT / "build" / "programs" / "benchmarks" / name


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
