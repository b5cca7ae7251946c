"""aurum-analyse from the outside: everything that it writes, going on after an interruption, bad input."""
import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess

from analyse_pictures import AUS, of_pictures, rows_of
from data_sets import jpeg_size, write_clip
from harness import FACES, PROGRAMS, check, refuses, run


def clip_with_boxes(folder, frames):
    """A clip that shows one photograph, and boxes that find a first face in frames 1 to 5 and from 9 on, a second one
    from 9 on, nobody in 6 to 8."""
    jpeg = (FACES / "loc_1.jpg").read_bytes()
    width, height = jpeg_size(jpeg)
    folder.mkdir(parents=True)
    clip = folder / "a clip, 100%.avi"
    write_clip(clip, jpeg, width, height, frames)
    boxes = ["frame,left,top,width,height"]
    for frame in range(1, frames + 1):
        if frame <= 5 or frame >= 9:
            boxes.append(f"{frame},{100 + frame},{120},{200},{210}")
        if frame >= 9:
            boxes.append(f"{frame},{width // 2},{height // 2},90,90")
    (folder / "boxes").mkdir()
    (folder / "boxes" / "a clip, 100%.csv").write_text("\n".join(boxes))
    return clip


def video(folder, weights):
    clip = clip_with_boxes(folder / "räume und zeiten", 20)
    output = folder / "out"
    command = ["--weights", weights, "--faces", clip.parent / "boxes", "--format", "openface,jsonl", "--overlay", "--report"]
    process = run("aurum-analyse", *command, "--output", output, clip)
    check(process.returncode == 0 and "20 frames, 2 faces" in process.stdout and "frames a second" in process.stdout,
          "aurum-analyse measures a clip", process)
    header, rows = rows_of(output / f"{clip.stem}.csv")
    check(header == ["frame", "face_id", "timestamp", "confidence", "success"] + [f"{au}_r" for au in AUS],
          "its columns are OpenFace's", process)
    check([row["frame"] for row in rows if row["success"] == "0"] == ["6", "7", "8"] and len(rows) == 5 + 3 + 2 * 12,
          "frames without a face are rows without success")
    check([row["face_id"] for row in rows if row["frame"] == "20"] == ["0", "1"] and rows[0]["timestamp"] == "0.000" and
          rows[4]["timestamp"] == "0.160", "identities and times are right")
    lines = [json.loads(line) for line in (output / f"{clip.stem}.jsonl").read_text().splitlines()]
    check(len(lines) == 20 and [len(line["faces"]) for line in lines] == [1] * 5 + [0] * 3 + [2] * 12 and
          abs(lines[4]["faces"][0]["intensities"]["AU12"] - float(rows[4]["AU12_r"])) < 0.006,
          "a JSON object for each frame says the same")
    page = (output / f"{clip.stem}.html").read_text()
    check("<h2>Face 1</h2>" in page and page.count("<svg") == 28 and "seen in 17 of 20" in page,
          "the report has a curve for each AU of each face")
    process = run("aurum-analyse", "--weights", weights, "--faces", clip.parent / "boxes" / f"{clip.stem}.csv",
                  "--output", folder / "again", output / f"{clip.stem}.overlay.mp4")
    check(process.returncode == 0 and "20 frames" in process.stdout, "the overlay is a video of as many frames", process)

    sided = folder / "sided"
    process = run("aurum-analyse", "--weights", weights, "--faces", clip.parent / "boxes", "--left-right", "--format",
                  "openface,jsonl", "--output", sided, clip)
    columns, both = rows_of(sided / f"{clip.stem}.csv")
    check(process.returncode == 0 and "expect both alike" in process.stderr and columns[:len(header)] == header and
          columns[len(header):][:2] == ["AU01_left", "AU01_right"] and "AU25_left" not in columns and
          all(max(float(row["AU12_left"]), float(row["AU12_right"])) == float(row["AU12_r"]) for row in both),
          "the sides of AUs stand behind OpenFace's columns", process)
    check(set(json.loads((sided / f"{clip.stem}.jsonl").read_text().splitlines()[0])["faces"][0]["left"]) ==
          {"AU01", "AU02", "AU04", "AU05", "AU06", "AU09", "AU10", "AU12", "AU14", "AU15", "AU20"}, "and in the JSON lines")

    # A run that was killed in the middle of a record goes on and gives the same files; a report also tells of its run.
    def told(report):
        return re.sub(r"<dt>(speed|command)</dt><dd>.*?</dd>", "", report.read_text())
    measured = (output / f"{clip.stem}.measured").read_bytes()
    for part in (3, 2, 1.01):
        cut = folder / f"cut {part}"
        cut.mkdir()
        (cut / f"{clip.stem}.measured").write_bytes(measured[:int(len(measured) / part)])
        process = run("aurum-analyse", *command, "--resume", "--output", cut, clip)
        check(process.returncode == 0 and all((cut / f"{clip.stem}{end}").read_bytes() == (output / f"{clip.stem}{end}").read_bytes()
                                              for end in (".csv", ".jsonl", ".measured")) and
              told(cut / f"{clip.stem}.html") == told(output / f"{clip.stem}.html"), "it goes on to the same bits", process)
    process = run("aurum-analyse", *command, "--resume", "--smooth", 0.1, "--baseline", "--output", output, clip)
    _, smooth = rows_of(output / f"{clip.stem}.csv")
    check(process.returncode == 0 and "20 frames, 2 faces\n" in process.stdout and smooth != rows,
          "other refinements measure nothing again", process)
    refuses("measurements of another kind", "searched each: expected 1, found 7", "aurum-analyse", *command, "--resume",
            "--output", other_interval(folder, output / f"{clip.stem}.measured", clip), clip)


def detected(folder, weights):
    """With a detector and frames between those that it searches, a cut run goes on to the same bits too."""
    clip = clip_with_boxes(folder, 23)
    command = ["--weights", weights, "--search-each", 5, "--smallest", 0.25]
    process = run("aurum-analyse", *command, "--output", folder / "whole", clip)
    measured = (folder / "whole" / f"{clip.stem}.measured").read_bytes()
    check(process.returncode == 0 and "23 frames, 1 faces" in process.stdout, "a detector finds the face of a clip", process)
    for part in (5, 2):
        cut = folder / f"cut {part}"
        cut.mkdir()
        (cut / f"{clip.stem}.measured").write_bytes(measured[:len(measured) // part])
        process = run("aurum-analyse", *command, "--resume", "--output", cut, clip)
        check(process.returncode == 0 and (cut / f"{clip.stem}.measured").read_bytes() == measured and
              (cut / f"{clip.stem}.csv").read_bytes() == (folder / "whole" / f"{clip.stem}.csv").read_bytes(),
              "with a detector it goes on to the same bits", process)
    begun = folder / "begun"
    begun.mkdir()
    (begun / f"{clip.stem}.measured").write_bytes(measured[:9])
    process = run("aurum-analyse", *command, "--resume", "--output", begun, clip)
    check(process.returncode == 0 and (begun / f"{clip.stem}.measured").read_bytes() == measured,
          "a run that was killed at its very start begins anew", process)


def other_interval(folder, measured, clip):
    """Measurements that say that they were made in another way: 'searched each' is a small number, one byte in CBOR."""
    content = measured.read_bytes()
    key = b"searched each"
    at = content.index(key) + len(key)
    (folder / "other").mkdir()
    (folder / "other" / f"{clip.stem}.measured").write_bytes(content[:at] + b"\x07" + content[at + 1:])
    return folder / "other"


def interrupted(folder, weights):
    """Stopped by a signal, whenever that comes, a run goes on to the file of one that was not."""
    clip = clip_with_boxes(folder, 400)
    command = ["--weights", weights, "--faces", folder / "boxes", "--threads", 1]
    whole = run("aurum-analyse", *command, "--output", folder / "whole", clip)
    with subprocess.Popen([PROGRAMS / "aurum-analyse", *map(str, command), "--output", folder / "part", clip],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not (folder / "part" / f"{clip.stem}.measured").exists():
            pass
        process.send_signal(signal.SIGINT)
        message = process.communicate()[1]
    check(process.returncode == 130 and "go on with" in message, "it stops when told to")
    process = run("aurum-analyse", *command, "--resume", "--output", folder / "part", clip)
    check(whole.returncode == 0 and process.returncode == 0 and (folder / "whole" / f"{clip.stem}.csv").read_bytes() ==
          (folder / "part" / f"{clip.stem}.csv").read_bytes(), "and goes on to the same file", process)


def real_clip(folder):
    """A clip of one man who turns his head: a row for every frame, one identity."""
    clip = FACES.parent / "videos" / "head-pose-male.mp4"
    process = run("aurum-analyse", "--output", folder, clip)
    rows = rows_of(folder / f"{clip.stem}.csv")[1]
    check(process.returncode == 0 and len(rows) == 62 and {row["face_id"] for row in rows} == {"0"} and
          all(row["success"] == "1" for row in rows), "every frame of a real clip has a row, all of one person", process)


def unknown_network(folder, weights):
    """Weights of a network that was not compiled: the message says which there are."""
    content = weights.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = content[8:8 + size].replace(b"ntinou2020", b"atlantis99")
    (folder / "atlantis.safetensors").write_bytes(content[:8] + header + content[8 + size:])
    refuses("a network that it does not know", "which was not compiled into this program; there are\n  ", "aurum-analyse",
            "--weights", folder / "atlantis.safetensors", "--output", folder, FACES / "loc_1.jpg")


def unreadable(folder, weights):
    """What one may not read or write. Root may everything, so it becomes somebody else."""
    locked, sealed, output = (folder / name for name in ("locked", "sealed", "out"))
    for new in (folder, locked, sealed, output):
        new.mkdir()
    program, weights = (shutil.copy(file, folder) for file in (PROGRAMS / "aurum-analyse", weights))
    for place in (folder, locked):
        shutil.copy(FACES / "loc_1.jpg", place)
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o755)
    for place, mode in ((locked, 0), (sealed, 0o555), (output, 0o777)):
        place.chmod(mode)
    picture = folder / "loc_1.jpg"
    somebody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    for what, to, *arguments in (("a folder", output, locked), ("a picture in a folder", output, locked / "loc_1.jpg"),
                                 ("a folder of annotations", output, "--faces", locked, picture),
                                 ("an output folder", sealed / "deeper", picture)):
        command = [program, "--weights", weights, "--output", to, *arguments]
        process = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **somebody)
        check(0 < process.returncode < 128 and "ermission denied" in process.stderr and
              ("sealed" if to != output else "locked") in process.stderr,
              f"aurum-analyse names {what} that it may not use", process)
    check(list(output.glob("*.csv")) == [], "and writes no table of it")
    locked.chmod(0o755)
    sealed.chmod(0o755)


def bad_input(folder, weights, landmark_weights):
    def analyse_refuses(what, words, *arguments, with_weights=weights):
        refuses(what, words, "aurum-analyse", "--weights", with_weights, "--output", folder / "out", *arguments)

    clip = clip_with_boxes(folder / "clips", 30)
    empty, text, nothing = folder / "empty.mp4", folder / "text.mp4", folder / "nothing"
    empty.write_bytes(b"")
    text.write_text("this is no video")
    nothing.mkdir()
    analyse_refuses("a video that is not there", "none.mp4: no such file", folder / "none.mp4")
    analyse_refuses("an empty video", "empty.mp4: the file is empty", empty)
    analyse_refuses("what is no video", "text.mp4: not a video that can be decoded", text)
    analyse_refuses("a folder with nothing in it", "no .jpg, .jpeg or .png files and no videos", nothing)
    analyse_refuses("a camera that is not there", "camera 77: there is no such camera", "--camera", 77)
    analyse_refuses("no input", "found none")
    analyse_refuses("a camera beside a clip", "expected no paths beside it", "--camera", 0, clip)
    analyse_refuses("one list for two clips", "one file tells the faces of one source", "--faces",
                    folder / "clips" / "boxes" / f"{clip.stem}.csv", clip, clip)
    analyse_refuses("landmark weights as AU weights", "landmark", clip, with_weights=landmark_weights)
    analyse_refuses("weights that are none", "text.mp4", clip, with_weights=text)
    analyse_refuses("faces of another clip", "a clip, 100%.csv: no such file", "--faces", nothing, clip)
    wrong = folder / "wrong.csv"
    wrong.write_text("frame,left,top,width,height\n1,2,3,4,x\n")
    analyse_refuses("boxes that are none", "wrong.csv: line 2: height: 'x' is not a number", "--faces", wrong, clip)
    (folder / "cascade.xml").write_text("<x/>")
    analyse_refuses("a cascade that is none", "expected a cascade of OpenCV", "--detector", "haar", "--cascade",
                    folder / "cascade.xml", clip)

    # A video that was cut off: what is there is measured and written, and the exit code tells.
    cut = folder / "clips" / "cut.avi"
    cut.write_bytes(clip.read_bytes()[:len(clip.read_bytes()) * 2 // 3])
    shutil.copy(folder / "clips" / "boxes" / f"{clip.stem}.csv", folder / "clips" / "boxes" / "cut.csv")
    process = run("aurum-analyse", "--weights", weights, "--faces", folder / "clips" / "boxes", "--output", folder / "cut", cut)
    check(process.returncode == 1 and "of 30 frames: it was cut off or is damaged" in process.stderr and
          5 < len(rows_of(folder / "cut" / "cut.csv")[1]) < 50, "a video that was cut off is measured as far as it goes", process)

    # A disk that is full: a limit to the size of files fails in the same way, where no small disk can be made.
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
    full = folder / "full"
    command = [PROGRAMS / "aurum-analyse", "--weights", weights, "--faces", folder / "clips" / "boxes", "--output", full, clip]
    process = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, preexec_fn=limit)
    check(process.returncode == 1 and "cannot be written" in process.stderr and not (full / f"{clip.stem}.csv").exists(),
          "a full disk is told, and no table is half there", process)
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", disk], capture_output=True, check=False).returncode == 0:
        process = run("aurum-analyse", "--weights", weights, "--faces", folder / "clips" / "boxes", "--output", disk, clip)
        left = [file.name for file in disk.iterdir()]
        subprocess.run(["umount", disk], check=True)
        check(process.returncode == 1 and "cannot be written" in process.stderr and f"{clip.stem}.csv" not in left,
              "so is a small disk that fills up", process)
    else:
        print("left out: a small disk that fills up, which one may not mount here")
    process = run("aurum-analyse", *command[1:], "--resume")
    check(process.returncode == 0 and len(rows_of(full / f"{clip.stem}.csv")[1]) == 5 + 3 + 2 * 22,
          "with room again it goes on", process)


def model_in_the_box(folder):
    """Without --weights: a smile is one, and the mouth of a closed-mouth photograph is not open."""
    process = run("aurum-analyse", "--faces", FACES, "--mirror", "--format", "jsonl", "--output", folder, FACES)
    lines = [json.loads(line) for line in (folder / "faces.jsonl").read_text().splitlines()]
    smile = next(line for line in lines if line["file"].endswith("loc_1.jpg"))["faces"][0]["intensities"]
    check(process.returncode == 0 and len(lines) == 4 and smile["AU12"] > 1.5 and smile["AU12"] > smile["AU15"] + 1,
          f"the model in the box sees the smile of a photograph: {smile}", process)


def analyse(folder, weights, landmark_weights):
    model_in_the_box(folder / "box")
    video(folder / "video", weights)
    detected(folder / "detected", weights)
    interrupted(folder / "interrupted", weights)
    real_clip(folder / "clip")
    unknown_network(folder, weights)
    of_pictures(folder, weights, landmark_weights)
    unreadable(folder / "unreadable", weights)
    bad_input(folder / "refused", weights, landmark_weights)
