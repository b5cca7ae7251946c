"""PyTorch as a worker (protocol.py).  pytorch.py <setting> <folder> <threads>

Settings: eager, compile (torch.compile; inference with frozen, packed weights), graphs (the same with CUDA graphs: its
mode "reduce-overhead"), jit (traced, optimize_for_inference). After dots "channels_last" for that layout; "cuda" for a
GPU; "bf16" for autocast to bfloat16 (inference on a GPU: the whole network, which is faster), "tf32" for a GPU's
multiplications in TF32: "compile.channels_last.cuda.bf16".

On a GPU a call begins with images in the host's pinned memory and ends with the heatmaps there, or with the loss; the
targets of training stay on the GPU, and a step's images are copied while the step before goes back, as aurum's are.
cuDNN tries its algorithms out.
"""
import contextlib
import fcntl
import os
import sys

import layouts
import protocol
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional


class Turn:
    """Workers that prepare beside each other compute one at a time: what is tried out is timed undisturbed. The file
    that environment variable AURUM_BENCH_TURN names is locked meanwhile."""

    def __init__(self):
        path = os.environ.get("AURUM_BENCH_TURN")
        self.file = open(path, "a") if path else None

    def take(self):
        if self.file:
            fcntl.flock(self.file, fcntl.LOCK_EX)

    def give(self):
        """For good: from then on the harness says whose turn it is."""
        if self.file:
            self.file.close()
            self.file = None


class Ahead:
    """Images that lie in the host's pinned memory, on the GPU. `begin` copies the next ones beside what computes."""

    def __init__(self, images):
        self.images, self.stream, self.next = images, torch.cuda.Stream(), None

    def begin(self):
        with torch.cuda.stream(self.stream):
            self.next = self.images.to("cuda", non_blocking=True)

    def take(self):
        if self.next is None:
            self.begin()
        torch.cuda.current_stream().wait_stream(self.stream)
        self.next.record_stream(torch.cuda.current_stream())
        taken, self.next = self.next, None
        return taken


class Converted(nn.Module):
    """A network in another element type, between images and heatmaps in float."""

    def __init__(self, network, dtype):
        super().__init__()
        self.network, self.dtype = network.to(dtype), dtype

    def forward(self, image):
        return self.network(image.to(self.dtype)).float()


class PyTorch(protocol.Worker):
    def __init__(self, setting, folder, threads):
        super().__init__()
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(1)
        self.kind, *options = setting.split(".")
        self.layout = torch.channels_last if "channels_last" in options else torch.contiguous_format
        self.bf16 = "bf16" in options
        self.cuda = "cuda" in options
        self.device = torch.device("cuda" if self.cuda else "cpu")
        self.folder = folder
        self.turn = Turn()
        tf32 = self.cuda and (self.bf16 or "tf32" in options)
        torch.set_float32_matmul_precision("high" if tf32 else "highest")
        torch.backends.cudnn.allow_tf32 = tf32
        torch.backends.cudnn.benchmark = True

    def precision(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16) if self.bf16 else contextlib.nullcontext()

    def network(self, net):
        network = layouts.make(net)
        network.load_state_dict(load_file(layouts.weights(self.folder, net)), strict=False)
        return network.to(self.device, memory_format=self.layout)

    def tensor(self, file, name):
        return load_file(file)[name].to(memory_format=self.layout)

    def images(self, batch):
        """In the host's memory; a GPU reads them from there itself."""
        images = self.tensor(layouts.image(self.folder, batch), "input")
        return images.pin_memory() if self.cuda else images

    # --- torch.compile ---------------------------------------------------------------------------------------
    def compiled(self, function, freezing):
        from torch._inductor import config  # slow to import, and few need it

        config.freezing = freezing
        return torch.compile(function, dynamic=False, backend=self.inductor if self.cuda else "inductor")

    def inductor(self, graph, inputs):
        """What backend "inductor" is, but what it compiled first runs when it is this worker's turn."""
        from torch._inductor import list_mode_options
        from torch._inductor.compile_fx import compile_fx

        options = list_mode_options("reduce-overhead", False) if self.kind == "graphs" else {}
        function = compile_fx(graph, inputs, config_patches=options)

        def run(*arguments):
            self.turn.take()
            return function(*arguments)

        return run

    def begin_step(self):
        if self.kind == "graphs":
            torch.compiler.cudagraph_mark_step_begin()

    # --- What is measured ------------------------------------------------------------------------------------
    def inference(self, net, batch):
        network, image = self.network(net).eval(), self.images(batch)
        precision = self.precision
        if self.cuda and self.bf16:
            network, precision = Converted(network, torch.bfloat16), contextlib.nullcontext
        if self.kind == "jit":
            with torch.no_grad(), precision():
                network = torch.jit.optimize_for_inference(torch.jit.trace(network, image))
        elif self.kind in ("compile", "graphs"):
            network = self.compiled(network, freezing=True)

        def call(image=image):
            # Frozen graphs are made under no_grad; inference_mode is what eager gains by.
            with torch.inference_mode() if self.kind == "eager" else torch.no_grad(), precision():
                return network(image)

        return self.from_host(call, image) if self.cuda else call

    def from_host(self, call, image):
        """`call` with the way to the GPU and back."""
        heatmaps = None

        def there_and_back():
            nonlocal heatmaps
            self.begin_step()
            output = call(image.to(self.device, non_blocking=True))
            if heatmaps is None:
                heatmaps = torch.empty_like(output, device="cpu", pin_memory=True)
            with torch.no_grad():
                heatmaps.copy_(output, non_blocking=True)
            torch.cuda.synchronize()
            return heatmaps

        return there_and_back

    def training(self, net, batch, learning_rate=1e-6):
        network, image = layouts.train(self.network(net)), self.images(batch)
        target = self.tensor(layouts.targets(self.folder, net, batch), "target").to(self.device)
        trained = [value for value in network.parameters() if value.requires_grad]
        # The multi-tensor update is no faster on a CPU.
        optimiser = torch.optim.RMSprop(trained, lr=learning_rate, foreach=self.cuda)

        def loss_of(image, target):
            output = network(image)
            return functional.mse_loss(output, target.repeat(1, output.shape[1] // target.shape[1], 1, 1))

        if self.kind in ("compile", "graphs"):
            loss_of = self.compiled(loss_of, freezing=False)

        ahead = Ahead(image) if self.cuda else None

        def step():
            self.begin_step()
            optimiser.zero_grad(set_to_none=True)
            with self.precision():
                loss = loss_of(ahead.take() if ahead else image, target)
            if ahead:
                ahead.begin()
            loss.backward()
            optimiser.step()
            return float(loss.detach())

        step.network = network
        return step

    # --- Commands --------------------------------------------------------------------------------------------
    def prepare(self, net, task, batch):
        if not self.cuda:
            return super().prepare(net, task, batch)
        call = self.call_of(task, net, int(batch))
        try:
            if self.kind == "eager":
                self.turn.take()
            call()  # compiles, and tries convolutions out: the memory of that is forgotten
            self.release()
            torch.cuda.reset_peak_memory_stats()
            call()  # records graphs, whose memory shows only then
            call()
        finally:
            self.release()
            self.turn.give()
        return {}

    def release(self):
        super().release()
        if self.cuda:
            torch.cuda.empty_cache()

    def memory(self):
        return {"used": torch.cuda.max_memory_allocated(), "reserved": torch.cuda.max_memory_reserved()}

    def about(self):
        return {"gpu": torch.cuda.get_device_name(), "torch": torch.__version__, "cuda": torch.version.cuda,
                "cudnn": torch.backends.cudnn.version()}

    def write_output(self, net, batch, file):
        save_file({"output": self.call_of("infer", net, batch)().float().contiguous()}, file)

    def write_gradients(self, net, batch, file):
        step = self.training(net, batch, learning_rate=0)
        loss = step()
        save_file({name: value.grad.contiguous().cpu() for name, value in step.network.named_parameters()
                   if value.requires_grad}, file)
        return loss


if __name__ == "__main__":
    protocol.serve(PyTorch(sys.argv[1], sys.argv[2], int(sys.argv[3])))
