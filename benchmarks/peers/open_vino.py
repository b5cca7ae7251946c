"""OpenVINO as a worker (protocol.py).  open_vino.py f32|bf16 <folder> <threads>"""
import sys

import layouts
import openvino
import protocol
from safetensors.numpy import load_file, save_file


class OpenVino(protocol.Worker):
    def __init__(self, precision, folder, threads):
        super().__init__()
        self.folder = folder
        self.options = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
                        "PERFORMANCE_HINT": "LATENCY"}

    def inference(self, net, batch):
        model = openvino.Core().compile_model(layouts.onnx(self.folder, net, batch), "CPU", self.options)
        request = model.create_infer_request()
        image = load_file(layouts.image(self.folder, batch))["input"]
        return lambda: request.infer([image], share_inputs=True, share_outputs=True)

    def write_output(self, net, batch, file):
        save_file({"output": self.call_of("infer", net, batch)()[0].copy()}, file)


if __name__ == "__main__":
    protocol.serve(OpenVino(sys.argv[1], sys.argv[2], int(sys.argv[3])))
