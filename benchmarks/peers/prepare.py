"""Writes what the workers of scripts/bench cpu read: weights, inputs, targets, ONNX files, and the outputs and
gradients in double precision that theirs are compared with.

    prepare.py <folder> <net>... -- <batch of inference>... -- <batch of training>...

Weights and inputs are those of the golden tests: hashed from their names. A file that is there is not written again.
"""
import pathlib
import sys
import warnings

import layouts
import golden
import numpy
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file
from torch.nn import functional

# Images whose gradients are checked; few, for double precision takes twice the memory.
CHECKED = 2


def split(words):
    groups = [[]]
    for word in words:
        groups.append([]) if word == "--" else groups[-1].append(word)
    return groups


def write_weights(folder, net, path):
    state = layouts.make(net).state_dict()
    save_file({name: golden.hashed_parameter(name, tuple(value.shape)).astype(numpy.float32)
               for name, value in state.items() if not name.endswith("num_batches_tracked")},
              path)


def write_input(folder, batch, path):
    values = golden.hashed("input", (batch, 3, layouts.SIDE, layouts.SIDE))
    save_file({"input": values.astype(numpy.float32)}, path)


def write_targets(folder, net, batch, path):
    """Maps of one blob each, a exp(-d^2 / (2 a^2)), and where the blobs are: aurum renders them itself."""
    maps, width = layouts.MAPS[net], layouts.SIDE // 4
    centres = (width / 2 * (1 + 0.8 * golden.hashed("centres", (batch, maps, 2)))).astype(numpy.float32)
    intensity = (2.75 + 2.25 * golden.hashed("intensity", (batch, maps))).astype(numpy.float32)
    x = numpy.arange(width, dtype=numpy.float32)
    squared = (x - centres[..., 0, None])[:, :, None, :] ** 2 + (x - centres[..., 1, None])[:, :, :, None] ** 2
    a = intensity[:, :, None, None]
    exponent = squared / (2 * a * a)
    target = numpy.where(exponent < 80, a * numpy.exp(-exponent), 0).astype(numpy.float32)
    save_file({"centres": centres, "intensity": intensity, "target": target}, path)


def loaded(folder, net):
    network = layouts.make(net)
    network.load_state_dict(load_file(layouts.weights(folder, net)), strict=False)
    return network.eval()


def write_onnx(folder, net, batch, path):
    image = load_file(layouts.image(folder, batch))["input"]
    torch.onnx.export(loaded(folder, net), (image,), str(path), input_names=["input"],
                      output_names=["output"], dynamo=False)


def write_exact_output(folder, net, path):
    with torch.inference_mode():
        output = loaded(folder, net).double()(load_file(layouts.image(folder, 1))["input"].double())
    save_file({"output": output.numpy()}, path)


def write_exact_gradients(folder, net, path):
    network = loaded(folder, net).double().train()
    output = network(load_file(layouts.image(folder, CHECKED))["input"].double())
    target = load_file(layouts.targets(folder, net, CHECKED))["target"].double()
    loss = functional.mse_loss(output, target.repeat(1, output.shape[1] // target.shape[1], 1, 1))
    loss.backward()
    save_file({name: value.grad.numpy() for name, value in network.named_parameters()}, path)


def main(folder, nets, inference, training):
    warnings.filterwarnings("ignore")
    folder.mkdir(parents=True, exist_ok=True)

    def want(path, write, *arguments):
        if not path.exists():
            print("writing", path.name, flush=True)
            part = path.with_suffix(".part")
            write(folder, *arguments, part)
            part.rename(path)

    training = training and [CHECKED, *training]
    for batch in sorted({1, *inference, *training}):
        want(layouts.image(folder, batch), write_input, batch)
    for net in nets:
        want(layouts.weights(folder, net), write_weights, net)
        for batch in inference:
            want(layouts.onnx(folder, net, batch), write_onnx, net, batch)
        want(folder / f"{net}_exact_output.safetensors", write_exact_output, net)
        for batch in training:
            want(layouts.targets(folder, net, batch), write_targets, net, batch)
        if training:
            want(folder / f"{net}_exact_gradients.safetensors", write_exact_gradients, net)


if __name__ == "__main__":
    nets, inference, training = split(sys.argv[2:])
    main(pathlib.Path(sys.argv[1]), nets, [int(n) for n in inference], [int(n) for n in training])
