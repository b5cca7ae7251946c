#!/usr/bin/env python3
"""Runs the example programs on tiny tasks: what they must write, and how they must refuse bad input.

    run.py <folder of the programs> <folder of photographs with .pts files>
"""
import csv
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import analyse
import data_sets
import evaluation
import protocols
from harness import FACES, FEW, PROGRAMS, check, failures, refuses, run


def train_au(folder):
    process = run("train_au", "--output", folder, "--epochs", 2, "--rival", "--calibrate", "--mirror", *FEW)
    check(process.returncode == 0, "train_au trains", process)
    for name in ("best.safetensors", "last.safetensors", "calibrated.safetensors", "state.safetensors", "history.csv",
                 "aus.csv", "samples.png"):
        check((folder / name).exists(), f"train_au writes {name}")
    metrics = json.loads((folder / "metrics.json").read_text())
    check(len(metrics["icc"]) == 15 and "mean" in metrics["icc"] and "AU12" in metrics["mse"],
          "metrics.json holds every AU and the mean")
    check("icc_landmarks_mean" in metrics and metrics["seconds"] > 0, "metrics.json holds the rival and the time")
    with (folder / "intervals.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    check(len(rows) == 15 and float(rows[-1]["MSE low"]) < float(rows[-1]["MSE high"]) and "people drawn again" in
          process.stdout, "intervals.csv holds every AU and the mean")
    with (folder / "aus.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    check(len(rows) == 15 and "ICC landmarks" in rows[0], "aus.csv holds every AU with the rival's ICC")
    check("ICC(3,1) as trained" in rows[0] and "MSE as trained" in rows[0] and metrics["icc_as_trained"]["mean"] is not None,
          "the table also has the ICC without calibration and mirror")
    check((folder / "calibrated.safetensors").read_bytes() != (folder / "best.safetensors").read_bytes(),
          "the weights as trained are kept beside the calibrated ones")


def sides_apart(folder, whole):
    """--sides writes ICC and MSE of either side, and its weights say that they tell sides apart."""
    process = run("train_au", "--output", folder, "--sides", "--asymmetry", 0.5, "--epochs", 1, "--size", 64,
                  "--mirror", *FEW)
    check(process.returncode == 0 and "left and right apart" in process.stdout, "train_au --sides trains", process)
    with (folder / "sides.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    check([row["AU"] for row in rows] == [f"AU{au:02}" for au in (1, 2, 4, 5, 6, 9, 10, 12, 14, 15, 20)] + ["mean"],
          "sides.csv holds the AUs that have two sides, and the mean")
    check(all(float(rows[-1][name]) >= 0 for name in ("MSE left", "MSE right", "whole: MSE left", "whole: MSE right"))
          and "ICC uneven" in rows[0], "for either side, beside the whole AU's")

    def says(weights, value):
        return f'"aurum.sides":"{value}"'.encode() in weights.read_bytes()[:4096]

    check(says(folder / "best.safetensors", "yes") and says(whole / "best.safetensors", "no"),
          "weights files say whether sides were told apart")
    refuses("sides of a folder's faces", "excludes", "train_au", "--output", folder / "out", "--sides",
            "--folder", FACES)
    refuses("sides of a data set", "excludes", "train_au", "--output", folder / "out", "--sides",
            "--dataset", "disfa", "--root", FACES)
    refuses("sides of a number per AU", "which has no sides", "train_au", "--output", folder / "out", "--sides",
            "--method", "resnet18", "--size", "64", *FEW)


def start_from_weights(folder, trained, landmark_weights):
    def first_loss(run_folder):
        with (run_folder / "history.csv").open(newline="") as file:
            return float(next(csv.DictReader(file))["loss"])

    process = run("train_au", "--output", folder, "--epochs", 1, "--weights", trained / "best.safetensors", *FEW)
    check(process.returncode == 0, "train_au starts from weights", process)
    check(first_loss(folder) < first_loss(trained), "a trained start has a smaller loss than a random one")
    refuses("to start from a landmark network", "holds another model", "train_au", "--output", folder / "other",
            "--weights", landmark_weights, *FEW)


def stop_and_resume(folder):
    arguments = ["--output", str(folder), "--epochs", "100000", *FEW]
    process = subprocess.Popen([PROGRAMS / "train_au", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True)
    text = ""
    for line in process.stderr:
        text += line
        if line.startswith("epoch 1/"):
            process.send_signal(signal.SIGINT)
    process.wait()
    check(process.returncode == 130 and "--resume" in text, "train_au stops at SIGINT and says how to go on", None)
    refuses("to resume another training", "another run's state", "train_au", *arguments, "--resume",
            "--augmentation", "none")
    refuses("to resume at another learning rate", "another run's state", "train_au", *arguments, "--resume",
            "--learning-rate", "0.5")


def resume_to_the_same_bits(folder, length, stop_at):
    def arguments(name):
        return ["--output", str(folder / name), *length, *FEW]

    process = subprocess.Popen([PROGRAMS / "train_au", *arguments("stopped")], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line.startswith(stop_at):
            process.send_signal(signal.SIGINT)
    check(process.wait() == 130, "train_au stops before its end")
    process = run("train_au", *arguments("stopped"), "--resume")
    check(process.returncode == 0, "train_au resumes", process)
    process = run("train_au", *arguments("unbroken"))
    check(process.returncode == 0, "train_au trains without a break", process)
    for name in ("best.safetensors", "last.safetensors"):
        check((folder / "stopped" / name).read_bytes() == (folder / "unbroken" / name).read_bytes(),
              f"a training that was stopped and resumed ends with the same {name}")


def start_small(folder):
    small_first = ["--epochs", "6", "--begin", "64:0.5"]
    resume_to_the_same_bits(folder, small_first, "epoch 1/3")
    metrics = json.loads((folder / "unbroken" / "metrics.json").read_text())
    check(metrics["training"].startswith("3 epochs of 32 ") and "after 3 epochs on 3x64x64" in metrics["training"],
          "metrics.json says that a training began with small pictures")
    for what, words, *arguments in (
            ("one epoch for two sizes", "epochs for every size", "64:0.5", "--epochs", "1"),
            ("to begin at a size that was not compiled", "was not compiled for 96-pixel", "96:0.5"),
            ("shares that leave nothing", "shares of less than 1", "64:0.5", "64:0.6"),
            ("a part without a share", "<side>:<share>", "64")):
        refuses(what, words, "train_au", "--output", folder / "out", *FEW, "--begin", *arguments)


def fill_minutes(folder):
    process = subprocess.Popen([PROGRAMS / "train_au", "--output", str(folder), "--minutes", "0.05", *FEW],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    # The clock of history.csv leaves out what saving the last epoch took.
    begun = [time.monotonic() for line in process.stderr if "multiply-adds" in line]
    check(process.wait() == 0 and (folder / "best.safetensors").exists() and
          "epochs in 0.05 minutes of" in json.loads((folder / "metrics.json").read_text())["training"],
          "train_au --minutes trains for so long")
    check(len(begun) == 1 and time.monotonic() - begun[0] >= 3, "and no shorter")
    process = subprocess.Popen([PROGRAMS / "train_au", "--output", str(folder), "--minutes", "60", *FEW],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    text = ""
    for line in process.stderr:
        text += line
        if line.startswith("epoch 1 "):
            process.send_signal(signal.SIGINT)
    check(process.wait() == 130 and "cannot go on" in text and (folder / "last.safetensors").exists(),
          "SIGINT ends it early, and it says that it cannot go on")


def on_a_terminal(folder):
    """Progress is a bar with the time that is left where stderr is a terminal."""
    ours, theirs = os.openpty()
    process = subprocess.Popen([PROGRAMS / "train_au", "--output", str(folder), "--epochs", "3", *FEW],
                               stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    text = b""
    try:
        while part := os.read(ours, 4096):
            text += part
    except OSError:  # how Linux says that the other side has closed
        pass
    os.close(ours)
    text = text.decode()
    check(process.wait() == 0 and re.search(r"\r\x1b\[Ktraining \[#*\.*\] +\d+%  [\d:]+ left  epoch ", text),
          "on a terminal train_au shows a bar and the time that is left")
    check("epoch 3/3" in text, "and keeps a line for every epoch")


def train_fan(folder):
    process = run("train_fan", "--output", folder, "--epochs", 1, *FEW)
    check(process.returncode == 0 and "mean face" in process.stdout, "train_fan trains", process)
    with (folder / "errors.csv").open(newline="") as file:
        shares = [float(row["share"]) for row in csv.DictReader(file) if row["name"] == "mean face"]
    check(len(shares) == 201 and shares == sorted(shares) and 0 <= shares[0] <= shares[-1] <= 1,
          "train_fan writes the cumulative error curve")
    photographs = run("train_fan", "--output", folder / "photographs", "--epochs", 1, "--batch", 2, "--folder", FACES)
    check(photographs.returncode == 0 and "1 unseen faces" in photographs.stdout, "train_fan takes a folder of photographs",
          photographs)
    refuses("a folder without annotations", "holds no picture", "train_fan", "--output", folder / "out", "--folder",
            folder)
    process = run("evaluate_landmarks", "--weights", folder / "best.safetensors", "--output", folder, FACES)
    check(process.returncode == 0 and "mean face" in process.stdout and (folder / "landmarks.png").exists(),
          "evaluate_landmarks measures the photographs", process)


def train_by_every_method(folder):
    """Each method trains; its weights predict; and what does not fit is refused before anything is drawn."""
    few = [*FEW, "--size", "64", "--epochs", "1"]
    fan = folder / "fan" / "best.safetensors"
    process = run("train_fan", "--output", folder / "fan", *few)
    check(process.returncode == 0, "train_fan trains at 64 pixels", process)
    without_fan = ("random-backbone", "random-backbone-unsettled", "resnet18")
    for method in ("fine-tune", "reparametrise", "adaptation", "attention", *without_fan):
        own = folder / method
        start = [] if method in without_fan else ["--fan", fan]
        after = ["--then-fine-tune"] if method in ("reparametrise", "adaptation", "attention") else []
        process = run("train_au", "--method", method, "--output", own, *start, *after, *few)
        check(process.returncode == 0 and f"method {method}" in json.loads((own / "metrics.json").read_text())["training"],
              f"train_au --method {method} trains", process)
        weights = [own / "best.safetensors"] + ([own / "fine_tuned" / "best.safetensors"] if after else [])
        for file in weights:
            process = run("evaluate", "--weights", file, "--output", own / "evaluated", *FEW[:-2])
            check(process.returncode == 0, f"evaluate opens what {method} left in {file.parent.name}", process)
    out = ["--output", folder / "out"]
    au = folder / "fine-tune" / "best.safetensors"
    for what, words, *arguments in (
            ("a transfer without a network of landmarks", "--fan", "--method", "adaptation"),
            ("a network of landmarks where none is used", "does not start from", "--method", "scratch", "--fan", fan),
            ("AU weights as a network of landmarks", "aurum.maps", "--method", "adaptation", "--fan", au),
            ("to fine-tune what was trained whole", "all is trained already", "--method", "scratch", "--then-fine-tune"),
            ("small pictures first in a transfer", "for --method scratch", "--method", "resnet18", "--begin", "64:0.5",
             "--epochs", "4"),
            ("a method whose network was not compiled", "no reparametrised (norms: frozen) network", "--method",
             "reparametrise-frozen", "--fan", fan),
            ("a backend that is none", "--backend", "--backend", "opencl"),
            ("a backend for which nothing was compiled", "configure with -D AURUM_EXAMPLE_CUDA=ON", "--backend", "cuda"),
            ("an option of GPUs for the CPU", "is of --backend cuda, found --backend cpu", "--tf32"),
            ("a method that is none", "--method", "--method", "magic")):
        refuses(what, words, "train_au", *out, *FEW, "--size", "64", *arguments)
    broken = folder / "broken.safetensors"
    broken.write_bytes(fan.read_bytes()[:-1000])
    refuses("half a network of landmarks", "cut short", "train_au", *out, *few, "--method", "adaptation", "--fan", broken)


def experiments(folder):
    """A comparison that is stopped goes on where it was, and its tables hold every method."""
    arguments = ["--output", str(folder), "--size", "64", "--epochs", "1", *FEW, "--fan-images", "16",
                 "--fan-identities", "8", "--fan-epochs", "1", "--seeds", "2", "--shares", "0.5",
                 "--methods", "scratch", "adaptation", "--scarce-methods", "adaptation", "--fine-tuned", "adaptation"]
    process = subprocess.Popen([PROGRAMS / "experiments", *arguments], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line.startswith("run 3 "):
            process.send_signal(signal.SIGINT)
    check(process.wait() == 130, "experiments stops")
    first = (folder / "scratch_100_seed1" / "run.json").read_bytes()
    times = (folder / "scratch_100_seed1" / "run.json").stat().st_mtime_ns
    process = run("experiments", *arguments)
    check(process.returncode == 0, "experiments goes on", process)
    check((folder / "scratch_100_seed1" / "run.json").stat().st_mtime_ns == times and first, "and repeats nothing")
    text = (folder / "results.md").read_text()
    for title in ("Scratch", "Adaptation layers", "Adaptation layers, then fine-tuned"):
        check(len(re.findall(rf"^\| {title} \|", text, re.MULTILINE)) >= 5, f"the tables have a row for {title}")
    check("| mean ICC(3,1) with | 50 % | 100 % |" in text, "and a table of scarce labels")
    with (folder / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    check(len(rows) == 2 * 4 * 14, "results.csv has a row for every run and AU")
    (folder / "scratch_100_seed1" / "run.json").write_text("{}")
    refuses("a damaged result", "run.json", "experiments", *arguments)


def bad_input(folder, weights, landmark_weights):
    refuses("an unknown network", "no network 'foo'", "train_au", "--output", folder, "--net", "foo")
    refuses("a folder without labels", "labels.csv", "train_au", "--output", folder / "out", "--folder", FACES)
    for what, header, label, words in (("an AU outside the table", "AU99", "1", "AU99"),
                                       ("an intensity outside 0 to 5", "AU12", "7", "7")):
        labelled = folder / header
        labelled.mkdir()
        for suffix in (".jpg", ".pts"):
            shutil.copy((FACES / "loc_1").with_suffix(suffix), labelled)
        (labelled / "labels.csv").write_text(f"file,subject,{header}\nloc_1.jpg,a,{label}\n")
        refuses(what, words, "train_au", "--output", folder / "out", "--folder", labelled)
    refuses("a batch of 0", "--batch", "train_au", "--output", folder / "out", "--batch", 0)
    refuses("more images a batch than there are", "batch", "train_au", "--output", folder / "out", *FEW[:-1], 64)

    refuses("AU weights as landmark weights", "AUs", "evaluate_landmarks", "--weights", weights, FACES)
    damaged = folder / "damaged.safetensors"
    damaged.write_bytes(weights.read_bytes()[:-100])
    overlapping = folder / "overlapping.safetensors"
    header = json.dumps({name: {"dtype": "F32", "shape": [2], "data_offsets": offsets}
                         for name, offsets in (("a", [0, 8]), ("b", [4, 12]))}).encode()
    overlapping.write_bytes(len(header).to_bytes(8, "little") + header + bytes(12))
    for what, words, file in (("weights that are none", "loc_1.pts", FACES / "loc_1.pts"),
                              ("a weights file cut short", "damaged.safetensors", damaged),
                              ("weights whose tensors overlap", "overlapping.safetensors", overlapping),
                              ("landmark weights as AU weights", "landmark", landmark_weights)):
        refuses(what, words, "evaluate", "--weights", file, "--output", folder / "evaluated")
    check(not (folder / "evaluated").exists(), "nothing is written of what was refused")


def main():
    for name in ("train_au", "evaluate", "train_fan", "experiments", "evaluate_landmarks"):
        process = run(name, "--help")
        check(process.returncode == 0 and "--threads" in process.stdout, f"{name} --help", process)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        train_au(folder / "au")
        sides_apart(folder / "sides", folder / "au")
        stop_and_resume(folder / "stopped")
        resume_to_the_same_bits(folder / "resumed", ["--epochs", "30"], "epoch 2/")
        start_small(folder / "small")
        fill_minutes(folder / "minutes")
        on_a_terminal(folder / "terminal")
        train_fan(folder / "landmarks")
        train_by_every_method(folder / "methods")
        experiments(folder / "experiments")
        weights, landmark_weights = (folder / name / "best.safetensors" for name in ("au", "landmarks"))
        start_from_weights(folder / "tuned", folder / "au", landmark_weights)
        data_sets.aurum_data(folder / "bp4d")
        data_sets.disfa(folder / "disfa")
        if (PROGRAMS / "aurum-analyse").exists():  # which needs OpenCV, as looking into videos does
            data_sets.check_disfa(folder / "disfa")
        data_sets.train_on_disfa(folder / "disfa")
        evaluation.on_synthetic_faces(folder / "evaluated", folder / "au")
        evaluation.on_disfa(folder / "disfa", landmark_weights)
        data_sets.damage_disfa(folder / "disfa")
        protocols.disfa_as_shipped(folder / "disfa as shipped", folder / "methods" / "fan" / "best.safetensors")
        protocols.intensities_of_others(folder / "others", weights)
        data_sets.train_on_bp4d_occurrence(folder / "bp4d-occurrence")
        data_sets.aff_wild2(folder / "aff-wild2")
        data_sets.train_on_aff_wild2(folder / "aff-wild2")
        evaluation.on_aff_wild2(folder / "aff-wild2")
        if (PROGRAMS / "aurum-analyse").exists():  # it needs OpenCV
            analyse.analyse(folder / "analysed", folder / "au" / "calibrated.safetensors", landmark_weights)
        (folder / "bad").mkdir()
        bad_input(folder / "bad", weights, landmark_weights)
    sys.exit(f"{len(failures)} of the programs' promises are broken" if failures else 0)


if __name__ == "__main__":
    main()
