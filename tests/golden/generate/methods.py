#!/usr/bin/env python3
"""Writes method_*.safetensors: what PyTorch (made with 2.15) computes with the transfer methods of Ntinou et al. 2020,
sections 4 and 6, on small networks, and three steps of Adam with each. tests/golden/README.md describes the files.

    python3 tests/golden/generate/methods.py [name ...]
"""
import sys

import torch
from torch import nn
from torch.nn import functional

import attention
import kinks
import record
from torch_networks import WATCH, Fan, Hourglass, PointBlock, PostBlock, ReluPointBlock, ResNet18, relu, relu6

SIDE, WIDTH, DEPTH = 64, 16, 3  # of image, features and branch, hourglasses


def fan(maps):
    return Fan(maps, PostBlock, functional.max_pool2d, (WIDTH // 2, WIDTH // 2, WIDTH, WIDTH), depth=DEPTH)


class Reparametrised(nn.Module):
    """Section 4.5, Eq. (3): a convolution's frozen filters, mixed along their output mode by a matrix that learns."""

    def __init__(self, conv):
        super().__init__()
        self.weight, self.bias = conv.weight.requires_grad_(False), conv.bias
        if conv.bias is not None:
            conv.bias.requires_grad_(False)
        self.projection = nn.Parameter(torch.eye(conv.out_channels))
        self.window = {"stride": conv.stride, "padding": conv.padding}

    def forward(self, x):
        filters = torch.einsum("oc,cihw->oihw", self.projection, self.weight)
        return functional.conv2d(x, filters, self.bias, **self.window)


def reparametrised(norms):
    """All of a Fan's convolutions but the last. The batch norms learn ("trained"), only their statistics follow the
    batches ("statistics"), or nothing does ("frozen")."""
    net = fan(5)
    for path, parent in list(net.named_modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d) and child is not net.l0:
                setattr(parent, name, Reparametrised(child))
            if isinstance(child, nn.BatchNorm2d) and norms == "statistics":
                child.requires_grad_(False)
            if isinstance(child, nn.BatchNorm2d) and norms == "frozen":
                record.freeze(child)
    return net


def partly_frozen(paths):
    net = fan(5)
    for path in paths:
        record.freeze(net.get_submodule(path))
    return net


class Adaptation(nn.Module):
    """Section 4.3: a frozen Fan of 68 maps, and a branch that reads its maps and the features after conv4. Section 4.4:
    with `rows` of an AU table it reads attention maps in place of the Fan's. Names are the public code's."""

    def __init__(self, maps, activation, hourglass, rows=None):
        super().__init__()
        self.activation, self.rows = activation, rows
        adapt = lambda cin: nn.Sequential(nn.Conv2d(cin, WIDTH, 1), nn.BatchNorm2d(WIDTH))
        self.fan = record.freeze(fan(68))
        self.conv1, self.conv2 = adapt(len(rows) if rows else 68), adapt(WIDTH)
        self.net, self.conv_last = hourglass(), adapt(WIDTH)
        self.l = nn.Conv2d(WIDTH, maps, 1)

    def adapt(self, layers, x, pooled_with=None):
        conv, bn = layers
        return WATCH.rectify(self.activation, bn, conv(x), pooled_with=pooled_with)

    def forward(self, x):
        features = self.fan.features(x)
        maps = self.fan.maps_of(features)
        if self.rows:
            maps = attention.maps(maps, self.rows)
        of_maps = self.adapt(self.conv1, maps)
        of_features = self.adapt(self.conv2, features, pooled_with=of_maps)
        return self.l(self.adapt(self.conv_last, self.net(of_maps + of_features)))


def public_hourglass():
    return Hourglass(PostBlock, WIDTH, functional.max_pool2d, DEPTH, skip=PointBlock)


def paper_hourglass():
    return Hourglass(ReluPointBlock, WIDTH, functional.max_pool2d, DEPTH, upsample="bilinear")


def like_landmarks(net, image):
    """Moves that put a landmark's map below zero but for its highest places, as those of trained networks are. Hashed
    maps lie far above or below zero, and hardly differ within. And attention maps are flat nearly everywhere: where the
    features beside them are cut too, windows of the pooling that follows tie. So these are kept from 0 and 6."""
    net.eval()
    with torch.no_grad():
        heatmaps = net.fan(image)
    level = heatmaps.transpose(0, 1).flatten(1).quantile(0.95, dim=1)
    steps = (-level * kinks.STEPS_PER_UNIT).round().long().tolist()
    return ([("fan.l0.bias", landmark, move) for landmark, move in enumerate(steps)] +
            [("conv2.1.bias", record.ALL, 2 * kinks.STEPS_PER_UNIT),
             ("conv2.1.weight", record.ALL, -kinks.STEPS_PER_UNIT // 2)])


def method(make, **options):
    return record.Network(make, SIDE, steps=True, **options)


# Of Table 1: {AU: its centres, each the mean of these landmarks}. One of each kind: three centres, two means, two
# points that are not two sides, a single centre. The C++ test has the same AUs.
ATTENTION = {1: [[21], [22], [21, 22, 27]], 6: [[1, 41, 31], [15, 46, 35]], 17: [[57], [8]], 25: [[62, 66]]}

METHODS = {
    **{"reparametrised_" + norms: method(lambda norms=norms: reparametrised(norms))
       for norms in ("trained", "statistics", "frozen")},
    "adaptation_public": method(lambda: Adaptation(5, relu6, public_hourglass)),
    "adaptation_paper": method(lambda: Adaptation(5, relu, paper_hourglass)),
    # Attention maps are drawn in float by aurum: later steps must keep further from the kinks than those errors.
    "attention": method(lambda: Adaptation(4, relu6, public_hourglass, list(ATTENTION.values())), clear=2.0**-20,
                        shifts=like_landmarks),
    "resnet18": method(lambda: ResNet18(5), count=11_176_512 + 5 * 513,
                       shifts=record.shifted("bn2.bias", -2 * kinks.STEPS_PER_UNIT)),  # as BMVC's in networks.py
    "partly_frozen": method(lambda: partly_frozen(["conv1", "conv2", "m0.b2_2"])),
}

if __name__ == "__main__":
    for name in sys.argv[1:] or METHODS:
        record.write("method_" + name, METHODS[name])
