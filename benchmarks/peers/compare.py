"""Prints how far the tensors of a safetensors file are from those of another, as JSON: the median and the largest of
their relative RMS deviations. Gradients that are zero but for rounding (of biases right before a batch norm) are left
out. Of an output of more images than the exact file or fewer, the first ones count.

    compare.py <file> <exact file>
"""
import json
import sys

import numpy
from safetensors.numpy import load_file


def relative_rms(found, exact):
    return float(numpy.sqrt(numpy.mean((found - exact) ** 2) / numpy.mean(exact**2)))


found, exact = load_file(sys.argv[1]), load_file(sys.argv[2])
assert found.keys() == exact.keys(), sorted(found.keys() ^ exact.keys())
if "output" in exact:
    images = min(len(found["output"]), len(exact["output"]))
    found, exact = {"output": found["output"][:images]}, {"output": exact["output"][:images]}
size = max(numpy.sqrt(numpy.mean(values**2)) for values in exact.values())
errors = [relative_rms(found[name].astype(numpy.float64), values) for name, values in exact.items()
          if numpy.sqrt(numpy.mean(values**2)) > 1e-9 * size]
print(json.dumps({"median": float(numpy.median(errors)), "largest": max(errors)}))
