"""Writes what the workers of scripts/bench cpu and cuda read: weights, inputs, targets, ONNX files, and the outputs and
gradients in double precision that theirs are compared with.

Weights and inputs are those of the golden tests: hashed from their names; a batch begins with the images of smaller
ones. A file that is there is not written again.
"""
import argparse
import pathlib
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


def double(folder, net, device):
    return loaded(folder, net).double().to(device)


def write_exact_output(folder, net, images, device, path):
    network, image = double(folder, net, device), load_file(layouts.image(folder, images))["input"].double()
    with torch.inference_mode():
        parts = [network(part.to(device)).cpu() for part in image.split(8)]
    save_file({"output": torch.cat(parts).numpy()}, path)


def write_exact_gradients(folder, net, device, path):
    network = layouts.train(double(folder, net, device))
    output = network(load_file(layouts.image(folder, CHECKED))["input"].double().to(device))
    target = load_file(layouts.targets(folder, net, CHECKED))["target"].double().to(device)
    loss = functional.mse_loss(output, target.repeat(1, output.shape[1] // target.shape[1], 1, 1))
    loss.backward()
    save_file({name: value.grad.cpu().numpy() for name, value in network.named_parameters() if value.requires_grad},
              path)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--networks", nargs="+", required=True)
    parser.add_argument("--inference", nargs="*", type=int, default=[], help="batches")
    parser.add_argument("--training", nargs="*", type=int, default=[], help="batches")
    parser.add_argument("--onnx", action="store_true", help="ONNX files of the batches of inference")
    parser.add_argument("--exact", type=int, default=1, help="images whose output is computed in double precision")
    parser.add_argument("--device", default="cpu", help="that computes in double precision")
    return parser.parse_args()


def main(options):
    warnings.filterwarnings("ignore")
    folder, device = options.folder, options.device
    folder.mkdir(parents=True, exist_ok=True)

    def want(path, write, *arguments):
        if not path.exists():
            print("writing", path.name, flush=True)
            part = path.with_suffix(".part")
            write(folder, *arguments, part)
            part.rename(path)

    training = options.training and [CHECKED, *options.training]
    for batch in sorted({1, options.exact, *options.inference, *training}):
        want(layouts.image(folder, batch), write_input, batch)
    for net in options.networks:
        want(layouts.weights(folder, net), write_weights, net)
        for batch in options.inference if options.onnx else []:
            want(layouts.onnx(folder, net, batch), write_onnx, net, batch)
        want(layouts.exact_output(folder, net, options.exact), write_exact_output, net, options.exact, device)
        for batch in training:
            want(layouts.targets(folder, net, batch), write_targets, net, batch)
        if training:
            want(layouts.exact_gradients(folder, net), write_exact_gradients, net, device)


if __name__ == "__main__":
    main(parse())
