#!/usr/bin/env python3
"""Writes the MATLAB files of this folder with scipy 1.17 (pip install scipy), which knows the format from
MATLAB itself. Points lie on a line: x = 100 + i, y = 200 - i / 2."""

import pathlib

import numpy
import scipy.io

here = pathlib.Path(__file__).parent
points = numpy.stack([100 + numpy.arange(66), 200 - numpy.arange(66) / 2], axis=1)
scipy.io.savemat(here / "plain.mat", {"note": "no matrix", "pts": points})
scipy.io.savemat(here / "packed.mat", {"scale": 1.5, "pts": points}, do_compression=True)
scipy.io.savemat(here / "single.mat", {"pts": points.astype(numpy.float32)}, do_compression=True)
scipy.io.savemat(here / "whole.mat", {"pts": numpy.round(points).astype(numpy.int16)})
