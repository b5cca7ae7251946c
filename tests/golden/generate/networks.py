#!/usr/bin/env python3
"""Writes network_*.safetensors: what PyTorch (made with 1.13) computes with the presets of model/fan.hpp on hashed
weights, moved off the kinks (kinks.py). tests/golden/README.md describes the files. Runs in double precision, and once
more in float to see how far single precision is off by itself.

    python3 tests/golden/generate/networks.py [name ...]
"""
import sys

from torch.nn import functional

import kinks
import record
from torch_networks import Bottleneck, Fan, PostBlock, PreBlock

SIDE = 128


def ntinou(maps, count):
    return record.Network(lambda: Fan(maps, PostBlock, functional.max_pool2d, (64, 64, 128, 128)), SIDE, count)


def bulat(stacks, count):
    return record.Network(lambda: Fan(68, PreBlock, functional.avg_pool2d, (64, 128, 128, 256), stacks), SIDE, count)


NETWORKS = {
    "ntinou2020_5": ntinou(5, 1_650_181),
    "ntinou2020_12": ntinou(12, 1_651_084),
    "ntinou2020_68": ntinou(68, 1_658_308),
    "bulat2017_1": bulat(1, 6_249_668),
    "bulat2017_2": bulat(2, None),
    "bulat2017_4": bulat(4, 23_820_176),
    # Without its shift the sums of BMVC's bottlenecks grow until hardly one is cut by the ReLU; the last bias before it
    # then only shifts what the next batch norm centres, and its gradient is little more than rounding errors.
    "bmvc2018_5": record.Network(lambda: Fan(5, Bottleneck, functional.max_pool2d, (64, 128, 128, 256)), SIDE,
                                 3_416_197, shifts=record.shifted("bn3.bias", -2 * kinks.STEPS_PER_UNIT)),
}

if __name__ == "__main__":
    for name in sys.argv[1:] or NETWORKS:
        record.write("network_" + name, NETWORKS[name])
