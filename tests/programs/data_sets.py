"""Data sets in their published layouts, small and drawn up here: looked through, and trained on."""
import json
import os
import shutil
import struct
import subprocess

from harness import FACES, PROGRAMS, check, refuses, run


def aurum_data(folder):
    bp4d(folder / "BP 4D \u00fc")
    labelled_folder(folder / "labelled")
    landmark_folder(folder / "landmarks")
    locked(folder / "locked")


def bp4d(folder):
    """A BP4D of two people, one label and one picture of which are wrong."""
    for person in ("F001", "M002"):
        for au in (6, 10, 12, 14, 17):
            labels = folder / "AUCoding" / "AU_INT" / f"AU{au:02}" / f"{person}_T1_AU{au:02}.csv"
            labels.parent.mkdir(parents=True, exist_ok=True)
            labels.write_text("2440,0\n2441,9\n")
        pictures = folder / "Sequences" / person / "T1"
        pictures.mkdir(parents=True)
        for frame in (2440, 2441):
            shutil.copy(FACES / "loc_0.jpg", pictures / f"{frame}.jpg")
    process = run("aurum-data", "check", folder, "--open", "--csv", folder / "counts.csv")
    check(process.returncode == 0 and "BP4D: 2 people, 2 videos, 4 labelled frames" in process.stdout and
          "nothing is wrong or missing" in process.stdout, "aurum-data check finds a sound BP4D", process)
    check("F001,train,6,0,1" in (folder / "counts.csv").read_text(), "and counts its labels")
    (folder / "Sequences" / "M002" / "T1" / "2441.jpg").write_bytes(b"")
    (folder / "AUCoding" / "AU_INT" / "AU12" / "F001_T1_AU12.csv").write_text("2440,7\n2441,1\n")
    process = run("aurum-data", "check", folder, "--open", "--set", "bp4d")
    check(process.returncode == 1 and "2441.jpg: the file is empty" in process.stdout and
          "F001_T1_AU12.csv: line 1: expected an intensity from 0 to 5, or 9 for no label, found 7" in process.stdout,
          "aurum-data check names what is wrong and ends with 1", process)
    refuses("a data set that it does not know", "expected one of disfa", "aurum-data", "check", folder, "--set", "ck")
    refuses("a folder that is not there", "no such folder", "aurum-data", "check", folder / "none")


def put_faces(folder, *photographs):
    folder.mkdir(parents=True)
    for photograph in photographs:
        for ending in (".jpg", ".pts"):
            shutil.copy(FACES / f"{photograph}{ending}", folder)


def labelled_folder(folder):
    """Pictures with landmarks and a table of labels, one row of which is wrong, one picture lost, landmarks of one beside it."""
    put_faces(folder, "loc_0", "loc_1")
    labels = folder / "labels.csv"
    labels.write_text("file,AU04,AU12,subject\nloc_0.jpg,0,9,A\nloc_1.jpg,2,5,B\n")
    process = run("aurum-data", "check", folder, "--open")
    check(process.returncode == 0 and "labelled folder: 2 people, 2 labelled pictures, intensities of 2 AUs" in process.stdout,
          "aurum-data check finds a sound labelled folder", process)
    labels.write_text(labels.read_text() + "loc_2.jpg,1,1,B\nloc_1.jpg,1,7,B\n")
    lines = (FACES / "loc_0.pts").read_text().splitlines()
    lines[3] = "-9 5"
    (folder / "loc_0.pts").write_text("\n".join(lines))
    process = run("aurum-data", "check", folder, "--open", "--set", "folder")
    check(process.returncode == 1 and "wrong: 3" in process.stdout and "labels.csv: line 4: there is no file" in
          process.stdout and "labels.csv: line 5: AU12: intensity 7" in process.stdout and
          "loc_0.pts: 1 of 68 points lie outside" in process.stdout, "and names what is wrong with one", process)


def landmark_folder(folder):
    """Pictures with landmarks beside them, and no labels."""
    put_faces(folder / "300 W", "loc_0", "loc_1")
    process = run("aurum-data", "check", folder, "--open")
    check(process.returncode == 0 and "2 pictures with landmarks" in process.stdout,
          "aurum-data check finds a sound folder of landmarks", process)
    (folder / "300 W" / "loc_1.pts").rename(folder / "300 W" / "loc_2.pts")
    process = run("aurum-data", "check", folder)
    check(process.returncode == 1 and "loc_1.jpg: has no landmarks beside it" in process.stdout and
          "loc_2.pts: has no picture beside it" in process.stdout, "and names what lies alone", process)


def locked(folder):
    """A folder below that one may not read. Root may everything, so it becomes somebody else."""
    put_faces(folder / "set" / "sealed", "loc_1")
    put_faces(folder / "set" / "open", "loc_1")
    program = shutil.copy(PROGRAMS / "aurum-data", folder)
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o755)
    sealed = folder / "set" / "sealed"
    sealed.chmod(0)
    somebody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    for arguments in ([folder / "set"], [folder / "set", "--set", "landmarks"], [sealed, "--set", "folder"],
                      [sealed / "deeper"]):
        process = subprocess.run([program, "check", *map(str, arguments)], capture_output=True, text=True, check=False,
                                 **somebody)
        check(process.returncode == 2 and f"aurum-data: {sealed}" in process.stderr and
              "cannot be read: Permission denied" in process.stderr,
              f"aurum-data names the folder that it may not read {arguments[1:]}", process)
    sealed.chmod(0o755)


def jpeg_size(jpeg):
    at = jpeg.index(b"\xff\xc0") if b"\xff\xc0" in jpeg else jpeg.index(b"\xff\xc2")
    height, width = struct.unpack(">HH", jpeg[at + 5:at + 9])
    return width, height


def write_clip(file, jpeg, width, height, frames):
    """An AVI of Motion JPEG that shows one picture."""
    def chunk(name, content):
        return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)

    def group(name, kind, content):
        return chunk(name, kind + content)

    main_header = struct.pack("<14I", 40000, 0, 0, 0x10, frames, 0, 1, len(jpeg), width, height, 0, 0, 0, 0)
    stream = struct.pack("<4s4sIHHIIIIIIIIHHHH", b"vids", b"MJPG", 0, 0, 0, 0, 1, 25, 0, frames, len(jpeg), 10000, 0, 0, 0,
                         width, height)
    picture = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)
    headers = chunk(b"avih", main_header) + group(b"LIST", b"strl", chunk(b"strh", stream) + chunk(b"strf", picture))
    one = chunk(b"00dc", jpeg)
    index = b"".join(struct.pack("<4sIII", b"00dc", 0x10, 4 + i * len(one), len(jpeg)) for i in range(frames))
    file.write_bytes(group(b"RIFF", b"AVI ", group(b"LIST", b"hdrl", headers) + group(b"LIST", b"movi", one * frames) +
                           chunk(b"idx1", index)))


def write_openface(file, photograph, frames):
    """What OpenFace would find in a video that shows one photograph."""
    points = [line.split() for line in (FACES / f"{photograph}.pts").read_text().splitlines()[3:71]]
    header = ["frame", "success"] + [f"{axis}_{k}" for axis in "xy" for k in range(68)]
    cells = [f"{float(point[axis]) - 1:.1f}" for axis in (0, 1) for point in points]
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join([", ".join(header)] + [", ".join([str(i), "1", *cells]) for i in range(1, frames + 1)]) + "\n")


def disfa(folder):
    """A DISFA of three people, one for each fold, with the landmarks that OpenFace would find."""
    frames = 10
    for subject, photograph in (("SN001", "loc_0"), ("SN006", "loc_1"), ("SN003", "loc_4")):
        labels = folder / "set" / "ActionUnit_Labels" / subject
        labels.mkdir(parents=True)
        for au in (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26):
            (labels / f"{subject}_au{au}.txt").write_text("".join(f"{i},{(i + au) % 6}\n" for i in range(1, frames + 1)))
        jpeg = (FACES / f"{photograph}.jpg").read_bytes()
        width, height = jpeg_size(jpeg)
        (folder / "set" / "Videos_LeftCamera").mkdir(exist_ok=True)
        name = f"LeftVideo{subject}_comp"
        write_clip(folder / "set" / "Videos_LeftCamera" / f"{name}.avi", jpeg, width, height, frames)
        write_openface(folder / "openface" / f"{name}.csv", photograph, frames)


def check_disfa(folder):
    """Videos are looked into: those that end before their labels do, and landmarks outside of them."""
    command = ["check", folder / "set", "--open"]
    process = run("aurum-data", *command)
    check("labels without a frame" not in process.stdout and "cut off" not in process.stdout,
          "aurum-data check finds a frame for every label of DISFA", process)
    process = run("aurum-data", *command, "--frame-offset", -2)
    check(process.returncode == 1 and process.stdout.count("labels without a frame: 2; they are of frames 1 to 10, and "
          "the video has 10, the first one called 3") == 3, "and names labels that have none", process)
    check(process.stdout.count("frames without a label: 0 before the first label, 2 after the last") == 3,
          "and frames that have no label", process)
    video = folder / "set" / "Videos_LeftCamera" / "LeftVideoSN003_comp.avi"
    whole = video.read_bytes()
    video.write_bytes(whole[:len(whole) * 2 // 3])
    process = run("aurum-data", *command)
    check(process.returncode == 1 and "LeftVideoSN003_comp.avi: ends after" in process.stdout,
          "and a video that was cut off", process)
    video.write_bytes(whole)


def training_on_disfa(folder):
    return ["--dataset", "disfa", "--root", folder / "set", "--landmarks", folder / "openface", "--epochs", 1,
            "--batch", 4, "--balance", "--output", folder / "run"]


def train_on_disfa(folder):
    command = training_on_disfa(folder)
    process = run("train_au", *command)
    check(process.returncode == 0 and "all folds together, 30 images" in process.stdout, "train_au trains on DISFA", process)
    check("30 labelled faces of 3 people; left out: 0 frames without landmarks, 0 without a picture" in process.stderr,
          "every labelled frame of its videos becomes a face", process)
    for fold in (1, 2, 3):
        check((folder / "run" / f"fold {fold}" / "best.safetensors").exists(), f"fold {fold} leaves its weights")
    summary = json.loads((folder / "run" / "metrics.json").read_text())
    check("a model for each of 3 folds" in summary["training"] and len(summary["mse"]) == 13,
          "one table is over the answers of all folds")
    check((folder / "run" / "fold 1" / "samples.png").exists() and
          len(list((folder / "run" / "faces").glob("*.faces"))) == 3, "its faces are kept, a file a video")
    times = [file.stat().st_mtime_ns for file in sorted((folder / "run" / "faces").glob("*.faces"))]
    process = run("train_au", *command, "--fold", 2, "--every", 1)
    check(process.returncode == 0 and "all folds" not in process.stdout, "one fold can be trained alone", process)
    check([file.stat().st_mtime_ns for file in sorted((folder / "run" / "faces").glob("*.faces"))] == times,
          "faces are not cut out twice")
    process = run("train_au", *command, "--resume")
    check(process.returncode == 0 and "all folds together, 30 images" in process.stdout, "finished folds are not repeated",
          process)
    refuses("to resume on other faces", "frame offset", "train_au", *command, "--resume", "--frame-offset", -1)
    refuses("a set without landmarks", "expected a folder of OpenFace's CSV files after --landmarks", "train_au", "--dataset",
            "disfa", "--root", folder / "set", "--output", folder / "none")


def damage_disfa(folder):
    command = training_on_disfa(folder)
    label = folder / "set" / "ActionUnit_Labels" / "SN001" / "SN001_au4.txt"
    label.write_text("1,2\n")
    refuses("a data set that it was not compiled for", "Add its type to AURUM_EXAMPLE_NETWORKS", "train_au", *command,
            "--size", 32)
    label.write_text("1,7\n")
    refuses("a data set with a wrong label", "SN001_au4.txt: line 1", "train_au", *command)


def aff_wild2(folder):
    """An Aff-Wild2 of four videos to train on, two to test on, with a person of the former in one, and one without a part.

    A present AU is where a photograph has it: faces that look alike have the same labels.
    """
    frames = 8
    photographs = ("loc_0", "loc_1", "loc_2", "loc_4")
    videos = [("Train_Set", "a", 0), ("Train_Set", "b", 1), ("Train_Set", "c", 2), ("Train_Set", "d_right", 3),
              ("Validation_Set", "d_left", 3), ("Validation_Set", "e", 0), ("Test_Set", "f", 1)]
    for part, video, k in videos:
        labels = folder / "set" / "AU_Set" / part / f"{video}.txt"
        labels.parent.mkdir(parents=True, exist_ok=True)
        row = [str((k + au) % 2) for au in range(12)]
        unknown = ["-1", *row[1:]]
        labels.write_text("AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26\n" +
                          "".join(",".join(row if i else unknown) + "\n" for i in range(frames)))
        pictures = folder / "set" / "cropped" / video
        pictures.mkdir(parents=True)
        for i in range(1, frames + 1):
            shutil.copy(FACES / f"{photographs[k]}.jpg", pictures / f"{i:05}.jpg")
        write_openface(folder / "openface" / f"{video}.csv", photographs[k], frames)


def train_on_aff_wild2(folder):
    command = ["--dataset", "aff-wild2", "--root", folder / "set", "--landmarks", folder / "openface", "--output",
               folder / "run"]
    process = run("train_au", *command, "--epochs", 2, "--batch", 4, "--balance", "--calibrate")
    check(process.returncode == 0 and "AU23" in process.stdout and "mean F1" in process.stderr,
          "train_au learns occurrences, and chooses the epoch by F1", process)
    check("2 videos left out" in process.stderr and "of 5 people" in process.stderr,
          "nobody is in two parts, and the part without labels in none", process)
    summary = json.loads((folder / "run" / "metrics.json").read_text())
    check(len(summary["f1"]) == 13 and 0 <= summary["f1"]["mean"] <= 1 and "icc" not in summary,
          "metrics.json holds F1 in the place of ICC")
    check({"precision", "recall", "accuracy", "f1_as_trained"} <= summary.keys() and "occurrences" in summary["data"],
          "and what goes with it")
    check((folder / "run" / "aus.csv").read_text().startswith("AU,F1,precision,recall,accuracy,F1 as trained") and
          (folder / "run" / "intervals.csv").read_text().startswith("AU,F1 low,F1 high"), "so do the tables")
    refuses("a rival of occurrences", "labels occurrences", "train_au", *command, "--rival")


def train_on_bp4d_occurrence(folder):
    """A BP4D of two people to train on and one to test on, whose tables have an AU that has no place in the face."""
    for person, photograph in (("F001", "loc_0"), ("M003", "loc_1"), ("F002", "loc_4")):
        labels = folder / "set" / "AUCoding" / "AU_OCC" / f"{person}_T1.csv"
        labels.parent.mkdir(parents=True, exist_ok=True)
        labels.write_text("0,1,2,4,6,7,10,11,12,14,15,17,23,24\n" +
                          "".join(f"{frame},1,0,1,0,1,0,1,9,1,0,1,0,1\n" for frame in range(1, 5)))
        pictures = folder / "set" / "Sequences" / person / "T1"
        pictures.mkdir(parents=True)
        for frame in range(1, 5):
            shutil.copy(FACES / f"{photograph}.jpg", pictures / f"{frame}.jpg")
        write_openface(folder / "openface" / f"{person}_T1.csv", photograph, 4)
    process = run("train_au", "--dataset", "bp4d-occurrence", "--root", folder / "set", "--landmarks", folder / "openface",
                  "--epochs", 1, "--batch", 4, "--output", folder / "run")
    check(process.returncode == 0 and "no table says where they show: AU11" in process.stderr and "AU24" in process.stdout,
          "an AU that has no place is left out, and named", process)
