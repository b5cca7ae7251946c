"""Keeps the activations of the golden networks away from the places where gradients jump: the kinks of ReLU and ReLU6,
and the ties of max pooling, where the two greatest values of a window change places. An activation that lies within
rounding of such a place may send its gradient another way in every program, so that gradients in float could not be
compared. Needs PyTorch."""
import contextlib

import torch
from torch.nn import functional

# Activations are of the order of 1, their rounding errors in float mostly of 1e-6 to 1e-5.
CLEARANCE = 2.0**-13
STEPS_PER_UNIT = 256
MOST_STEPS = 64  # so that no weight of a batch norm comes near zero
KINKS = {functional.relu: (0,), functional.relu6: (0, 6)}


def moved(values, steps):
    """Weights or biases moved by whole steps and rounded to float."""
    return (values + steps / STEPS_PER_UNIT).float().to(values.dtype)


class Watch:
    """The rectifier of the golden networks, which while `looking` sees how close activations come.

    While `nudging` too, it moves weight and bias of single channels of the batch norms until nothing comes closer than
    CLEARANCE. One run does it, front to back: a move changes what follows, but neither what came before nor the
    statistics of its own batch norm."""

    def __init__(self):
        self.watching = self.nudging = False
        self.closest = float("inf")

    @contextlib.contextmanager
    def looking(self, nudging=False):
        """Within it `closest` is found anew."""
        self.watching, self.nudging, self.closest = True, nudging, float("inf")
        yield
        self.watching = self.nudging = False

    def rectify(self, activation, bn, x, shortcut=0, pooled_with=None):
        """activation(bn(x) + shortcut). `pooled_with`: what is added to that before a pooling, if one follows."""

        def distances():
            """Of the closest activation in each channel."""
            statistics = (None, None) if bn.training else (bn.running_mean, bn.running_var)
            z = functional.batch_norm(x, *statistics, bn.weight, bn.bias, training=bn.training, eps=bn.eps) + shortcut
            found = [(z - kink).abs().amin((0, 2, 3)) for kink in KINKS[activation]]
            if pooled_with is not None:
                windows = (activation(z) + pooled_with).unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)
                greatest = windows.amax(4, keepdim=True)
                # Values that are equal because both were clipped are equal in every program.
                others = windows.masked_fill(windows == greatest, -float("inf"))
                found.append((greatest[..., 0] - others.amax(4)).amin((0, 2, 3)))
            return torch.stack(found).amin(0)

        if self.watching:
            with torch.no_grad():
                if self.nudging:
                    bn.steps = self.nudge(bn, distances)
                self.closest = min(self.closest, distances().min().item())
        return activation(bn(x) + shortcut)

    @staticmethod
    def nudge(bn, distances):
        """Tries 1, -1, 2, -2, ... steps on the channels that come too close; returns the steps of each channel."""
        weight, bias = bn.weight.data, bn.bias.data
        steps = torch.zeros(len(weight), dtype=torch.int64)
        while (close := distances() < CLEARANCE).any():
            steps[close] = torch.where(steps[close] > 0, -steps[close], 1 - steps[close])
            bn.weight.data, bn.bias.data = moved(weight, steps), moved(bias, steps)
            assert steps.abs().max() <= MOST_STEPS, "no move helps; other hashed inputs would"
        return steps.tolist()
