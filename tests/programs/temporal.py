#!/usr/bin/env python3
"""Networks for videos from the outside: pretrain_video, train_au_video and aurum-analyse --temporal, on tiny videos.

    temporal.py <folder of the programs> <folder of photographs with .pts files>
"""
import csv
import json
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import zlib

from data_sets import aff_wild2, disfa, jpeg_size, write_clip
from harness import FACES, PROGRAMS, check, failures, refuses, run

AUS = [f"AU{au:02}" for au in (1, 2, 4, 5, 6, 9, 10, 12, 14, 15, 17, 20, 25, 26)]
HEATMAP_MODEL = FACES.parents[2] / "examples" / "models" / "au14.safetensors"
# What is drawn takes most of the time, so few runs draw; the others read folders.
SYNTHETIC = ["--videos", 4, "--identities", 2, "--frames", 20, "--validation-videos", 2]
STEPS = ["--frame-step", 2, "--batch", 4]
PRETRAIN = ["--blocks", 5, "--phases", 1, *STEPS]
TRAIN = ["--window", 3, "--steps", 5, *STEPS]
LABELS = ["--labels", "10%"]


def rows_of(file):
    with file.open(newline="") as text:
        return list(csv.DictReader(text))


def labels_of(folder):
    return (folder / "labelled.csv").read_text()


def same_weights(one, other, *names):
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


def stop_and_resume(program, folder, arguments):
    """Stopped by a signal, a training goes on to the bits of `folder`/unbroken."""
    command = [*arguments, "--output", folder / "stopped"]
    with subprocess.Popen([PROGRAMS / program, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as process:
        text = ""
        for line in process.stderr:
            text += line
            if line.startswith("epoch 1/"):
                process.send_signal(signal.SIGINT)
    check(process.returncode == 130 and "go on with" in text and "--resume" in text, f"{program} stops at SIGINT", None)
    process = run(program, *command, "--resume")
    check(process.returncode == 0, f"{program} resumes", process)
    check(same_weights(folder / "stopped", folder / "unbroken", "best.safetensors", "last.safetensors"),
          f"{program}, stopped and resumed, ends with the same bits")
    refuses("to resume another training", "another run's state", program, *command, "--resume", "--learning-rate", 0.5)


def pretrain(folder, videos):
    process = run("pretrain_video", *SYNTHETIC, *PRETRAIN, "--epochs", 2, "--output", folder / "synthetic")
    check(process.returncode == 0 and "best epoch" in process.stdout and "top-1" in process.stdout,
          "pretrain_video learns without labels", process)
    check("4 videos, 8 clips of 5 frames" in process.stderr, "and says what from", process)
    check(all((folder / "synthetic" / name).exists() for name in ("best.safetensors", "curve.png", "history.csv")) and
          len(rows_of(folder / "synthetic" / "history.csv")) == 2, "it leaves weights, a curve and a table of its epochs")
    command = ["--folder", videos, "--validation-share", 0.34, *PRETRAIN, "--epochs", 4]
    process = run("pretrain_video", *command, "--output", folder / "unbroken")
    check(process.returncode == 0 and "4 videos, 12 clips" in process.stderr, "pretrain_video takes a folder of videos", process)
    stop_and_resume("pretrain_video", folder, command)


def train_on_synthetic_videos(folder):
    process = run("train_au_video", *SYNTHETIC, "--test-videos", 2, *TRAIN, *LABELS, "--epochs", 1, "--output", folder)
    check(process.returncode == 0 and "40 frames of 2 videos of unseen people" in process.stdout and
          "8 of 80 frames are labelled" in process.stderr and len(rows_of(folder / "labelled.csv")) == 8,
          "train_au_video trains on synthetic videos", process)


def train(folder, videos, pretrained):
    """With memory, from pre-trained weights and from nothing, and the baseline without memory."""
    some = ["--folder", videos, "--validation-share", 0.34, "--test-share", 0.34, *TRAIN, *LABELS]
    data = ["--epochs", 1, *some]
    for name, *arguments in (("pretrained", "--pretrained", pretrained), ("scratch",), ("frames", "--frames-only")):
        own = folder / name
        process = run("train_au_video", *data, *arguments, "--output", own)
        check(process.returncode == 0 and "60 frames of 2 videos of unseen people" in process.stdout,
              f"train_au_video trains ({name})", process)
        check("6 of 60 frames are labelled" in process.stderr and len(rows_of(own / "labelled.csv")) == 6,
              "on exactly so many labels", process)
        check([row["AU"] for row in rows_of(own / "aus.csv")] == [*AUS, "mean"], "aus.csv holds every AU and the mean")
        metrics = json.loads((own / "metrics.json").read_text())
        check(len(metrics["icc"]) == 15 and "6 labelled frames" in metrics["training"] and
              metrics["network"] == ("frames" if name == "frames" else "temporal") + ".small.step2",
              "metrics.json holds the same and says what was trained")
    check(labels_of(folder / "scratch") == labels_of(folder / "pretrained") == labels_of(folder / "frames"),
          "the same seed draws the same labels")
    check(not same_weights(folder / "scratch", folder / "pretrained", "last.safetensors"), "pre-trained weights are begun with")
    process = run("train_au_video", *data, "--seed", 2, "--output", folder / "other")
    check(process.returncode == 0 and labels_of(folder / "other") != labels_of(folder / "scratch"), "another seed draws others",
          process)
    process = run("train_au_video", *data[:-2], "--labelled", folder / "scratch" / "labelled.csv", "--output", folder / "listed")
    check(process.returncode == 0 and labels_of(folder / "listed") == labels_of(folder / "scratch") and
          same_weights(folder / "listed", folder / "scratch", "last.safetensors"),
          "labelled frames that are listed train to the same bits as those that were drawn", process)
    longer = ["--epochs", 4, *some]
    process = run("train_au_video", *longer, "--output", folder / "long" / "unbroken")
    check(process.returncode == 0, "train_au_video trains for some epochs", process)
    stop_and_resume("train_au_video", folder / "long", longer)


def efficiency(folder, videos, pretrained):
    """Two shares of the labels in each of three ways; the same command again repeats nothing."""
    command = ["--folder", videos, "--validation-share", 0.34, "--test-share", 0.34, *TRAIN, "--epochs", 1, "--weights", pretrained,
               "--shares", 1, 0.1, "--output", folder]
    process = run("label_efficiency", *command)
    rows = rows_of(folder / "results.csv")
    check(process.returncode == 0 and [(row["way"], row["share"]) for row in rows] == [
        (way, share) for share in ("1", "0.1") for way in ("pretrained", "without", "frames")],
          "label_efficiency trains on each share in each way", process)
    check((folder / "efficiency.png").exists() and "| 10 % | 100 % |" in (folder / "results.md").read_text(),
          "and leaves a picture and a table, shares in order")
    metrics = json.loads((folder / "without_10_seed1" / "metrics.json").read_text())
    check(f"{metrics['icc']['mean']:.4f}" == rows[4]["icc"], "of what each run came to")
    weights = sorted(folder.glob("*/best.safetensors"))
    before = [file.stat().st_mtime_ns for file in weights]
    process = run("label_efficiency", *command)
    check(process.returncode == 0 and len(weights) == 6 and before == [file.stat().st_mtime_ns for file in weights] and
          rows_of(folder / "results.csv") == rows, "finished runs are not repeated", process)
    process = run("label_efficiency", *command, "--pretrained-rate", 0.5)
    check(process.returncode == 1 and "were made with other options" in process.stderr and rows_of(folder / "results.csv") == rows,
          "nor are those of other options taken for the same", process)
    apart = [*command[:command.index("--weights")], "--shares", 1, "--seeds", 2, "--output", folder / "apart"]
    process = run("label_efficiency", *apart)
    check(process.returncode == 1 and "expected a file for all or for each of 2 seeds, found 0" in process.stderr,
          "weights that are missing are missed", process)
    process = run("label_efficiency", *apart, "--ways", "frames")
    check(process.returncode == 0 and [(row["way"], row["seed"]) for row in rows_of(folder / "apart" / "results.csv")] == [
        ("frames", "1"), ("frames", "2")], "one way alone is trained", process)


def frame_png(video, frame, size):
    """A PNG whose colours depend on video and frame, with a square that moves."""
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = b""
    for y in range(size):
        row = bytearray(value for x in range(size) for value in ((5 * x + 40 * video) % 256, 3 * y % 256, (x * y) % 251))
        if abs(y - size // 2) < 6:
            row[3 * frame:3 * frame + 18] = b"\xff" * 18
        rows += b"\0" + bytes(row)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def write_videos(folder, lengths, labelled=True):
    """Videos as folders of numbered pictures of face crops, each with its labels."""
    for v, frames in enumerate(lengths):
        video = folder / f"video {v}"
        video.mkdir(parents=True)
        for i in range(frames):
            (video / f"frame{i + 1}.png").write_bytes(frame_png(v, i, 40))
        if labelled:
            (video / "labels.csv").write_text("frame," + ",".join(AUS) + "\n" + "".join(
                f"{i + 1}," + ",".join(str((i // 4 + v + k) % 6) for k in range(len(AUS))) + "\n" for i in range(frames)))
    return folder


def folders(folder, videos):
    """Frame sequences in folders with gaps, too short, of several sizes, without labels."""
    shares = ["--validation-share", 0.34]
    pretraining = [*shares, *PRETRAIN, "--epochs", 1, "--output", folder / "pretrained", "--folder"]
    training = [*shares, "--test-share", 0.34, *TRAIN, *LABELS, "--epochs", 1, "--output", folder / "trained", "--folder"]

    # Frames that are missing: no clip of pre-training holds one, a training takes them for what they are.
    for video in videos.iterdir():
        (video / "frame13.png").unlink()
    process = run("pretrain_video", *pretraining, videos)
    check(process.returncode == 0 and "4 videos, 8 clips" in process.stderr and "4 clips with gaps left out" in process.stderr,
          "pre-training leaves out clips with gaps, and says so", process)
    process = run("train_au_video", *training, videos)
    check(process.returncode == 0 and "58 frames of 2 videos" in process.stdout, "training goes past frames that are missing",
          process)

    short = write_videos(folder / "short", [5] * 6)
    refuses("videos that are shorter than a clip", "clips of 5 frames, 2 apart, found 0", "pretrain_video", *pretraining, short)
    single = write_videos(folder / "single", [1] * 6)
    refuses("videos of a single frame", "clips of 5 frames, 2 apart, found 0", "pretrain_video", *pretraining, single)
    check("4 videos are too short for one" in run("pretrain_video", *pretraining, single).stderr, "and counts them")
    process = run("train_au_video", *training, single)
    check(process.returncode == 0 and "1 of 2 frames are labelled" in process.stderr and "2 frames of 2 videos" in process.stdout,
          "train_au_video reads videos of a single frame: what comes before it is missing", process)

    for video in videos.iterdir():
        (video / "frame3.png").write_bytes(frame_png(0, 2, 32))
    refuses("pictures of two sizes in one video", "frame3.png: a picture of 32 x 32; the first of its video, frame1.png, has "
            "40 x 40", "pretrain_video", *pretraining, videos)
    refuses("labels that there are none of", "no video has a labels.csv", "train_au_video", *training,
            write_videos(folder / "unlabelled", [30] * 6, labelled=False))
    refuses("fewer people than parts", "expected people to train on", "train_au_video", *training,
            write_videos(folder / "two", [30] * 2))
    refuses("a folder of pictures", "where one folder of pictures for each video was expected", "pretrain_video", *pretraining,
            FACES)


def video_files(folder):
    """A real video, twice, and a file that is none."""
    files = folder / "files"
    files.mkdir(parents=True)
    for name in ("one.mp4", "two.mp4"):
        shutil.copy(FACES.parent / "videos" / "head-pose-male.mp4", files / name)
    (files / "none.mp4").write_text("no video")
    command = ["--folder", files, "--validation-share", 0.34, *PRETRAIN, "--epochs", 1, "--output", folder / "pretrained"]
    kept = folder / "pretrained" / "faces" / "one.mp4.faces"
    process = run("pretrain_video", *command)
    check(process.returncode == 0 and "none.mp4: not a video that can be decoded" in process.stderr and
          "of 124 frames of 2 videos" in process.stderr, "pretrain_video takes a folder of video files", process)
    before = kept.stat().st_mtime_ns if kept.exists() else 0
    process = run("pretrain_video", *command)
    check(process.returncode == 0 and before == kept.stat().st_mtime_ns, "and cuts out their faces once", process)
    refuses("video files, for they have no labels", "which have no labels", "train_au_video", "--folder", files, *TRAIN, *LABELS,
            "--output", folder / "trained")
    write_videos(files, [2])
    refuses("video files and folders of pictures at once", "holds video files (none.mp4) and folders of pictures (video 0)",
            "pretrain_video", *command)


def data_sets(folder):
    """Published sets as videos: a fold of DISFA, whose other people are held back; sets that will not do."""
    disfa(folder / "disfa")
    of_disfa = ["--dataset", "disfa", "--root", folder / "disfa" / "set", "--landmarks", folder / "disfa" / "openface"]
    command = [*of_disfa, "--blocks", 5, "--phases", 1, "--frame-step", 1, "--batch", 2, "--together", 2, "--epochs", 1, "--output",
               folder / "pretrained"]
    process = run("pretrain_video", *command, "--fold", 2)
    check(process.returncode == 0 and "30 labelled faces of 3 people" in process.stderr and
          "to learn from: 1 videos, 2 clips of 5 frames" in process.stderr, "pretrain_video takes a fold of DISFA", process)
    refuses("DISFA without a fold", "--fold: expected one of the 3 folds of DISFA", "pretrain_video", *command)
    training = [*TRAIN, *LABELS, "--output", folder / "trained"]
    refuses("a set of AUs that no network was compiled for", "no network 'small' of 12 AUs for videos was compiled",
            "train_au_video", *of_disfa, *training, "--fold", 2)
    aff_wild2(folder / "aff")
    refuses("a set of occurrences", "Aff-Wild2 labels occurrences; expected a set of intensities", "train_au_video", "--dataset",
            "aff-wild2", "--root", folder / "aff" / "set", "--landmarks", folder / "aff" / "openface", *training)
    refuses("a folder of videos and a set at once", "--folder", "pretrain_video", *command, "--fold", 2, "--folder", folder)


def bad_input(folder, videos, pretrained):
    data = [*SYNTHETIC, *TRAIN, "--output", folder / "out"]
    read = ["--folder", videos, "--validation-share", 0.34, "--output", folder / "out"]
    for share in ("0", "200%", "-1", "some"):
        refuses(f"a share of {share} labels", f"expected a share as 2% or 0.02, found '{share}'", "train_au_video", *data,
                f"--labels={share}")
    refuses("a model of heatmaps as a pre-trained one", "au14.safetensors: holds a network 'ntinou2020.features64.depth3' for single "
            "pictures; expected one of pretrain_video", "train_au_video", *read, *TRAIN, *LABELS, "--test-share", 0.34,
            "--pretrained", HEATMAP_MODEL)
    damaged = folder / "damaged.safetensors"
    damaged.write_bytes(pretrained.read_bytes()[:-100])
    refuses("pre-trained weights cut short", "damaged.safetensors", "train_au_video", *read, *TRAIN, *LABELS,
            "--test-share", 0.34, "--pretrained", damaged)
    for program in ("pretrain_video", "train_au_video"):
        refuses("an unknown network", "no network 'foo' for videos was compiled; there are\n  small", program, "--output",
                folder / "out", "--net", "foo")
    refuses("more blocks to predict than there are", "--blocks: expected more than the 3", "pretrain_video", *read,
            "--blocks", 3)
    refuses("a clip that is longer than the videos", "expected at least one batch", "pretrain_video", *read, *STEPS,
            "--blocks", 20)


def clip_of_one_picture(folder, frames):
    """A clip that shows one photograph, and a box that finds its face in all frames but the 5th."""
    jpeg = (FACES / "loc_1.jpg").read_bytes()
    width, height = jpeg_size(jpeg)
    folder.mkdir(parents=True)
    write_clip(folder / "clip.avi", jpeg, width, height, frames)
    (folder / "boxes.csv").write_text("frame,left,top,width,height\n" + "".join(
        f"{n},100,120,200,210\n" for n in range(1, frames + 1) if n != 5))
    return folder / "clip.avi", ["--faces", folder / "boxes.csv", "--format", "openface,jsonl"]


def analyse(folder, trained, pretrained):
    clip, faces = clip_of_one_picture(folder / "clip", 12)
    temporal = trained / "scratch" / "best.safetensors"
    command = ["--temporal", temporal, *faces, "--overlay", "--report"]
    whole = folder / "whole"
    process = run("aurum-analyse", *command, "--output", whole, clip)
    check(process.returncode == 0 and "12 frames, 1 faces" in process.stdout, "aurum-analyse --temporal measures a clip", process)
    lines = (whole / "clip.csv").read_text().splitlines()
    check(lines[0].split(", ") == ["frame", "face_id", "timestamp", "confidence", "success"] + [f"{au}_r" for au in AUS] and
          len(lines) == 13, "its columns are OpenFace's")
    check((whole / "clip.overlay.mp4").exists() and "temporal.small.step2" in (whole / "clip.html").read_text(),
          "overlay and report are written")
    process = run("aurum-analyse", *command, "--threads", 1, "--output", folder / "again", clip)
    check(process.returncode == 0 and same_weights(whole, folder / "again", "clip.csv", "clip.measured"),
          "another run gives the same bits", process)

    # One picture again and again: the tracks of odd and even frames see the same, each a frame further every time.
    def values(output):
        objects = [json.loads(line) for line in (output / "clip.jsonl").read_text().splitlines()]
        return [tuple(face["intensities"].values()) for frame in objects for face in frame["faces"]]
    of_frame = dict(zip([1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12], values(whole)))
    check(len(values(whole)) == 11 and of_frame[1] == of_frame[2] and of_frame[3] == of_frame[4] and
          of_frame[1] != of_frame[3], "it remembers, and every second frame is of the same track")
    check(of_frame[7] == of_frame[6] and of_frame[9] == of_frame[8], "a frame without the face is no step in time")
    measured = (whole / "clip.measured").read_bytes()
    for part in (2, 1.2):
        cut = folder / f"cut {part}"
        cut.mkdir()
        (cut / "clip.measured").write_bytes(measured[:int(len(measured) / part)])
        process = run("aurum-analyse", *command, "--resume", "--output", cut, clip)
        check(process.returncode == 0 and "from the beginning" in process.stderr and
              same_weights(whole, cut, "clip.csv", "clip.measured"), "resumed, it begins anew, to the same bits", process)
    process = run("aurum-analyse", *command, "--resume", "--smooth", 0.1, "--output", whole, clip)
    check(process.returncode == 0 and "from the beginning" not in process.stderr and
          (whole / "clip.measured").read_bytes() == measured, "what was measured whole is not measured again", process)

    frames = folder / "frames"
    process = run("aurum-analyse", "--temporal", trained / "frames" / "best.safetensors", *faces, "--output", frames, clip)
    check(process.returncode == 0 and len(set(values(frames))) == 1, "without memory every frame is answered by itself", process)
    pictures = folder / "pictures"
    pictures.mkdir()
    for name in ("a", "b"):
        for end in (".jpg", ".pts"):
            shutil.copy(FACES / f"loc_1{end}", pictures / f"{name}{end}")
    process = run("aurum-analyse", "--temporal", temporal, "--faces", pictures, "--output", folder / "out", pictures)
    tables = [(folder / "out" / "pictures" / f"{name}.csv") for name in ("a", "b")]
    check(process.returncode == 0 and tables[0].read_text() == tables[1].read_text() and "AU12_r" in tables[0].read_text(),
          "each picture is a clip of one frame", process)

    refused = ["--output", folder / "refused", clip]
    for what, words, *arguments in (
            ("a model of heatmaps", "for single pictures; expected one for videos by train_au_video", HEATMAP_MODEL),
            ("a pre-trained network", "which knows no AUs; expected one for videos by train_au_video", pretrained),
            ("what holds no weights", "boxes.csv", folder / "clip" / "boxes.csv"),
            ("weights that are not there", "none.safetensors", folder / "none.safetensors"),
            ("other weights beside it", "--weights", temporal, "--weights", HEATMAP_MODEL),
            ("the mirror", "--mirror", temporal, "--mirror"),
            ("sides", "it gives one number per AU", temporal, "--left-right"),
            ("a GPU", "run on 'cpu', found 'cuda'", temporal, "--backend", "cuda")):
        refuses(f"{what} with --temporal", words, "aurum-analyse", *refused, "--temporal", *arguments)
    refuses("sheets of a network without heatmaps", "--sheets draws a heatmap", "aurum-analyse", "--temporal", temporal,
            "--sheets", "--output", folder / "refused", pictures)
    refuses("a network for videos as one for pictures", "are for aurum-analyse --temporal", "aurum-analyse", *refused,
            "--weights", temporal)
    unknown = folder / "unknown.safetensors"
    unknown.write_bytes(temporal.read_bytes().replace(b"temporal.small.step2", b"temporal.large.step2"))
    refuses("a network for videos that it does not know", "which was not compiled into this program; there are\n  small",
            "aurum-analyse", *refused, "--temporal", unknown)


def main():
    for name in ("pretrain_video", "train_au_video"):
        process = run(name, "--help")
        check(process.returncode == 0 and "--frame-step" in process.stdout, f"{name} --help", process)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        videos = write_videos(folder / "videos", [30] * 6)
        pretrain(folder / "pretrain", videos)
        pretrained = folder / "pretrain" / "unbroken" / "best.safetensors"
        train_on_synthetic_videos(folder / "synthetic")
        train(folder / "train", videos, pretrained)
        efficiency(folder / "efficiency", videos, pretrained)
        (folder / "bad").mkdir()
        bad_input(folder / "bad", videos, pretrained)
        folders(folder / "folders", videos)
        if (PROGRAMS / "aurum-analyse").exists():  # it needs OpenCV
            analyse(folder / "analyse", folder / "train", pretrained)
            video_files(folder / "files")
            data_sets(folder / "sets")
    sys.exit(f"{len(failures)} of the programs' promises are broken" if failures else 0)


if __name__ == "__main__":
    main()
