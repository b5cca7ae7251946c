"""What the PyTorch generators of this folder share: the hash that makes weights and inputs on both sides
(tests/support/hash_weights.hpp is its twin), and a writer for safetensors files. Needs numpy only."""
import json
import math
import pathlib

import numpy

FOLDER = pathlib.Path(__file__).resolve().parent.parent

GOLDEN_RATIO = 0x9E3779B9


def seed_of(name):
    """FNV-1a, 32 bits."""
    seed = 0x811C9DC5
    for byte in name.encode("utf-8"):
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    return seed


def mix(h):
    """lowbias32 (Chris Wellons' hash prospector) on an array of uint32."""
    h = h ^ (h >> numpy.uint32(16))
    h = h * numpy.uint32(0x7FEB352D)
    h = h ^ (h >> numpy.uint32(15))
    h = h * numpy.uint32(0x846CA68B)
    return h ^ (h >> numpy.uint32(16))


def hashed(name, shape):
    """float64 array of numbers in [-1, 1), multiples of 2^-23, so exact in float too."""
    index = numpy.arange(math.prod(shape), dtype=numpy.uint32)
    h = mix(numpy.uint32(seed_of(name)) + index * numpy.uint32(GOLDEN_RATIO))
    return ((h >> numpy.uint32(8)).astype(numpy.float64) * 2.0**-23 - 1.0).reshape(shape)


def hashed_parameter(name, shape):
    """The parameter or buffer `name`: float64 holding numbers that were rounded to float."""
    u = hashed(name, shape)
    if len(shape) > 1:  # a filter, fan_in = Cin * kh * kw, or a projection
        values = u * math.sqrt(3.0 / math.prod(shape[1:]))
    elif name.endswith("running_var"):
        values = 1.0 + 0.5 * u
    elif name.endswith("weight"):  # of a batch norm
        values = 1.0 + 0.25 * u
    elif name.endswith("bias"):
        values = u + 1.0
    else:  # running_mean
        values = 0.1 * u
    return values.astype(numpy.float32).astype(numpy.float64)


DTYPES = {"float64": "F64", "int64": "I64", "float32": "F32"}


def write_safetensors(name, tensors, metadata):
    """Writes `tensors` ({name: array}) and `metadata` ({name: str}) to tests/golden/<name>.safetensors."""
    metadata = {"made_by": "tests/golden/generate", **metadata}
    header, blobs, end = {"__metadata__": metadata}, [], 0
    for key in sorted(tensors):
        array = numpy.ascontiguousarray(tensors[key])
        blob = array.tobytes()
        header[key] = {"dtype": DTYPES[array.dtype.name], "shape": list(array.shape),
                       "data_offsets": [end, end + len(blob)]}
        end += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    path = FOLDER / f"{name}.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blobs))
    print(f"{path.name}: {path.stat().st_size / 1000:.1f} kB")
