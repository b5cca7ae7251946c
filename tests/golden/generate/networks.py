#!/usr/bin/env python3
"""Writes network_*.safetensors: what PyTorch (made with 1.13) computes with the presets of model/fan.hpp on hashed
weights, moved off the kinks (kinks.py). tests/golden/README.md describes the files. Runs in double precision, and once
more in float to see how far single precision is off by itself.

    python3 tests/golden/generate/networks.py [name ...]
"""
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

import golden
import kinks

BATCH, SIDE = 2, 128
SAMPLES = 1024  # numbers kept of an output or input gradient
FIRST = 8       # numbers kept of a parameter's gradient

WATCH = kinks.Watch()
relu, relu6 = functional.relu, functional.relu6


class PostBlock(nn.Module):
    """Ntinou 2020: convolution, batch norm, ReLU6; three of them in a row, their outputs side by side, plus the
    input."""

    def __init__(self, cin, cout, pooled=False):
        super().__init__()
        self.pooled = pooled
        widths = [cin, cout // 2, cout // 4, cout // 4]
        for i in (1, 2, 3):
            self.add_module(f"conv{i}", nn.Conv2d(widths[i - 1], widths[i], 3, padding=1, bias=False))
            self.add_module(f"bn{i}", nn.BatchNorm2d(widths[i]))
        if cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout))

    def shortcut(self, x):
        if not hasattr(self, "downsample"):
            return x
        conv, bn = self.downsample
        return WATCH.rectify(relu6, bn, conv(x))

    def stage(self, i, x, beside):
        conv, bn = getattr(self, f"conv{i}"), getattr(self, f"bn{i}")
        return WATCH.rectify(relu6, bn, conv(x), pooled_with=beside if self.pooled else None)

    def forward(self, x):
        shortcut = self.shortcut(x)
        half, quarter = shortcut.shape[1] // 2, shortcut.shape[1] // 4
        parts, last = [], x
        for i, beside in zip((1, 2, 3), shortcut.split((half, quarter, quarter), 1)):
            last = self.stage(i, last, beside)
            parts.append(last)
        return torch.cat(parts, 1) + shortcut


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
    def __init__(self, block, width, pool, depth=4):
        super().__init__()
        self.pool, self.depth = pool, depth
        for level in range(1, depth + 1):
            self.add_module(f"b1_{level}", block(width, width))
            self.add_module(f"b2_{level}", block(width, width, pooled=level > 1))
            self.add_module(f"b3_{level}", block(width, width))
        self.b2_plus_1 = block(width, width)

    def forward(self, x, level=None):
        level = self.depth if level is None else level
        low = getattr(self, f"b2_{level}")(self.pool(x, 2))
        low = self.b2_plus_1(low) if level == 1 else self.forward(low, level - 1)
        low = getattr(self, f"b3_{level}")(low)
        return getattr(self, f"b1_{level}")(x) + functional.interpolate(low, scale_factor=2, mode="nearest")


class Fan(nn.Module):
    """The whole family: they differ in block, pooling, widths and the number of stacks."""

    def __init__(self, maps, block, pool, widths, stacks=1):
        super().__init__()
        after_pool, width = widths[1], widths[2]
        self.pool, self.stacks = pool, stacks
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, stride=2, padding=3), nn.BatchNorm2d(64)
        self.conv2 = block(64, widths[0], pooled=True)
        self.conv3, self.conv4 = block(widths[0], after_pool), block(after_pool, width, pooled=True)
        for i in range(stacks):
            self.add_module(f"m{i}", Hourglass(block, width, pool))
            self.add_module(f"top_m_{i}", block(width, width))
            self.add_module(f"conv_last{i}", nn.Conv2d(width, width, 1))
            self.add_module(f"bn_end{i}", nn.BatchNorm2d(width))
            self.add_module(f"l{i}", nn.Conv2d(width, maps, 1))
            if i + 1 < stacks:
                self.add_module(f"bl{i}", nn.Conv2d(width, width, 1))
                self.add_module(f"al{i}", nn.Conv2d(maps, width, 1))

    def forward(self, x):
        part = lambda name: getattr(self, name)
        x = self.conv2(WATCH.rectify(relu, self.bn1, self.conv1(x)))
        x = self.conv4(self.conv3(self.pool(x, 2)))
        outputs = []
        for i in range(self.stacks):
            y = part(f"top_m_{i}")(part(f"m{i}")(x))
            y = WATCH.rectify(relu, part(f"bn_end{i}"), part(f"conv_last{i}")(y))
            outputs.append(part(f"l{i}")(y))
            if i + 1 < self.stacks:
                x = x + part(f"bl{i}")(y) + part(f"al{i}")(outputs[-1])
        return torch.cat(outputs, 1)


def ntinou(maps):
    return lambda: Fan(maps, PostBlock, functional.max_pool2d, (64, 128, 128))


def bulat(stacks):
    return lambda: Fan(68, PreBlock, functional.avg_pool2d, (128, 128, 256), stacks)


# name: (network, its number of trainable parameters)
NETWORKS = {
    "ntinou2020_5": (ntinou(5), 1_650_181),
    "ntinou2020_12": (ntinou(12), 1_651_084),
    "ntinou2020_68": (ntinou(68), 1_658_308),
    "bulat2017_1": (bulat(1), 6_249_668),
    "bulat2017_2": (bulat(2), None),
    "bulat2017_4": (bulat(4), 23_820_176),
    "bmvc2018_5": (lambda: Fan(5, Bottleneck, functional.max_pool2d, (128, 128, 256)), 3_416_197),
}

# {network: {end of a parameter's name: steps}}. Without its shift the sums of BMVC's bottlenecks grow until hardly one
# is cut by the ReLU; the last bias before it then only shifts what the next batch norm centres, and its gradient is
# little more than rounding errors.
SHIFTS = {"bmvc2018_5": {"bn3.bias": -2 * kinks.STEPS_PER_UNIT}}
ALL = -1  # channels


def sample(array):
    """Every stride-th number in NCHW order, at most SAMPLES of them; the stride is odd, so that it walks through
    rows and columns."""
    flat = array.reshape(-1)
    stride = -(-flat.size // SAMPLES) | 1
    return flat[::stride]


def digest(name, array):
    """L2 norm, dot product with a hashed direction, and the first numbers (zeros where there are fewer)."""
    flat = array.reshape(-1)
    row = numpy.zeros(2 + FIRST)
    row[0] = numpy.linalg.norm(flat)
    row[1] = flat @ golden.hashed("direction." + name, flat.shape)
    row[2:2 + min(FIRST, flat.size)] = flat[:FIRST]
    return row


def describe(prefix, array):
    return {prefix + ".sample": sample(array).copy(), prefix + ".digest": digest(prefix, array)}


def hashed_image():
    return torch.tensor(golden.hashed("input", (BATCH, 3, SIDE, SIDE)))


def nudged_state(make, shifts):
    """The hashed weights and buffers of a network, in double, first shifted, then nudged so that no activation lies
    near a kink in training; and the moves that led to them: (parameter, channel, steps)."""
    net = make().double()
    state = {name: torch.tensor(golden.hashed_parameter(name, tuple(value.shape)))
             for name, value in net.state_dict().items() if not name.endswith("num_batches_tracked")}
    net.load_state_dict(state, strict=False)
    moves = [(name, ALL, steps) for name, _ in net.named_parameters() for end, steps in shifts.items()
             if name.endswith(end)]
    for name, _, steps in moves:
        value = net.get_parameter(name)
        value.data = kinks.moved(value.data, steps)
    WATCH.nudging = True
    with torch.no_grad():
        net(hashed_image())
    WATCH.nudging = False
    moves += [(f"{name}.{parameter}", channel, steps) for name, module in net.named_modules()
              for channel, steps in enumerate(getattr(module, "steps", ())) if steps
              for parameter in ("weight", "bias")]
    parameters = {name: value.data for name, value in net.named_parameters()}
    return state | parameters, moves


def run(make, state, dtype):
    """Everything that a file holds, computed in `dtype` and returned in double precision."""
    double = lambda tensor: tensor.detach().double().numpy()
    net = make().to(dtype)
    net.load_state_dict({name: value.to(dtype) for name, value in state.items()}, strict=False)
    image = hashed_image().to(dtype).requires_grad_()

    net.eval()
    with torch.no_grad():
        output = net(image)
    target = torch.tensor(golden.hashed("target", tuple(output.shape)), dtype=dtype)
    tensors = {**describe("eval.output", double(output)),
               "eval.loss": double(functional.mse_loss(output, target)).reshape(1)}

    net.train()
    WATCH.closest = float("inf")
    output = net(image)
    closest = WATCH.closest
    loss = functional.mse_loss(output, target)
    loss.backward()
    tensors |= describe("train.output", double(output)) | describe("train.input_gradient", double(image.grad))
    tensors["train.loss"] = double(loss).reshape(1)
    tensors["shape"] = numpy.array(output.shape, dtype=numpy.int64)

    parameters = sorted(name for name, _ in net.named_parameters())
    buffers = sorted(name for name in state if name not in parameters)
    gradients = {name: double(value.grad) for name, value in net.named_parameters()}
    after = net.state_dict()
    tensors["train.gradient"] = numpy.stack([digest(name, gradients[name]) for name in parameters])
    tensors["train.buffer"] = numpy.stack([digest(name, double(after[name])) for name in buffers])
    lists = {"parameters": "\n".join(parameters), "buffers": "\n".join(buffers)}
    return tensors, lists, sum(value.numel() for value in net.parameters()), gradients, closest


def relative(actual, expected):
    """Largest and RMS deviation in units of the RMS of `expected`."""
    deviation, scale = numpy.abs(actual - expected), numpy.sqrt(numpy.mean(expected**2))
    return deviation.max() / scale, numpy.sqrt(numpy.mean(deviation**2)) / scale


def single_precision_errors(tensors, single, gradients, single_gradients):
    """How far PyTorch is off in float: another program's rounding errors are of this size."""
    errors = {key: relative(single[key + ".sample"], tensors[key + ".sample"])[0]
              for key in ("eval.output", "train.output")}
    errors["train.input_gradient"] = relative(single["train.input_gradient.sample"],
                                              tensors["train.input_gradient.sample"])[1]
    # Biases right before a batch norm have no gradient but rounding errors.
    errors["train.gradient"] = max(relative(single_gradients[name], gradients[name])[1] for name in gradients
                                   if numpy.abs(gradients[name]).max() > 1e-12)
    return {"float_error." + key: f"{error:.2g}" for key, error in errors.items()}


def main(names):
    for name in names or NETWORKS:
        make, count = NETWORKS[name]
        state, moves = nudged_state(make, SHIFTS.get(name, {}))
        tensors, lists, parameters, gradients, closest = run(make, state, torch.float64)
        assert count in (None, parameters), f"{name}: {parameters} parameters, expected {count}"
        assert closest > 0.999 * kinks.CLEARANCE, f"{name}: an activation {closest} from a kink"
        index = {parameter: i for i, parameter in enumerate(lists["parameters"].split("\n"))}
        tensors["moves"] = numpy.array([(index[parameter], channel, steps) for parameter, channel, steps in moves])
        single, _, _, single_gradients, _ = run(make, state, torch.float32)
        errors = single_precision_errors(tensors, single, gradients, single_gradients)
        golden.write_safetensors("network_" + name, tensors, {
            "torch": torch.__version__, "parameter_count": str(parameters), "closest": f"{closest:.3g}",
            **errors, **lists})
        steps = [abs(steps) for _, channel, steps in moves if channel != ALL]
        print(f"  {len(steps) // 2} channels moved by up to {max(steps)} steps; closest {closest:.3g}; {errors}",
              flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
