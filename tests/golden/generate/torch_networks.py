"""The networks of the golden files in PyTorch, built from the facts about their layouts; whoever knows what to do with
such a network is record.py. Every rectifier runs under WATCH (kinks.py). Needs PyTorch."""
import torch
from torch import nn
from torch.nn import functional

import kinks

WATCH = kinks.Watch()
relu, relu6 = functional.relu, functional.relu6


class PostBlock(nn.Module):
    """Ntinou 2020: convolution, batch norm, ReLU6; three of them in a row, their outputs side by side, plus the
    input."""
    kernel, activation = 3, staticmethod(relu6)

    def __init__(self, cin, cout, pooled=False):
        super().__init__()
        self.pooled = pooled
        widths = [cin, cout // 2, cout // 4, cout // 4]
        for i in (1, 2, 3):
            self.add_module(f"conv{i}", nn.Conv2d(widths[i - 1], widths[i], self.kernel, padding=self.kernel // 2,
                                                  bias=False))
            self.add_module(f"bn{i}", nn.BatchNorm2d(widths[i]))
        if cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout))

    def shortcut(self, x):
        if not hasattr(self, "downsample"):
            return x
        conv, bn = self.downsample
        return WATCH.rectify(self.activation, bn, conv(x))

    def stage(self, i, x, beside):
        conv, bn = getattr(self, f"conv{i}"), getattr(self, f"bn{i}")
        return WATCH.rectify(self.activation, bn, conv(x), pooled_with=beside if self.pooled else None)

    def forward(self, x):
        shortcut = self.shortcut(x)
        half, quarter = shortcut.shape[1] // 2, shortcut.shape[1] // 4
        parts, last = [], x
        for i, beside in zip((1, 2, 3), shortcut.split((half, quarter, quarter), 1)):
            last = self.stage(i, last, beside)
            parts.append(last)
        return torch.cat(parts, 1) + shortcut


class PointBlock(PostBlock):
    """The same with 1x1 kernels: the skips of the public adaptation layers."""
    kernel = 1


class ReluPointBlock(PointBlock):
    """And with ReLU: the adaptation layers of the paper's text."""
    activation = staticmethod(relu)


class PreBlock(PostBlock):
    """Bulat 2017: batch norm, ReLU, convolution."""

    def __init__(self, cin, cout, pooled=False):
        super().__init__(cin, cout)
        for i, width in zip((1, 2, 3), (cin, cout // 2, cout // 4)):
            setattr(self, f"bn{i}", nn.BatchNorm2d(width))
        if cin != cout:
            self.downsample = nn.Sequential(nn.BatchNorm2d(cin), nn.ReLU(), nn.Conv2d(cin, cout, 1, bias=False))

    def shortcut(self, x):
        if not hasattr(self, "downsample"):
            return x
        bn, _, conv = self.downsample
        return conv(WATCH.rectify(relu, bn, x))

    def stage(self, i, x, beside):
        return getattr(self, f"conv{i}")(WATCH.rectify(relu, getattr(self, f"bn{i}"), x))


class Bottleneck(nn.Module):
    """BMVC 2018: 1x1 to half the channels, 3x3, 1x1; plus the input; ReLU after the sum."""

    def __init__(self, cin, cout, pooled=False):
        super().__init__()
        self.pooled = pooled
        half = cout // 2
        self.conv1, self.bn1 = nn.Conv2d(cin, half, 1, bias=False), nn.BatchNorm2d(half)
        self.conv2, self.bn2 = nn.Conv2d(half, half, 3, padding=1, bias=False), nn.BatchNorm2d(half)
        self.conv3, self.bn3 = nn.Conv2d(half, cout, 1, bias=False), nn.BatchNorm2d(cout)
        if cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        shortcut = self.downsample(x) if hasattr(self, "downsample") else x
        y = WATCH.rectify(relu, self.bn1, self.conv1(x))
        y = WATCH.rectify(relu, self.bn2, self.conv2(y))
        return WATCH.rectify(relu, self.bn3, self.conv3(y), shortcut, 0 if self.pooled else None)


class Hourglass(nn.Module):
    """Level l: b1_l(x) + upsampled b3_l(inner(b2_l(pooled x))); `skip`: the block of the b1_l, if it is another."""

    def __init__(self, block, width, pool, depth=4, skip=None, upsample="nearest"):
        super().__init__()
        self.pool, self.depth = pool, depth
        self.upsample = {"mode": upsample} | ({"align_corners": False} if upsample == "bilinear" else {})
        for level in range(1, depth + 1):
            self.add_module(f"b1_{level}", (skip or block)(width, width))
            self.add_module(f"b2_{level}", block(width, width, pooled=level > 1))
            self.add_module(f"b3_{level}", block(width, width))
        self.b2_plus_1 = block(width, width)

    def forward(self, x, level=None):
        level = self.depth if level is None else level
        low = getattr(self, f"b2_{level}")(self.pool(x, 2))
        low = self.b2_plus_1(low) if level == 1 else self.forward(low, level - 1)
        low = getattr(self, f"b3_{level}")(low)
        return getattr(self, f"b1_{level}")(x) + functional.interpolate(low, scale_factor=2, **self.upsample)


class Fan(nn.Module):
    """The whole family: they differ in block, pooling, widths (of stem, first block, second and features), the
    hourglass's depth and the number of stacks."""

    def __init__(self, maps, block, pool, widths, stacks=1, depth=4):
        super().__init__()
        stem, before_pool, after_pool, width = widths
        self.pool, self.stacks = pool, stacks
        self.conv1, self.bn1 = nn.Conv2d(3, stem, 7, stride=2, padding=3), nn.BatchNorm2d(stem)
        self.conv2 = block(stem, before_pool, pooled=True)
        self.conv3, self.conv4 = block(before_pool, after_pool), block(after_pool, width, pooled=True)
        for i in range(stacks):
            self.add_module(f"m{i}", Hourglass(block, width, pool, depth))
            self.add_module(f"top_m_{i}", block(width, width))
            self.add_module(f"conv_last{i}", nn.Conv2d(width, width, 1))
            self.add_module(f"bn_end{i}", nn.BatchNorm2d(width))
            self.add_module(f"l{i}", nn.Conv2d(width, maps, 1))
            if i + 1 < stacks:
                self.add_module(f"bl{i}", nn.Conv2d(width, width, 1))
                self.add_module(f"al{i}", nn.Conv2d(maps, width, 1))

    def features(self, x):
        """After conv4."""
        x = self.conv2(WATCH.rectify(relu, self.bn1, self.conv1(x)))
        return self.conv4(self.conv3(self.pool(x, 2)))

    def maps_of(self, x):
        part = lambda name: getattr(self, name)
        outputs = []
        for i in range(self.stacks):
            y = part(f"top_m_{i}")(part(f"m{i}")(x))
            y = WATCH.rectify(relu, part(f"bn_end{i}"), part(f"conv_last{i}")(y))
            outputs.append(part(f"l{i}")(y))
            if i + 1 < self.stacks:
                x = x + part(f"bl{i}")(y) + part(f"al{i}")(outputs[-1])
        return torch.cat(outputs, 1)

    def forward(self, x):
        return self.maps_of(self.features(x))


class BasicBlock(nn.Module):
    """He 2016: two 3x3 convolutions, plus the input, ReLU after the sum."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(cin, cout, 3, stride, padding=1, bias=False), nn.BatchNorm2d(cout)
        self.conv2, self.bn2 = nn.Conv2d(cout, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout)
        if cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        shortcut = self.downsample(x) if hasattr(self, "downsample") else x
        y = WATCH.rectify(relu, self.bn1, self.conv1(x))
        return WATCH.rectify(relu, self.bn2, self.conv2(y), shortcut)


class ResNet18(nn.Module):
    """torchvision's names; its last, fully connected layer as a 1x1 convolution of the one pixel that is left."""

    def __init__(self, outputs):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(64)
        cin = 64
        for i, width in enumerate((64, 128, 256, 512), 1):
            self.add_module(f"layer{i}", nn.Sequential(BasicBlock(cin, width, 1 if i == 1 else 2),
                                                       BasicBlock(width, width, 1)))
            cin = width
        self.fc = nn.Conv2d(cin, outputs, 1)

    def forward(self, x):
        # No move parts two values of one channel: ties of the pooling are not watched, and decide gradients in float.
        x = functional.max_pool2d(WATCH.rectify(relu, self.bn1, self.conv1(x)), 3, stride=2, padding=1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3), keepdim=True))
