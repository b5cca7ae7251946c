"""The papers' protocols on data sets as they ship: DISFA with its own landmarks, FERA 2017, BP4D's intensities."""
import json
import shutil
import struct

from data_sets import jpeg_size, write_clip, write_openface
from harness import FACES, check, refuses, run


def mat5(name, rows):
    """A MATLAB 5 file of one matrix of doubles."""
    def element(kind, content):
        return struct.pack("<II", kind, len(content)) + content + b"\0" * (-len(content) % 8)

    columns = list(zip(*rows))
    matrix = (element(6, struct.pack("<II", 6, 0)) + element(5, struct.pack("<ii", len(rows), len(columns))) +
              element(1, name.encode()) +
              element(9, struct.pack(f"<{len(rows) * len(columns)}d", *(value for column in columns for value in column))))
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<HH", 0x0100, 0x4D49) + element(14, matrix)


def points_of(photograph):
    return [tuple(map(float, line.split())) for line in (FACES / f"{photograph}.pts").read_text().splitlines()[3:71]]


def disfa_as_shipped(folder, landmark_weights):
    """Labels, videos, and 66 landmarks a frame without the inner corners of the mouth; what the paper does with them."""
    frames = 6
    for subject, photograph in (("SN001", "loc_0"), ("SN006", "loc_1"), ("SN003", "loc_4")):
        labels = folder / "set" / "ActionUnit_Labels" / subject
        landmarks = folder / "set" / "Landmark_Points" / subject / "tmp_frame_lm"
        for place in (labels, landmarks):
            place.mkdir(parents=True)
        for au in (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26):
            (labels / f"{subject}_au{au}.txt").write_text("".join(f"{i},{(i + au) % 6}\n" for i in range(1, frames + 1)))
        points = [point for k, point in enumerate(points_of(photograph)) if k not in (60, 64)]
        for frame in range(frames):
            (landmarks / f"{subject}_{frame:04}_lm.mat").write_bytes(mat5("pts", points))
        jpeg = (FACES / f"{photograph}.jpg").read_bytes()
        (folder / "set" / "Videos_LeftCamera").mkdir(exist_ok=True)
        write_clip(folder / "set" / "Videos_LeftCamera" / f"LeftVideo{subject}_comp.avi", jpeg, *jpeg_size(jpeg), frames)
    process = run("train_au", "--dataset", "disfa", "--root", folder / "set", "--method", "adaptation", "--fan",
                  landmark_weights, "--fold", 1, "--size", 64, "--epochs", 1, "--batch", 4, "--output", folder / "run")
    check(process.returncode == 0 and "18 labelled faces of 3 people; left out: 0 frames without landmarks" in process.stderr,
          "train_au adapts a network of landmarks to DISFA, by the landmarks that it ships", process)
    training = json.loads((folder / "run" / "fold 1" / "metrics.json").read_text())["training"]
    check("method adaptation" in training, "and says so", process)


def intensities_of_others(folder, weights):
    """Weights are measured on the AUs that both have, on the people who are kept for it."""
    fera = folder / "fera"
    for part, person, photograph in (("TR", "F001", "loc_0"), ("VA", "rF001", "loc_1"), ("VA", "rM002", "loc_4")):
        fera.mkdir(parents=True, exist_ok=True)
        for au in (1, 4, 6, 10, 12, 14, 17):
            (fera / f"FERA17_{part}_{person}_T1_AU{au:02}_Int.csv").write_text(
                "".join(f"{frame},{(frame * au) % 6}\n" for frame in range(1, 5)) + "5,9\n")
        jpeg = (FACES / f"{photograph}.jpg").read_bytes()
        name = f"FERA17_{part}_{person}_T1_6"
        write_clip(fera / f"{name}.mp4", jpeg, *jpeg_size(jpeg), 5)
        write_openface(folder / "fera points" / f"{name}.csv", photograph, 5)
    command = ["evaluate", "--weights", weights, "--dataset", "fera2017", "--root", fera, "--landmarks",
               folder / "fera points", "--output"]
    process = run(*command, folder / "fera out")
    check(process.returncode == 0 and "8 images of 2 people" in process.stdout and "RMSE" in process.stdout,
          "evaluate measures FERA 2017's validation part", process)

    bp4d = folder / "bp4d"
    for person, photograph in (("F001", "loc_0"), ("F002", "loc_1"), ("M002", "loc_4")):
        for au in (6, 10, 12, 14, 17):
            labels = bp4d / "AUCoding" / "AU_INT" / f"AU{au:02}" / f"{person}_T1_AU{au:02}.csv"
            labels.parent.mkdir(parents=True, exist_ok=True)
            labels.write_text("".join(f"{frame},{(frame + au) % 6}\n" for frame in range(1, 5)))
        pictures = bp4d / "Sequences" / person / "T1"
        pictures.mkdir(parents=True)
        for frame in range(1, 5):
            shutil.copy(FACES / f"{photograph}.jpg", pictures / f"{frame}.jpg")
        write_openface(folder / "bp4d points" / f"{person}_T1.csv", photograph, 4)
    process = run("evaluate", "--weights", weights, "--dataset", "bp4d", "--root", bp4d, "--landmarks",
                  folder / "bp4d points", "--output", folder / "bp4d out")
    check(process.returncode == 0 and "8 images of 2 people" in process.stdout, "and BP4D's even people", process)
    measured = json.loads((folder / "bp4d out" / "metrics.json").read_text())["mse"]
    check(list(measured) == ["AU06", "AU10", "AU12", "AU14", "AU17", "mean"], "on the five AUs with intensities")
    refuses("a set in which nothing is labelled for it", "no labels", *command[:4], "bp4d-occurrence", *command[5:6], bp4d,
            *command[7:], folder / "none")
