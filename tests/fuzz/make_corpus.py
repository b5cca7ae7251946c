#!/usr/bin/env python3
"""Writes corpus/<target>/: small files that the parsers take, and some that they nearly take."""
import json
import pathlib
import shutil
import struct

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "data"


def write(target, **files):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def text(*lines):
    return "\n".join(lines) + "\n"


def torch_string(value):
    return struct.pack("<i", len(value)) + value


def torch_tensor(kind, letter, columns):
    count = 68 * columns
    return (struct.pack("<ii", 4, 1) + torch_string(b"V 1") + torch_string(b"torch." + kind + b"Tensor") +
            struct.pack("<i5q", 2, 68, columns, columns, 1, 1) + struct.pack("<ii", 4, 2) + torch_string(b"V 1") +
            torch_string(b"torch." + kind + b"Storage") + struct.pack(f"<q{count}{letter}", count, *range(count)))


def safetensors(header, data):
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + data


def exif(order, orientation):
    mark = ">" if order == b"MM" else "<"
    tiff = order + struct.pack(mark + "HIHHHIHHI", 42, 8, 1, 0x112, 3, 1, orientation, 0, 0)
    content = b"Exif\0\0" + tiff
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(content) + 2) + content + b"\xff\xda\0\2"


points = [f"{i}.5 {2 * i}" for i in range(68)]
write("pts", good=text("version: 1", "n_points: 68", "{", *points, "}"),
      short=text("version: 1", "n_points: 67", "{", *points[:67], "}"), empty="", brace="{\n}\n")
write("t7", floats=torch_tensor(b"Float", "f", 2), doubles=torch_tensor(b"Double", "d", 3))
columns = ["frame", "face_id", "timestamp", "confidence", "success"]
columns += [f"{axis}_{k}" for axis in "xy" for k in range(68)] + ["AU01_r", "AU45_r"]
write("openface_csv", video=text(", ".join(columns), ", ".join(["1", "0", "0.033", "0.98", "1"] + ["7.5"] * 138)),
      picture=text("face, confidence, AU04_r", "0, 0.9, 1.25"), quoted='"frame",success\r\n1,0\r\n')
write("csv", plain="a,b\n1,2\n", quoted='\ufeff"a ""b""", c\r\n"",\r\n', open='"a,b\n')
write("safetensors", two=safetensors({"__metadata__": {"a": "b"}, "w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                                      "b": {"dtype": "U8", "shape": [3], "data_offsets": [8, 11]}}, bytes(11)),
      none=safetensors({}, b""))
write("label_files", frames="1,0\n2,5\n3,9\n", table="0,1,2,4\n1,0,1,-1\n2,1,0,0\n", pictures="# x\n000.jpg 3\n001.jpg\t0\n",
      rows=text("AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26", ",".join("010101010101"), "", ",".join(["-1"] * 12)))
write("exif", big=exif(b"MM", 6), little=exif(b"II", 8))
(HERE / "corpus" / "mat5").mkdir(parents=True, exist_ok=True)
for name in ("plain", "packed", "single", "whole"):
    shutil.copy(DATA / "landmarks" / f"{name}.mat", HERE / "corpus" / "mat5" / name)
write("box_csv", frames="frame,left,top,width,height\n1,10,20.5,30,40\n", files='left,top,width,height,file\n1,2,3,4,"a.jpg"\n',
      wrong="frame,left,top,width,height\n0,1,2,nan,\n")
