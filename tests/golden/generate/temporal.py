#!/usr/bin/env python3
"""Writes temporal_*.safetensors: what PyTorch (made with 2.15) computes with recurrent layers on clips with gaps, and
with the two stages of training on clips, each with three steps of Adam. tests/golden/README.md describes the files.

    build/bench/venv/bin/python tests/golden/generate/temporal.py [gru|conv_gru|stage1|stage2 ...]
"""
import collections
import itertools
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

import golden
import kinks
import record

CLOSE = 1e-12  # between two ways to the same numbers
STEPS = 3      # of the optimiser
WIDTH, SIDE = 8, 16  # of the stages' features and images
INPUT_NAMES = 2000   # to try


class Gru(nn.Module):
    """torch.nn.GRU on maps: its names and gates, every product a convolution."""

    def __init__(self, inputs, hidden, kernel=1, layers=1):
        super().__init__()
        self.hidden, self.kernel, self.layers = hidden, kernel, layers
        for layer in range(layers):
            for what, channels in (("ih", hidden if layer else inputs), ("hh", hidden)):
                filters, bias = torch.zeros(3 * hidden, channels, kernel, kernel), torch.zeros(3 * hidden)
                self.register_parameter(f"weight_{what}_l{layer}", nn.Parameter(filters))
                self.register_parameter(f"bias_{what}_l{layer}", nn.Parameter(bias))

    def product(self, what, layer, x):
        weight, bias = (getattr(self, f"{kind}_{what}_l{layer}") for kind in ("weight", "bias"))
        return functional.conv2d(x, weight, bias, padding=self.kernel // 2).chunk(3, 1)

    def step(self, x, states):
        """The states of all layers after `x`."""
        after = []
        for layer, h in enumerate(states):
            of_input, of_state = self.product("ih", layer, x), self.product("hh", layer, h)
            r, z = (torch.sigmoid(a + b) for a, b in zip(of_input[:2], of_state[:2]))
            n = torch.tanh(of_input[2] + r * of_state[2])
            x = (1 - z) * n + z * h
            after.append(x)
        return after

    def zero(self, clips, maps):
        return [torch.zeros(clips, self.hidden, *maps, dtype=torch.double) for _ in range(self.layers)]

    def forward(self, rows, mask, states=None, truncation=None):
        """Output rows and final states of the frames that are present, {T, N} true in `mask`, in time-major order. The
        gradient stops every `truncation` steps."""
        states = states or self.zero(mask.shape[1], rows.shape[2:])
        outputs, begin = [], 0
        for t, present in enumerate(mask):
            if truncation and t and t % truncation == 0:
                states = [h.detach() for h in states]
            end = begin + int(present.sum())
            after = self.step(rows[begin:end], [h[present] for h in states])
            states = [h.index_put((present,), new) for h, new in zip(states, after)]
            outputs.append(after[-1])
            begin = end
        assert begin == len(rows)
        return torch.cat(outputs), states


def assert_close(actual, expected, what):
    error = record.relative(actual.detach().numpy(), expected.detach().numpy())[0]
    assert actual.shape == expected.shape and error < CLOSE, f"{what}: {error}"


def pytorch_gru(gru, rows, mask, states, truncation):
    """The same by torch.nn.GRU, which knows neither maps nor gaps nor truncation: each place of each clip by itself,
    only the frames that are present. Also returns its parameters."""
    twin = nn.GRU(rows.shape[1], gru.hidden, gru.layers).double()
    twin.load_state_dict({name: value.flatten(1) if value.dim() > 1 else value
                          for name, value in gru.state_dict().items()})
    index = torch.full(mask.shape, -1, dtype=torch.long)
    index[mask] = torch.arange(len(rows))
    output = torch.empty(len(rows), gru.hidden, *rows.shape[2:], dtype=torch.double)
    finals = [torch.empty_like(h) for h in states]
    for clip in range(mask.shape[1]):
        h = torch.stack([h[clip] for h in states]).permute(0, 2, 3, 1).flatten(1, 2)  # {layers, places, H}
        for part in index[:, clip].split(truncation or len(mask)):
            part = part[part >= 0]
            if len(part):
                x = rows[part].permute(0, 2, 3, 1).flatten(1, 2)  # {steps, places, I}
                y, h = twin(x, h.contiguous())
                y = y.unflatten(1, rows.shape[2:]).permute(0, 3, 1, 2)
                output = output.index_put((part,), y)
            if truncation:
                h = h.detach()
        for final, of_layer in zip(finals, h):
            final[clip] = of_layer.unflatten(0, rows.shape[2:]).permute(2, 0, 1).detach()
    return output, finals, dict(twin.named_parameters())


INPUTS, HIDDEN = 4, 5
FULL = numpy.ones((6, 3))  # steps, clips
GAPS = numpy.array([[1, 1, 0], [1, 1, 1], [0, 1, 1], [1, 1, 0], [0, 1, 0], [0, 1, 1]])


def gru_value(name, shape):
    """Biases about 0, so that gates work."""
    return golden.hashed_parameter(name, shape) if len(shape) > 1 else golden.hashed(name, shape)


def gru_case(tensors, case, kernel=1, layers=1, maps=(1, 1), mask=FULL, truncation=None, given=False):
    gru = Gru(INPUTS, HIDDEN, kernel, layers).double()
    gru.load_state_dict({name: torch.tensor(gru_value(f"{case}.{name}", tuple(value.shape)))
                         for name, value in gru.named_parameters()})
    present = torch.tensor(mask, dtype=torch.bool)
    clips, count = present.shape[1], int(present.sum())
    leaf = lambda what, shape: torch.tensor(golden.hashed(f"{case}.{what}", shape), requires_grad=True)
    rows = leaf("input", (count, INPUTS, *maps))
    state = leaf("initial_state", (layers * clips, HIDDEN, *maps)) if given else None
    states = list(state.split(clips)) if given else gru.zero(clips, maps)
    direction = golden.hashed(case + ".output_gradient", (count, HIDDEN, *maps))

    leaves = {"input": rows} | ({"initial_state": state} if given else {})
    def gradients(output, parameters):
        wanted = leaves | parameters
        found = torch.autograd.grad(output, list(wanted.values()), torch.tensor(direction))
        return dict(zip(wanted, found))

    output, finals = gru(rows, present, states, truncation)
    found = gradients(output, dict(gru.named_parameters()))
    if kernel == 1:  # what is kept then is torch.nn.GRU's
        mine, my_finals, mine_found = output, finals, found
        output, finals, parameters = pytorch_gru(gru, rows, present, states, truncation)
        found = gradients(output, parameters)
        found = {name: value.reshape(mine_found[name].shape) for name, value in found.items()}
        assert_close(mine, output, case)
        assert_close(torch.cat(my_finals), torch.cat(finals), case)
        for name, value in mine_found.items():
            assert_close(value, found[name], f"{case}: gradient of {name}")

    tensors[case + ".mask"] = mask.astype(numpy.float64)
    tensors[case + ".output"] = record.double(output)
    tensors[case + ".output_gradient"] = direction
    tensors[case + ".final_state"] = record.double(torch.cat(finals))
    if truncation:
        tensors[case + ".truncation"] = numpy.array([truncation], dtype=numpy.float64)
    for name, value in (leaves | dict(gru.named_parameters())).items():
        tensors[f"{case}.{name}"] = record.double(value)
        tensors[f"{case}.{name}_gradient"] = record.double(found[name])


def write_gru():
    tensors = {}
    gru_case(tensors, "gru")
    gru_case(tensors, "gru_2layers", layers=2)
    gru_case(tensors, "gru_given_state", layers=2, given=True)
    gru_case(tensors, "gru_masked", mask=GAPS)
    gru_case(tensors, "gru_truncated", truncation=3)
    golden.write_safetensors("temporal_gru", tensors, {"torch": torch.__version__})


def write_conv_gru():
    tensors, maps = {}, (3, 4)
    gru_case(tensors, "conv_gru_k1", maps=maps)
    gru_case(tensors, "conv_gru_k3", 3, 2, maps)
    gru_case(tensors, "conv_gru_k3_masked", 3, 2, maps, mask=GAPS)
    golden.write_safetensors("temporal_conv_gru", tensors, {"torch": torch.__version__})


class Clips(nn.Module):
    """What both stages have: the extractor and the recurrent layer."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(collections.OrderedDict(
            conv1=nn.Conv2d(3, 6, 3, 2, 1), bn1=nn.BatchNorm2d(6), relu1=nn.ReLU(),
            conv2=nn.Conv2d(6, WIDTH, 3, 2, 1), bn2=nn.BatchNorm2d(WIDTH), relu2=nn.ReLU()))
        self.temporal = Gru(WIDTH, WIDTH)


class Stage1(Clips):
    """Predictive coding: a context of blocks of frames, and predictions of the blocks after it."""
    CLIPS, BLOCKS, FRAMES, CONTEXT = 2, 6, 2, 4
    ROWS = BLOCKS * FRAMES * CLIPS

    def __init__(self):
        super().__init__()
        self.predict = nn.Sequential(nn.Conv2d(WIDTH, WIDTH, 1), nn.ReLU(), nn.Conv2d(WIDTH, WIDTH, 1))

    def forward(self, x):
        """The loss, and the tensors it is made of."""
        frames = self.features(x).unflatten(0, (self.BLOCKS, self.FRAMES, self.CLIPS))
        blocks = frames.mean(1)
        states = self.temporal.zero(self.CLIPS, blocks.shape[3:])
        for block in blocks[:self.CONTEXT]:
            states = self.temporal.step(block, states)
        predictions = []
        for _ in range(self.CONTEXT, self.BLOCKS):
            predictions.append(self.predict(states[-1]))
            states = self.temporal.step(predictions[-1], states)
        predictions, targets = torch.cat(predictions), blocks[self.CONTEXT:].flatten(0, 1)
        a, b = (rows.permute(0, 2, 3, 1).flatten(0, 2) for rows in (predictions, targets))  # order k, n, y, x
        scores = a @ b.T
        loss = functional.cross_entropy(scores, torch.arange(len(scores)))
        assert_close((scores.logsumexp(1) - (a * b).sum(1)).mean(), loss, "InfoNCE")
        return loss, {"predictions": predictions, "targets": targets}

    def given(self):
        return {}


class Stage2(Clips):
    """Regression where there are labels."""
    MASK = numpy.array([[1, 1], [1, 1], [0, 1], [1, 0], [1, 0]])  # steps, clips
    ROWS = int(MASK.sum())
    UNITS = 3

    def __init__(self):
        super().__init__()
        self.regressor = nn.Sequential(collections.OrderedDict(
            pool=nn.AdaptiveAvgPool2d(1), fc=nn.Conv2d(WIDTH, self.UNITS, 1)))
        self.labels = 2.5 + 2.5 * golden.hashed("labels", (self.ROWS, self.UNITS))
        self.labels[[0, 2, 3, 5]] = numpy.nan
        self.labels[4, 1] = numpy.nan

    def forward(self, x):
        rows, _ = self.temporal(self.features(x), torch.tensor(self.MASK, dtype=torch.bool))
        output = self.regressor(rows)
        labels = torch.tensor(self.labels)
        known = ~labels.isnan()
        return (output[..., 0, 0] - labels)[known].square().mean(), {"output": output}

    def given(self):
        return {"mask": self.MASK.astype(numpy.float64), "labels": self.labels}


def stage_value(name, shape):
    return gru_value(name, shape) if name.startswith("temporal.") else golden.hashed_parameter(name, shape)


class Run:
    """Three steps of Adam of a stage on the input hashed from `image`."""

    def __init__(self, make, image):
        self.net = net = make().double().train()
        self.closest = float("inf")
        for module in net.modules():
            if isinstance(module, nn.ReLU):
                module.register_forward_pre_hook(self.look)
        before = {name: torch.tensor(stage_value(name, tuple(value.shape)))
                  for name, value in record.state_of(net).items()}
        net.load_state_dict(before, strict=False)
        trained = dict(net.named_parameters())
        self.parameters, self.buffers = sorted(trained), sorted(set(before) - set(trained))
        self.tensors = {name: record.double(value).copy() for name, value in before.items()} | net.given()

        x = torch.tensor(golden.hashed(image, (net.ROWS, 3, SIDE, SIDE)), requires_grad=True)
        adam = torch.optim.Adam(trained.values(), lr=1e-3, weight_decay=1e-6)
        losses = []
        for step in range(STEPS):
            loss, parts = net(x)
            if self.closest < kinks.CLEARANCE:
                return
            adam.zero_grad()
            for part in parts.values():
                part.retain_grad()
            loss.backward()
            losses.append(loss.item())
            if step == 0:
                self.tensors |= {name: record.double(part).copy() for name, part in parts.items()}
                self.tensors |= {name + "_gradient": record.double(value.grad).copy()
                                 for name, value in (trained | parts).items()}
                self.tensors |= record.describe("input_gradient", record.double(x.grad))
                self.keep_buffers("_after_first")
            adam.step()
        self.keep_buffers("_after")
        self.tensors["loss"] = numpy.array(losses)
        for name in trained:
            self.tensors[name + "_movement"] = record.double(trained[name] - before[name])

    def look(self, _, inputs):
        self.closest = min(self.closest, inputs[0].detach().abs().min().item())

    def keep_buffers(self, end):
        state = self.net.state_dict()
        self.tensors |= {name + end: record.double(state[name]).copy() for name in self.buffers}


def write_stage(name, make):
    """On the first of the inputs `input`, `input1`, ... that keeps all steps off the kinks."""
    for attempt in itertools.chain([""], range(1, INPUT_NAMES)):
        image = f"input{attempt}"
        run = Run(make, image)
        if run.closest >= kinks.CLEARANCE:
            break
    else:
        raise AssertionError(f"{name}: all inputs come close to a kink")
    golden.write_safetensors("temporal_" + name, run.tensors, {
        "torch": torch.__version__, "input": image, "closest": f"{run.closest:.3g}",
        "parameters": "\n".join(run.parameters), "buffers": "\n".join(run.buffers)})
    print(f"  {image}, {run.closest:.3g} from a kink, losses {run.tensors['loss']}")


FILES = {"gru": write_gru, "conv_gru": write_conv_gru, "stage1": lambda: write_stage("stage1", Stage1),
         "stage2": lambda: write_stage("stage2", Stage2)}

if __name__ == "__main__":
    torch.set_num_threads(1)
    for file in sys.argv[1:] or FILES:
        FILES[file]()
