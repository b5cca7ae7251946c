#!/usr/bin/env python3
"""Writes state_dict_*.safetensors: the names and shapes of the public layouts as PyTorch lists them (made with 2.15),
and the heatmaps that it computes with hashed weights, in double precision. tests/golden/README.md describes the files.

    python3 tests/golden/generate/state_dicts.py [name ...]
"""
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

import golden
import record
from torch_networks import Bottleneck, Fan, Hourglass, PointBlock, PostBlock, PreBlock, ResNet18

SIDE = 64  # of the image: the least for an hourglass of depth 4 on a quarter of it


def qfan(maps, width=128, depth=4):
    return Fan(maps, PostBlock, functional.max_pool2d, (width // 2, width // 2, width, width), depth=depth)


class FanAu(nn.Module):
    """The adaptation network of Ntinou 2020: a FAN of 68 maps under fan., and a branch on its maps and on conv4."""

    def __init__(self, maps, width=128):
        super().__init__()
        adapt = lambda cin: nn.Sequential(nn.Conv2d(cin, width, 1), nn.BatchNorm2d(width), nn.ReLU6())
        self.fan = qfan(68)
        self.conv1, self.conv2 = adapt(68), adapt(width)
        self.net = Hourglass(PostBlock, width, functional.max_pool2d, skip=PointBlock)
        self.conv_last, self.l = adapt(width), nn.Conv2d(width, maps, 1)

    def forward(self, x):
        features = self.fan.features(x)
        return self.l(self.conv_last(self.net(self.conv1(self.fan.maps_of(features)) + self.conv2(features))))


def face_alignment(stacks):
    return Fan(68, PreBlock, functional.avg_pool2d, (64, 128, 128, 256), stacks)


class Torchvision(ResNet18):
    """With the fully connected layer that torchvision has: its weight is a matrix."""

    def __init__(self, outputs):
        super().__init__(outputs)
        self.fc = nn.Linear(512, outputs)
        self.fc.register_forward_pre_hook(lambda _, x: x[0].flatten(1))
        self.fc.register_forward_hook(lambda _, x, y: y[..., None, None])


LAYOUTS = {
    "ntinou2020_12": lambda: qfan(12),
    "ntinou2020_small": lambda: qfan(2, 8, 1),  # the network of checkpoints.py
    "ntinou2020_adaptation_5": lambda: FanAu(5),
    "ntinou2020_adaptation_12": lambda: FanAu(12),
    "bulat2017_1": lambda: face_alignment(1),
    "bulat2017_2": lambda: face_alignment(2),
    "bulat2017_3": lambda: face_alignment(3),
    "bulat2017_4": lambda: face_alignment(4),
    "bmvc2018_5": lambda: Fan(5, Bottleneck, functional.max_pool2d, (64, 128, 128, 256)),
    "resnet18_5": lambda: Torchvision(5),
}


def hashed_state(net):
    """As PyTorch lists it, with the numbers of golden.py in place of its own."""
    return {name: value if name.endswith("num_batches_tracked") else
            torch.tensor(golden.hashed_parameter(name, tuple(value.shape))) for name, value in net.state_dict().items()}


def heatmaps(make, state, dtype):
    net = make().to(dtype).eval()
    net.load_state_dict(state)
    with torch.no_grad():
        return record.double(net(torch.tensor(golden.hashed("input", (1, 3, SIDE, SIDE)), dtype=dtype)))


def write(name, make):
    state = hashed_state(make())
    maps, single = (heatmaps(make, state, dtype) for dtype in (torch.float64, torch.float32))
    lines = [" ".join([name, "x".join(map(str, value.shape))]).strip() for name, value in state.items()]
    error = record.relative(single, maps)[0]
    golden.write_safetensors("state_dict_" + name, {
        "heatmaps.sample": record.sample(maps).copy(), "shape": numpy.array(maps.shape, dtype=numpy.int64)},
        {"torch": torch.__version__, "state_dict": "\n".join(lines), "float_error": f"{error:.2g}"})
    print(f"  {len(lines)} tensors, RMS {numpy.sqrt(numpy.mean(maps**2)):.3g}, off by {error:.2g} in float", flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or LAYOUTS:
        write(name, LAYOUTS[name])
