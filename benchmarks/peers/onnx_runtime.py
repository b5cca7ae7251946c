"""ONNX Runtime as a worker (protocol.py).  onnx_runtime.py <setting> <folder> <threads>"""
import sys

import layouts
import onnxruntime
import protocol
from safetensors.numpy import load_file, save_file


class OnnxRuntime(protocol.Worker):
    def __init__(self, folder, threads):
        super().__init__()
        self.folder = folder
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = threads
        self.options.inter_op_num_threads = 1
        self.options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        # Threads spin within a run, not after it: others compute then.
        self.options.add_session_config_entry("session.force_spinning_stop", "1")

    def inference(self, net, batch):
        session = onnxruntime.InferenceSession(layouts.onnx(self.folder, net, batch), self.options,
                                               providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        binding.bind_cpu_input("input", load_file(layouts.image(self.folder, batch))["input"])
        binding.bind_output("output")

        def call():
            session.run_with_iobinding(binding)
            return binding

        return call

    def write_output(self, net, batch, file):
        save_file({"output": self.call_of("infer", net, batch)().copy_outputs_to_cpu()[0]}, file)


if __name__ == "__main__":
    protocol.serve(OnnxRuntime(sys.argv[2], int(sys.argv[3])))
