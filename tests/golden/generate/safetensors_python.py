"""Writes tests/golden/safetensors_python.safetensors with Python's safetensors package (0.8, numpy).

    python tests/golden/generate/safetensors_python.py

tests/unit/io_safetensors.cpp knows what must be in it, and that aurum writes the very same bytes. With a file
as argument the script reads that file back instead and prints what Python sees.
"""

import pathlib
import sys

import numpy
import safetensors
from safetensors.numpy import safe_open

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "safetensors_python.safetensors"

# bfloat16 is unknown to numpy: its bits, of 1, -2, the smallest subnormal, and infinity.
BFLOAT16 = numpy.array([0x3F80, 0xC000, 0x0001, 0x7F80], dtype=numpy.uint16)

TENSORS = {
    "conv1.weight": ("float32", numpy.arange(2 * 3 * 2 * 2, dtype=numpy.float32).reshape(2, 3, 2, 2) / 8),
    "conv1.bias": ("float32", numpy.array([-0.0, 1e-45, 3.4028235e38], dtype=numpy.float32)),
    "half": ("float16", numpy.array([1.0, -2.0, 65504.0, 2.0**-24, numpy.inf], dtype=numpy.float16)),
    "brain": ("bfloat16", BFLOAT16),
    "bn1.num_batches_tracked": ("int64", numpy.array(1234567890123, dtype=numpy.int64)),
    "double": ("float64", numpy.array([[0.1, -1e300]], dtype=numpy.float64)),
    "index": ("int32", numpy.array([-2147483648, 2147483647], dtype=numpy.int32)),
    "byte": ("uint8", numpy.array([0, 255, 7], dtype=numpy.uint8)),
    "empty": ("float32", numpy.zeros((0, 3), dtype=numpy.float32)),
    "größe": ("float32", numpy.array([2.5], dtype=numpy.float32)),
}


def write() -> None:
    specs = {
        name: safetensors.TensorSpec(
            dtype=dtype, shape=list(array.shape), data_ptr=array.ctypes.data, data_len=array.nbytes
        )
        for name, (dtype, array) in TENSORS.items()
    }
    safetensors.serialize_file(specs, GOLDEN, {"note": 'Größe "1"\n'})
    print(GOLDEN, GOLDEN.stat().st_size, "bytes")


def show(path: str) -> None:
    with safe_open(path, framework="numpy") as file:
        print(file.metadata())
        for name in file.keys():
            part = file.get_slice(name)
            values = file.get_tensor(name) if part.get_dtype() != "BF16" else "(bfloat16)"
            print(name, part.get_dtype(), part.get_shape(), numpy.ravel(values)[:4])


if __name__ == "__main__":
    show(sys.argv[1]) if len(sys.argv) > 1 else write()
