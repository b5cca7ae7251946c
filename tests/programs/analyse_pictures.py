"""aurum-analyse of pictures from the outside: their tables, files that tell where faces are, kinds of pictures."""
import json
import re
import shutil
import struct
import zlib

from data_sets import jpeg_size
from harness import FACES, check, refuses, run

AUS = ["AU01", "AU02", "AU04", "AU05", "AU06", "AU09", "AU10", "AU12", "AU14", "AU15", "AU17", "AU20", "AU25", "AU26"]


def rows_of(file):
    lines = file.read_text().splitlines()
    return lines[0].split(", "), [dict(zip(lines[0].split(", "), line.split(", "))) for line in lines[1:]]


def png(width, height, kind=2, depth=8):
    """A black PNG: kind 0 grey, 2 RGB, 6 RGBA."""
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    row = b"\0" + b"\0" * (width * {0: 1, 2: 3, 6: 4}[kind] * depth // 8)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(row * height, 1)) + chunk(b"IEND", b""))


def pictures(folder, weights, landmark_weights):
    folder.mkdir()
    for name in ("loc_0", "loc_1"):
        for end in ("jpg", "pts"):
            shutil.copy(FACES / f"{name}.{end}", folder)
    for name, content in (("tiny", png(1, 1)), ("large", png(7680, 4320, 0)), ("deep", png(40, 30, 2, 16)),
                          ("clear", png(40, 30, 6)), ("broken", b"\x89PNG\r\n\x1a\nno more")):
        (folder / f"{name}.png").write_bytes(content)
    output = folder / "out"
    process = run("aurum-analyse", "--weights", weights, "--landmark-weights", landmark_weights, "--output", output, "--overlay",
                  "--report", "--format", "openface,jsonl", folder)
    check(process.returncode == 1 and "broken.png" in process.stderr and "7 frames" in process.stdout,
          "a folder of pictures is measured but for the one that cannot be read", process)
    header, rows = rows_of(output / "pictures" / "loc_1.csv")
    check(header == ["face", "confidence"] + [f"{axis}_{k}" for axis in "xy" for k in range(68)] + [f"{au}_r" for au in AUS] and
          len(rows) == 1 and 0.5 < float(rows[0]["confidence"]) <= 1, "a picture's file has OpenFace's columns", process)
    check(rows_of(output / "pictures" / "tiny.csv")[1] == [], "a picture without a face has no row")
    lines = [json.loads(line) for line in (output / f"{folder.name}.jsonl").read_text().splitlines()]
    check(len(lines) == 7 and sum("fault" in line for line in lines) == 1 and all("file" in line for line in lines),
          "a JSON object for each picture")
    check((output / "pictures" / "loc_1.overlay.jpg").exists() and "broken.png" in (output / f"{folder.name}.html").read_text(),
          "overlays and a report of pictures")
    # Landmarks from OpenFace's files of videos give the same crops as .pts files.
    points = [line.split() for line in (folder / "loc_1.pts").read_text().splitlines()[3:71]]
    cells = [f"{float(point[axis]) - 1:.3f}" for axis in (0, 1) for point in points]
    listed = folder / "openface.csv"
    listed.write_text(", ".join(header[:1] + ["frame", "success"] + header[2:138]) + "\n" + ", ".join(["0", "1", "1"] + cells) + "\n")
    boxes = []
    for faces, name in ((folder, "pts"), (listed, "openface")):
        process = run("aurum-analyse", "--weights", weights, "--faces", faces, "--output", folder / name, "--format", "jsonl",
                      folder / "loc_1.jpg")
        check(process.returncode == 0, f"faces come from {name} files", process)
        face = json.loads((folder / name / "pictures.jsonl").read_text())["faces"][0]
        boxes.append((face["box"], face["landmarks"], face["intensities"]))
    check(boxes[0] == boxes[1], "whichever file landmarks come from, the crop is the same")


def told_faces(folder, weights, tables):
    """Faces from the tables that were written of pictures, and what such tables cannot tell."""
    folder.mkdir()
    both = [FACES / "loc_0.jpg", FACES / "loc_1.jpg"]
    process = run("aurum-analyse", "--weights", weights, "--faces", tables, "--output", folder / "out", *both)
    points = [[[row[f"{axis}_{k}"] for axis in "xy" for k in range(68)] for row in rows_of(written / "loc_1.csv")[1]]
              for written in (tables, folder / "out" / "pictures")]
    check(process.returncode == 0 and "2 frames, 1 faces" in process.stdout and points[0] == points[1],
          "a folder of tables tells faces, that of loc_0 none", process)

    def analyse_refuses(what, words, *arguments):
        refuses(what, words, "aurum-analyse", "--weights", weights, "--output", folder / "none", *arguments)
    nothing = folder / "nothing"
    nothing.mkdir()
    analyse_refuses("a folder that tells nothing", "expected loc_0.pts or loc_0.csv", "--faces", nothing, *both)
    (nothing / "loc_0.csv").write_text("left,top,width,height,frame\n200,200,300,300,1\n10,10,200,200,2\n")
    process = run("aurum-analyse", "--weights", weights, "--faces", nothing, "--output", folder / "boxes", *both)
    check(process.returncode == 0 and "2 frames, 1 faces" in process.stdout, "or tables of boxes, which have one frame", process)
    (nothing / "loc_0.csv").write_text("face, confidence, AU01_r\n0, 0.9, 1.0\n")
    analyse_refuses("a table without places", "loc_0.csv: does not say where the faces are", "--faces", nothing, both[0])
    for found, *sources in (("2 pictures", *both), ("a video", FACES.parent / "videos" / "head-pose-male.mp4")):
        analyse_refuses(f"one picture's table for {found}", f"it has no column 'frame'; found {found}", "--faces",
                        tables / "loc_1.csv", *sources)
    header, rows = rows_of(tables / "loc_1.csv")
    point = folder / "point.csv"
    point.write_text(", ".join(header) + "\n\n" + ", ".join("5" if name[1] == "_" else rows[0][name] for name in header) + "\n")
    analyse_refuses("a face that is a point", "point.csv: line 3: landmarks: all within one pixel", "--faces", point, both[1])
    for option in (("--smooth", 0.1), ("--baseline",)):
        analyse_refuses(f"{option[0]} of pictures", "found pictures", "--faces", FACES, *option, *both)

    # The first picture of a sequence is broken: it has its frame of the overlay.
    sequence = folder / "sequence"
    sequence.mkdir()
    (sequence / "a.jpg").write_bytes(both[1].read_bytes()[:3000])
    for name in "bcd":
        shutil.copy(both[1], sequence / f"{name}.jpg")
    boxes = folder / "boxes.csv"
    boxes.write_text("frame,left,top,width,height\n2,200,200,300,300\n")
    command = ["--weights", weights, "--faces", boxes, "--output"]
    process = run("aurum-analyse", *command, folder / "moving", "--sequence", "--overlay", sequence)
    again = run("aurum-analyse", *command, folder / "again", folder / "moving" / "sequence.overlay.mp4")
    check(process.returncode == 1 and "4 frames" in process.stdout and "4 frames" in again.stdout,
          "an overlay has a frame for a first picture that cannot be read", again)


def box_of(name):
    """The box of the landmarks of a photograph: left, top, width, height."""
    points = [[float(value) for value in line.split()] for line in (FACES / f"{name}.pts").read_text().splitlines()[3:71]]
    (left, right), (top, bottom) = ((min(values), max(values)) for values in zip(*points))
    return left, top, right - left, bottom - top


def turned(jpeg, orientation):
    """The JPEG with an EXIF header that says how to turn it."""
    exif = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def turned_and_grey(folder):
    """A JPEG that lies on its side and says so is measured as the upright one, a grey one as one in colour. The copies are
    overlays of pictures in which nobody was found: the picture, and a panel to its right."""
    folder.mkdir()
    sideways, copy, boxes = folder / "sideways.jpg", folder / "copy.jpg", folder / "boxes.csv"
    sideways.write_bytes(turned((FACES / "loc_0.jpg").read_bytes(), 6))  # shown turned to the right
    boxes.write_text("file,left,top,width,height\n")
    process = run("aurum-analyse", "--faces", boxes, "--format", "none", "--overlay", "--output", folder / "drawn", sideways,
                  FACES / "loc_2.jpg")
    check(process.returncode == 0, "pictures with nobody in them are drawn", process)
    drawn = (folder / "drawn" / "pictures" / "sideways.overlay.jpg").read_bytes()
    copy.write_bytes(turned(drawn, 8))  # shown turned to the left: the face upright again, the panel above it
    panel = jpeg_size(drawn)[0] - jpeg_size(sideways.read_bytes())[1]
    coloured = folder / "drawn" / "pictures" / "loc_2.overlay.jpg"
    check(panel > 0 and b"\xff\xc0\0\x11" in coloured.read_bytes() and b"\xff\xc2\0\x0b" in (FACES / "loc_2.jpg").read_bytes(),
          "the panel has its place, and of loc_2.jpg only the copy is in colour")
    rows = []
    for file, name, down in ((FACES / "loc_0.jpg", "loc_0", 0), (copy, "loc_0", panel), (FACES / "loc_2.jpg", "loc_2", 0),
                             (coloured, "loc_2", 0)):
        left, top, width, height = box_of(name)
        rows.append(f"{file.name},{left},{top + down},{width},{height}")
    boxes.write_text(boxes.read_text() + "\n".join(rows))
    process = run("aurum-analyse", "--faces", boxes, "--format", "jsonl", "--output", folder / "out", FACES / "loc_0.jpg", copy,
                  FACES / "loc_2.jpg", coloured)
    lines = (folder / "out" / "pictures.jsonl").read_text().splitlines()
    upright, turned_twice, grey, colour = ([face["intensities"] for face in json.loads(line)["faces"]] for line in lines)

    def apart(some, others):
        return sum(abs(some[0][au] - others[0][au]) for au in AUS) / len(AUS)
    lost = 0.06  # by compressing once more
    check(process.returncode == 0 and apart(upright, turned_twice) < lost < apart(upright, grey) / 4,
          f"a JPEG that EXIF turns is measured as the upright one: {apart(upright, turned_twice):.3f} apart", process)
    check(apart(grey, colour) < lost, f"a grey JPEG is measured as one in colour: {apart(grey, colour):.3f} apart", process)


def several_faces(folder, weights):
    """Annotations of several faces of a picture, and pictures of one name in two folders."""
    folder.mkdir()
    for name, source in (("pair.jpg", "loc_1.jpg"), ("pair.pts", "loc_1.pts"), ("pair_0.pts", "loc_2.pts")):
        shutil.copy(FACES / source, folder / name)
    arguments = ("--weights", weights, "--format", "jsonl", "--faces", folder, "--sheets", "--report")
    process = run("aurum-analyse", *arguments, "--output", folder / "out", folder / "pair.jpg")
    check("1 frames, 2 faces" in process.stdout, "pair_0.pts is a second face of pair.jpg", process)
    sheets = sorted(file.name for file in (folder / "out" / "pictures").glob("*.sheet.jpg"))
    check(sheets == ["pair.0.sheet.jpg", "pair.1.sheet.jpg"], f"a sheet for every face: {sheets}")
    check("<th>1 or more, of faces</th>" in (folder / "out" / "pictures.html").read_text(),
          "the report of pictures has a table of means")
    shutil.copy(FACES / "loc_2.jpg", folder / "pair_0.jpg")
    process = run("aurum-analyse", *arguments, "--output", folder / "out", folder / "pair.jpg")
    check("1 frames, 1 faces" in process.stdout, "unless there is a picture pair_0.jpg", process)
    process = run("aurum-analyse", *arguments, "--mirror", "--output", folder / "mirror", folder / "pair.jpg")
    first, second = (json.loads((folder / name / "pictures.jsonl").read_text())["faces"][0]["intensities"]
                     for name in ("out", "mirror"))
    check(process.returncode == 0 and first != second, "the mirror image has its say", process)
    for name in ("a", "b"):
        (folder / name).mkdir()
        shutil.copy(FACES / "loc_1.jpg", folder / name)
    process = run("aurum-analyse", "--weights", weights, "--faces", FACES, "--sheets", "--output", folder / "two",
                  folder / "a" / "loc_1.jpg", folder / "b" / "loc_1.jpg")
    sheets = sorted(file.name for file in (folder / "two" / "pictures").glob("*.sheet.jpg"))
    check(process.returncode == 0 and sheets == ["loc_1-2.0.sheet.jpg", "loc_1.0.sheet.jpg"],
          f"pictures of one name get a sheet each: {sheets}", process)


def bad_annotations(folder, weights):
    folder.mkdir()
    def analyse_refuses(what, words, picture):
        refuses(what, words, "aurum-analyse", "--weights", weights, "--faces", folder, "--output", folder / "out", picture)

    shutil.copy(FACES / "loc_2.jpg", folder)
    lines = (FACES / "loc_2.pts").read_text().splitlines()
    del lines[10]
    (folder / "loc_2.pts").write_text("\n".join(lines).replace("n_points: 68", "n_points: 67") + "\n")
    analyse_refuses("a .pts of 67 points", "67", folder / "loc_2.jpg")
    (folder / "loc_2.pts").write_text("version: 1\nn_points: 68\n{\n" + "5 5\n" * 68 + "}\n")
    analyse_refuses("a .pts of one point", "annotations: annotations of ", folder / "loc_2.jpg")
    shutil.copy(FACES / "loc_4.jpg", folder)
    (folder / "loc_4.pts").write_text(re.sub(r"\d+\.\d+", "nan", (FACES / "loc_4.pts").read_text(), count=1))
    analyse_refuses("a .pts with NaN", "loc_4.pts", folder / "loc_4.jpg")
    analyse_refuses("a picture that is not there", "missing.jpg: no such file", folder / "missing.jpg")
    shutil.copy(FACES / "loc_1.pts", folder)
    (folder / "loc_1.jpg").write_bytes((FACES / "loc_1.jpg").read_bytes()[:5000])
    analyse_refuses("a truncated picture", "loc_1.jpg", folder / "loc_1.jpg")


def of_pictures(folder, weights, landmark_weights):
    pictures(folder / "pictures", weights, landmark_weights)
    told_faces(folder / "told", weights, folder / "pictures" / "out" / "pictures")
    turned_and_grey(folder / "turned")
    several_faces(folder / "several", weights)
    bad_annotations(folder / "annotations", weights)
