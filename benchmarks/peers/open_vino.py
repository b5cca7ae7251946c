"""OpenVINO as a worker (protocol.py).  open_vino.py f32|bf16[.single] <folder> <threads>

"single": a batch is as many requests of one image, each computed by one thread.
"""
import sys

import layouts
import openvino
import protocol
from safetensors.numpy import load_file, save_file


class OpenVino(protocol.Worker):
    def __init__(self, setting, folder, threads):
        super().__init__()
        precision, *options = setting.split(".")
        self.single = "single" in options
        self.folder = folder
        self.streams = threads if self.single else 1
        self.options = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads,
                        "NUM_STREAMS": self.streams}

    def inference(self, net, batch):
        file = layouts.onnx(self.folder, net, 1 if self.single else batch)
        model = openvino.Core().compile_model(file, "CPU", self.options)
        images = load_file(layouts.image(self.folder, batch))["input"]
        if not self.single:
            request = model.create_infer_request()
            return lambda: request.infer([images], share_inputs=True, share_outputs=True)
        queue = openvino.AsyncInferQueue(model, self.streams)

        def call():
            for i in range(batch):
                queue.start_async([images[i:i + 1]], share_inputs=True)
            queue.wait_all()

        return call

    def write_output(self, net, batch, file):
        save_file({"output": self.call_of("infer", net, batch)()[0].copy()}, file)


if __name__ == "__main__":
    protocol.serve(OpenVino(sys.argv[1], sys.argv[2], int(sys.argv[3])))
