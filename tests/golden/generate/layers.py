#!/usr/bin/env python3
"""Writes layers.safetensors: single layers on small inputs, forward and backward, by PyTorch (made with 1.13) in
double precision. tests/golden/README.md describes the file.

    python3 tests/golden/generate/layers.py
"""
import numpy
import torch
from torch import nn
from torch.nn import functional

import golden

CONVOLUTIONS = [  # kernel, stride, padding, bias
    (1, 1, 0, False), (1, 1, 0, True), (1, 2, 0, False), (3, 1, 1, False), (3, 1, 1, True), (3, 2, 1, False),
    (3, 1, 0, True), (3, 2, 0, False), (5, 1, 2, False), (5, 2, 2, True), (7, 1, 3, False), (7, 2, 3, True),
]


def case(tensors, name, layer, shape, make_input=golden.hashed, parameters=None):
    """`layer(x, *parameters)` on a hashed input; the gradient of a hashed direction by everything."""
    inputs = {"input": torch.tensor(make_input(name + ".input", shape), requires_grad=True)}
    inputs |= {key: torch.tensor(value, requires_grad=True) for key, value in (parameters or {}).items()}
    output = layer(*inputs.values())
    direction = golden.hashed(name + ".output_gradient", tuple(output.shape))
    output.backward(torch.tensor(direction))
    tensors[name + ".output"] = output.detach().numpy()
    tensors[name + ".output_gradient"] = direction
    for key, value in inputs.items():
        tensors[f"{name}.{key}"] = value.detach().numpy()
        tensors[f"{name}.{key}_gradient"] = value.grad.numpy()


def kinks(name, shape):
    """Numbers in [-9, 9), and exactly 0, -0 and 6, where the activations' slopes jump."""
    values = golden.hashed(name, shape) * 9
    values.reshape(-1)[:4] = [0.0, -0.0, 6.0, 0.0]
    return values


def main():
    tensors = {}
    for kernel, stride, padding, bias in CONVOLUTIONS:
        name = f"conv_k{kernel}_s{stride}_p{padding}" + ("_bias" if bias else "")
        parameters = {"weight": golden.hashed_parameter(name + ".weight", (4, 3, kernel, kernel))}
        if bias:
            parameters["bias"] = golden.hashed_parameter(name + ".bias", (4,))
        case(tensors, name, lambda x, *p, s=stride, pad=padding: functional.conv2d(x, *p, stride=s, padding=pad),
             (2, 3, 7, 6), parameters=parameters)

    for training in (True, False):
        name = "batch_norm_" + ("train" if training else "eval")
        layer = nn.BatchNorm2d(3)
        for buffer in ("running_mean", "running_var"):
            value = golden.hashed_parameter(f"{name}.{buffer}", (3,))
            setattr(layer, buffer, torch.tensor(value))
            tensors[f"{name}.{buffer}"] = value.copy()
        parameters = {key: golden.hashed_parameter(f"{name}.{key}", (3,)) for key in ("weight", "bias")}
        case(tensors, name, lambda x, w, b: functional.batch_norm(
            x, layer.running_mean, layer.running_var, w, b, training, layer.momentum, layer.eps),
            (2, 3, 5, 4), lambda n, s: 1.5 + 2 * golden.hashed(n, s), parameters)
        for buffer in ("running_mean", "running_var"):
            tensors[f"{name}.{buffer}_after"] = getattr(layer, buffer).numpy()

    case(tensors, "relu", functional.relu, (2, 3, 4, 3), kinks)
    case(tensors, "relu6", functional.relu6, (2, 3, 4, 3), kinks)
    case(tensors, "max_pool_k2_s2_p0", lambda x: functional.max_pool2d(x, 2), (2, 3, 7, 6))
    case(tensors, "max_pool_k3_s2_p1", lambda x: functional.max_pool2d(x, 3, 2, 1), (2, 3, 7, 6))
    case(tensors, "average_pool_k2_s2_p0", lambda x: functional.avg_pool2d(x, 2), (2, 3, 7, 6))
    case(tensors, "average_pool_k3_s2_p1", lambda x: functional.avg_pool2d(x, 3, 2, 1), (2, 3, 7, 6))
    case(tensors, "upsample_nearest_2", lambda x: functional.interpolate(x, scale_factor=2), (2, 3, 3, 4))
    case(tensors, "upsample_bilinear_2", lambda x: functional.interpolate(
        x, scale_factor=2, mode="bilinear", align_corners=False), (2, 3, 3, 4))
    case(tensors, "squared_error", lambda x, t: (x - t).square().mean().reshape(1, 1, 1, 1), (2, 3, 3, 4),
         parameters={"target": golden.hashed("squared_error.target", (2, 3, 3, 4))})
    golden.write_safetensors("layers", tensors, {"torch": torch.__version__})


main()
