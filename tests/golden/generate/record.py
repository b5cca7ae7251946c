"""What networks.py and methods.py share: hashed weights moved off the kinks, an inference and training steps on them,
and what a golden file keeps of it all. Needs PyTorch."""
import dataclasses
import typing

import numpy
import torch
from torch.nn import functional

import golden
import kinks
from torch_networks import WATCH

BATCH = 2
SAMPLES = 1024  # numbers kept of an output or input gradient
FIRST = 8       # numbers kept of a parameter's gradient
ALL = -1        # channels
STEPS = 3       # of the optimiser


@dataclasses.dataclass
class Network:
    """What a file is made of. `shifts(net, image)` gives moves by hand: (parameter, channel or ALL, steps of kinks.py).
    `steps`: whether it holds optimiser steps too; `clear` how far from any kink they have to stay."""
    make: typing.Callable
    side: int
    count: int | None = None  # of trainable parameters
    shifts: typing.Callable = lambda net, image: []
    steps: bool = False
    clear: float = 0

    def image(self):
        return torch.tensor(golden.hashed("input", (BATCH, 3, self.side, self.side)))


def shifted(end, steps):
    """Shifts for all parameters whose names end so."""
    return lambda net, image: [(name, ALL, steps) for name, _ in net.named_parameters() if name.endswith(end)]


def freeze(net):
    """Nothing of `net` learns, nor do its batch norms in training look at the batch or follow it."""
    for module in net.modules():
        module.still = True
    return net.requires_grad_(False)


def train(net):
    """Training mode for all but what is frozen."""
    net.train()
    for module in net.modules():
        if getattr(module, "still", False):
            module.eval()


def still(net):
    """The names of the parameters and buffers that training must not move."""
    names = {name for name, value in net.named_parameters() if not value.requires_grad}
    for path, module in net.named_modules():
        if getattr(module, "still", False):
            names |= {f"{path}.{name}" for name, _ in module.named_buffers(recurse=False)}
    return sorted(name for name in names if not name.endswith("num_batches_tracked"))


def double(tensor):
    return tensor.detach().double().numpy()


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


def digests(names, values):
    return numpy.stack([digest(name, double(values[name])) for name in names])


def describe(prefix, array):
    return {prefix + ".sample": sample(array).copy(), prefix + ".digest": digest(prefix, array)}


def state_of(net):
    return {name: value for name, value in net.state_dict().items() if not name.endswith("num_batches_tracked")}


def nudged_state(network):
    """The hashed weights and buffers of a network, in double, first shifted, then nudged so that no activation lies
    near a kink in training; and the moves that led to them, by hand and by nudging: (parameter, channel, steps)."""
    net = network.make().double()
    state = {name: torch.tensor(golden.hashed_parameter(name, tuple(value.shape)))
             for name, value in state_of(net).items()}
    net.load_state_dict(state, strict=False)
    image = network.image()
    shifts = network.shifts(net, image)
    for name, channel, steps in shifts:
        value = net.get_parameter(name).data
        chosen = slice(None) if channel == ALL else channel
        value[chosen] = kinks.moved(value[chosen], steps)
    train(net)
    with torch.no_grad(), WATCH.looking(nudging=True):
        net(image)
    nudges = [(f"{name}.{parameter}", channel, steps) for name, module in net.named_modules()
              for channel, steps in enumerate(getattr(module, "steps", ())) if steps
              for parameter in ("weight", "bias")]
    parameters = {name: value.data for name, value in net.named_parameters()}
    return state | parameters, shifts, nudges


class Run:
    """Everything that a file holds, computed in `dtype` and kept in double precision."""

    def __init__(self, network, state, dtype):
        self.network, self.state = network, {name: value.to(dtype) for name, value in state.items()}
        self.net = network.make().to(dtype)
        self.net.load_state_dict(self.state, strict=False)
        self.trainable = {name: value for name, value in self.net.named_parameters() if value.requires_grad}
        self.parameters = sorted(self.trainable)
        self.buffers = sorted(set(state) - {name for name, _ in self.net.named_parameters()})
        self.image = network.image().to(dtype).requires_grad_()
        self.tensors = {}
        self.inference()
        self.training()

    def inference(self):
        self.net.eval()
        with torch.no_grad():
            output = self.net(self.image)
        self.target = torch.tensor(golden.hashed("target", tuple(output.shape)), dtype=output.dtype)
        self.tensors |= {**describe("eval.output", double(output)),
                         "eval.loss": double(functional.mse_loss(output, self.target)).reshape(1),
                         "shape": numpy.array(output.shape, dtype=numpy.int64)}

    def back(self):
        """Output and loss of a training step, with new gradients."""
        self.net.zero_grad()
        self.image.grad = None
        output = self.net(self.image)
        loss = functional.mse_loss(output, self.target)
        loss.backward()
        return output, double(loss).reshape(1)

    def training(self):
        train(self.net)
        with WATCH.looking():
            output, self.tensors["train.loss"] = self.back()
        self.closest = WATCH.closest
        self.tensors |= (describe("train.output", double(output)) |
                         describe("train.input_gradient", double(self.image.grad)))
        self.gradients = {name: double(value.grad).copy() for name, value in self.trainable.items()}
        self.tensors["train.gradient"] = numpy.stack([digest(name, self.gradients[name]) for name in self.parameters])
        self.tensors["train.buffer"] = digests(self.buffers, state_of(self.net))

    def steps(self):
        """Goes on from the gradients of `training` with the optimiser of Ntinou et al. 2020."""
        adam = torch.optim.Adam(self.trainable.values(), lr=1e-3, weight_decay=1e-6)
        losses = [self.tensors["train.loss"]]
        adam.step()
        with WATCH.looking():
            while len(losses) < STEPS:
                losses.append(self.back()[1])
                adam.step()
        self.closest_in_steps = WATCH.closest
        after = state_of(self.net)
        movement = {name: after[name] - self.state[name] for name in after}
        self.tensors["steps.loss"] = numpy.concatenate(losses)
        self.tensors["steps.movement"] = digests(self.parameters, movement)
        self.tensors["steps.buffer"] = digests(self.buffers, after)
        quiet = still(self.net)
        for name, moved in movement.items():
            assert (name in quiet) != bool(moved.any()), f"{name} moved, or should have"


def relative(actual, expected):
    """Largest and RMS deviation in units of the RMS of `expected`."""
    deviation, scale = numpy.abs(actual - expected), numpy.sqrt(numpy.mean(expected**2))
    return deviation.max() / scale, numpy.sqrt(numpy.mean(deviation**2)) / scale


def single_precision_errors(exact, single):
    """How far PyTorch is off in float: another program's rounding errors are of this size."""
    errors = {key: relative(single.tensors[key + ".sample"], exact.tensors[key + ".sample"])[0]
              for key in ("eval.output", "train.output")}
    errors["train.input_gradient"] = relative(single.tensors["train.input_gradient.sample"],
                                              exact.tensors["train.input_gradient.sample"])[1]
    # Biases right before a batch norm have no gradient but rounding errors.
    errors["train.gradient"] = max(relative(single.gradients[name], exact.gradients[name])[1]
                                   for name in exact.parameters if numpy.abs(exact.gradients[name]).max() > 1e-12)
    return {"float_error." + key: f"{error:.2g}" for key, error in errors.items()}


def write(file, network):
    """tests/golden/<file>.safetensors."""
    state, shifts, nudges = nudged_state(network)
    run = Run(network, state, torch.float64)
    count = sum(value.numel() for value in run.trainable.values())
    assert network.count in (None, count), f"{file}: {count} parameters, expected {network.count}"
    assert run.closest > 0.999 * kinks.CLEARANCE, f"{file}: an activation {run.closest} from a kink"
    index = {name: i for i, name in enumerate(run.parameters + still(run.net))}
    rows = [(index[name], channel, steps) for name, channel, steps in shifts + nudges]
    run.tensors["moves"] = numpy.array(rows, dtype=numpy.int64).reshape(-1, 3)
    metadata = {"torch": torch.__version__, "parameter_count": str(count), "closest": f"{run.closest:.3g}",
                **single_precision_errors(run, Run(network, state, torch.float32)),
                "parameters": "\n".join(run.parameters), "buffers": "\n".join(run.buffers)}
    if network.steps:
        run.steps()
        metadata |= {"still": "\n".join(still(run.net)), "closest_in_steps": f"{run.closest_in_steps:.3g}"}
        assert run.closest_in_steps > network.clear, f"{file}: {run.closest_in_steps} from a kink in a later step"
    golden.write_safetensors(file, run.tensors, metadata)
    steps = [abs(steps) for _, _, steps in nudges]
    short = {key: value for key, value in metadata.items() if "closest" in key or "float" in key}
    print(f"  {len(steps) // 2} channels moved by up to {max(steps, default=0)} steps; {short}", flush=True)
