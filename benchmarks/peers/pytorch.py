"""PyTorch as a worker (protocol.py).  pytorch.py <setting> <folder> <threads>

Settings: eager, compile (torch.compile; inference with frozen, packed weights), jit (traced, optimize_for_inference);
"channels_last" after a dot for that layout, "bf16" for autocast to bfloat16: "compile.channels_last.bf16".
"""
import contextlib
import sys

import layouts
import protocol
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional


class PyTorch(protocol.Worker):
    def __init__(self, setting, folder, threads):
        super().__init__()
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(1)
        torch.set_float32_matmul_precision("highest")
        self.kind, *options = setting.split(".")
        self.layout = torch.channels_last if "channels_last" in options else torch.contiguous_format
        self.bf16 = "bf16" in options
        self.folder = folder

    def precision(self):
        return torch.autocast("cpu", dtype=torch.bfloat16) if self.bf16 else contextlib.nullcontext()

    def network(self, net):
        network = layouts.make(net)
        network.load_state_dict(load_file(layouts.weights(self.folder, net)), strict=False)
        return network.to(memory_format=self.layout)

    def tensor(self, file, name):
        return load_file(file)[name].to(memory_format=self.layout)

    @staticmethod
    def compiled(function, freezing):
        from torch._inductor import config  # slow to import, and few need it

        config.freezing = freezing
        return torch.compile(function, dynamic=False)

    def inference(self, net, batch):
        network, image = self.network(net).eval(), self.tensor(layouts.image(self.folder, batch), "input")
        if self.kind == "jit":
            with torch.no_grad(), self.precision():
                network = torch.jit.optimize_for_inference(torch.jit.trace(network, image))
        elif self.kind == "compile":
            network = self.compiled(network, freezing=True)

        def call():
            # Frozen graphs are made under no_grad; inference_mode is what eager gains by.
            with torch.inference_mode() if self.kind == "eager" else torch.no_grad(), self.precision():
                return network(image)

        return call

    def training(self, net, batch, learning_rate=1e-6):
        network, image = self.network(net).train(), self.tensor(layouts.image(self.folder, batch), "input")
        target = self.tensor(layouts.targets(self.folder, net, batch), "target")
        # Not the multi-tensor update: it is no faster on a CPU.
        optimiser = torch.optim.RMSprop(network.parameters(), lr=learning_rate, foreach=False)

        def loss_of(image, target):
            output = network(image)
            return functional.mse_loss(output, target.repeat(1, output.shape[1] // target.shape[1], 1, 1))

        if self.kind == "compile":
            loss_of = self.compiled(loss_of, freezing=False)

        def step():
            optimiser.zero_grad(set_to_none=True)
            with self.precision():
                loss = loss_of(image, target)
            loss.backward()
            optimiser.step()
            return float(loss)

        step.network = network
        return step

    def write_output(self, net, batch, file):
        save_file({"output": self.call_of("infer", net, batch)().float().contiguous()}, file)

    def write_gradients(self, net, batch, file):
        step = self.training(net, batch, learning_rate=0)
        loss = step()
        save_file({name: value.grad.contiguous() for name, value in step.network.named_parameters()}, file)
        return loss


if __name__ == "__main__":
    protocol.serve(PyTorch(sys.argv[1], sys.argv[2], int(sys.argv[3])))
