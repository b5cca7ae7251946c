#!/usr/bin/env python3
"""Writes contrastive.safetensors: the contrastive loss on hashed features, forward and backward, by PyTorch (made with
2.15) in double precision. tests/golden/README.md describes the file.

    build/bench/venv/bin/python tests/golden/generate/contrastive.py
"""
import numpy
import torch
from torch.nn import functional

import golden

CASES = [  # name, images, channels, height, width, temperature, factor of the features
    ("maps", 4, 5, 2, 3, 1.0, 1.5),
    ("single_pixels", 9, 8, 1, 1, 0.1, 0.5),
    ("two_rows", 1, 3, 1, 2, 0.5, 2.0),
]


def rows_of(features):
    """{images, channels, height, width} -> {rows, channels}, image by image and row by row."""
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])


def main():
    tensors = {}
    for name, images, channels, height, width, temperature, factor in CASES:
        shape = (images, channels, height, width)
        target_values = factor * golden.hashed(f"{name}.target", shape)
        # Predictions that are often right: half of their targets, and noise.
        prediction_values = 0.5 * target_values + factor * golden.hashed(f"{name}.prediction", shape)
        prediction = torch.tensor(prediction_values, requires_grad=True)
        target = torch.tensor(target_values, requires_grad=True)
        scores = rows_of(prediction) @ rows_of(target).T / temperature
        truth = torch.arange(len(scores))
        loss = functional.cross_entropy(scores, truth)
        loss.backward()
        found = scores.topk(min(5, len(scores)), dim=1).indices == truth[:, None]
        tensors[f"{name}.shape"] = numpy.array(shape, dtype=numpy.int64)
        tensors[f"{name}.temperature"] = numpy.array([temperature])
        tensors[f"{name}.factor"] = numpy.array([factor])
        tensors[f"{name}.loss"] = loss.detach().numpy().reshape(1)
        tensors[f"{name}.top1"] = found[:, :1].any(dim=1).double().mean().numpy().reshape(1)
        tensors[f"{name}.top5"] = found.any(dim=1).double().mean().numpy().reshape(1)
        tensors[f"{name}.prediction_gradient"] = prediction.grad.numpy()
        tensors[f"{name}.target_gradient"] = target.grad.numpy()
    golden.write_safetensors("contrastive", tensors,
                             {"torch": torch.__version__, "cases": "\n".join(case[0] for case in CASES)})


main()
