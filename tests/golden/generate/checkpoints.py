#!/usr/bin/env python3
"""Writes tests/golden/checkpoints: small files of torch.save (made with PyTorch 2.15) in all formats that
scripts/convert_pytorch.py reads, and some that it must refuse; checkpoints.json, the tensors in them as PyTorch sees
them; and fan_small.safetensors, a whole network's, converted. tests/scripts/test_convert_pytorch.py reads them.

    python3 tests/golden/generate/checkpoints.py
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys
import warnings
import zipfile

import numpy
import torch
from torch import nn

import golden
import state_dicts

FOLDER = golden.FOLDER / "checkpoints"
CONVERTER = golden.FOLDER.parent.parent / "scripts" / "convert_pytorch.py"
NAMES = {torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64", torch.uint8: "U8",
         torch.int32: "I32", torch.int64: "I64"}
# What programs/predict needs to open fan_small.safetensors; tests/unit/model_state_dicts.cpp has the same.
FAN_SMALL = ["--layout", "ntinou2020.features8.depth1", "--aus", "6,12", "--input", "3x64x64", "--crop", "face_square",
             "--normalisation", "min_max", "--training-data", "none", "--licence", "Apache-2.0"]

expected = {}


def raw(tensor):
    """The bytes of the numbers, row-major."""
    return bytes(tensor.detach().contiguous().flatten().view(torch.uint8).tolist() if tensor.numel() else [])


def save(name, root, tensors, legacy=False):
    """`tensors`: what conversion must find in the checkpoint `root`, by name."""
    torch.save(root, FOLDER / name, _use_new_zipfile_serialization=not legacy)
    expected[name] = {key: [NAMES[value.dtype], list(value.shape), raw(value).hex()] for key, value in tensors.items()}


def both(name, root, tensors):
    save(name + "_zip.pth", root, tensors)
    save(name + "_legacy.pth", root, tensors, legacy=True)


def hashed(name, *shape):
    return torch.tensor(golden.hashed(name, shape), dtype=torch.float32)


def small_net():
    net = nn.Sequential(collections.OrderedDict(conv=nn.Conv2d(2, 3, 3), bn=nn.BatchNorm2d(3)))
    net.load_state_dict({name: value if name.endswith("tracked") else
                         torch.tensor(golden.hashed_parameter(name, tuple(value.shape)))
                         for name, value in net.state_dict().items()})
    return net


def training_state(net):
    """As training programs save it: wrapped by DataParallel, among an optimiser's tensors and other things."""
    optimiser = torch.optim.Adam(net.parameters())
    net(hashed("input", 1, 2, 4, 4)).sum().backward()
    optimiser.step()
    parallel = collections.OrderedDict(("module." + name, value) for name, value in net.state_dict().items())
    return {"epoch": 3, "state_dict": parallel, "optimizer": optimiser.state_dict(), "loss": torch.tensor(0.5),
            "best": numpy.float64(0.25), "args": argparse.Namespace(lr=1e-3), "seen": {1, 2},
            "device": torch.device("cpu")}


def views():
    """Tensors that do not lie in memory as they are written, some in one storage."""
    base = hashed("base", 4, 6)
    return {"transposed": base.t(), "every_second": base[:, 1::2], "rows": base[1:3], "expanded": base[:1].expand(3, 6),
            "corner": base[3:, 5:], "filter": hashed("filter", 3, 4, 2, 2).to(memory_format=torch.channels_last),
            "parameter": nn.Parameter(base[2]), "number": base[1, 2], "repeated": hashed("one", 1).expand(2, 3)}


def types():
    numbers = hashed("numbers", 5)
    return {"half": numbers.half(), "brain": numbers.bfloat16(), "single": numbers, "double": numbers.double() / 3,
            "byte": torch.tensor([0, 255, 7], dtype=torch.uint8), "int": torch.tensor([[-2**31], [2**31 - 1]]).int(),
            "long": torch.tensor(1234567890123), "empty": torch.zeros(0, 3), "größe": torch.tensor([2.5])}


def script(name, net):
    """A TorchScript archive, without the pieces of PyTorch's source that it carries for error messages."""
    net.save(str(FOLDER / name))
    with zipfile.ZipFile(FOLDER / name) as archive:
        kept = {entry: archive.read(entry) for entry in archive.namelist() if not entry.endswith(".debug_pkl")}
    with zipfile.ZipFile(FOLDER / name, "w") as archive:
        for entry, content in kept.items():
            archive.writestr(zipfile.ZipInfo(entry), content)
    expected[name] = expected["training_zip.pth"]  # the same network after its step


def refused():
    """What cannot be converted, or not without --key or --strip."""
    for name, root in (("whole_model", small_net()), ("tensor", torch.zeros(2)), ("numbers", {"epoch": 3}),
                       ("bool", {"flag": torch.tensor([True])}),
                       ("float8", {"eight": torch.zeros(2, dtype=torch.float8_e4m3fn)}),
                       ("conjugate", {"imaginary": torch.tensor([1 + 2j]).conj()}),
                       ("twice", {"a": torch.zeros(1), "module.a": torch.ones(1)}),
                       ("several", {"net": {"epoch": 3, "a": torch.zeros(1)}, "model": {"a": torch.ones(1)},
                                    "extra": {"ema": {"a": torch.ones(2)}}})):
        torch.save(root, FOLDER / f"{name}_zip.pth")


def main():
    FOLDER.mkdir(exist_ok=True)
    warnings.simplefilter("ignore")  # TorchScript is deprecated; the FAN's releases are TorchScript
    net = small_net()
    both("plain", net.state_dict(), net.state_dict())
    state = training_state(net)
    both("training", state, net.state_dict())
    both("views", views(), views())
    both("types", types(), types())
    script("script.pt", torch.jit.script(net.eval()))
    script("trace.pt", torch.jit.trace(net, hashed("input", 1, 2, 4, 4)))
    refused()

    fan = state_dicts.hashed_state(state_dicts.LAYOUTS["ntinou2020_small"]())
    fan = {name: value.float() if value.is_floating_point() else value for name, value in fan.items()}
    wrapped = collections.OrderedDict(("module." + name, value) for name, value in fan.items())
    save("fan_small_legacy.pth", {"state_dict": wrapped}, {}, legacy=True)
    subprocess.run([sys.executable, CONVERTER, FOLDER / "fan_small_legacy.pth", FOLDER / "fan_small.safetensors",
                    *FAN_SMALL], check=True)
    del expected["fan_small_legacy.pth"]
    (FOLDER / "checkpoints.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
