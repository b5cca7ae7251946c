"""Attention maps (Ntinou et al. 2020, section 4.4) from the heatmaps of 68 landmarks, in double precision: each AU
drawn at intensity 1 where the landmarks' peaks put it. Written from what include/aurum/spec/attention.hpp and
ops/pointwise/heatmap.hpp promise. Needs PyTorch."""
import math

import torch

# Peaks must not depend on rounding in float: the second greatest pixel, and neighbours at the floor, keep this far off.
MARGIN = 1e-4
FLOOR = 1e-3         # of the peak: below it a neighbour's logarithm means nothing
REFERENCE_WIDTH = 64  # of a map, in whose pixels the widths of blobs are given


def vertex(before, middle, after):
    """Where the parabola through three values has its top, from the middle."""
    curvature = 2 * middle - before - after
    return 0.5 * (after - before) / curvature if curvature > 0 else 0.0


def refined(before, value, after):
    """The logarithm of a Gaussian is a parabola; noise around the peak has none, the values themselves serve there."""
    floor = FLOOR * value
    assert value > 0 and min(abs(before - floor), abs(after - floor)) > MARGIN * value, "a neighbour at the floor"
    if before > floor and after > floor:
        return vertex(math.log(before), math.log(value), math.log(after))
    return vertex(before, value, after)


def peak(heatmap):
    """(x, y) of the greatest pixel of {height, width} numbers, refined but where it touches the border."""
    height, width = heatmap.shape
    best = heatmap.flatten().topk(2)
    value, second = best.values.tolist()
    assert value - second > MARGIN * abs(value), "two pixels share the maximum"
    y, x = divmod(best.indices[0].item(), width)
    at = lambda row, column: heatmap[row, column].item()
    return (x + (refined(at(y, x - 1), value, at(y, x + 1)) if 0 < x < width - 1 else 0),
            y + (refined(at(y - 1, x), value, at(y + 1, x)) if 0 < y < height - 1 else 0))


def maps(heatmaps, rows):
    """{images, AUs, height, width}; `rows`: the centres of each AU, each the mean of these landmarks. No gradient
    passes an arg-max."""
    images, _, height, width = heatmaps.shape
    scale = REFERENCE_WIDTH / width
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    drawn = torch.zeros(images, len(rows), height, width, dtype=heatmaps.dtype)
    for image in range(images):
        for au, centres in enumerate(rows):
            for landmarks in centres:
                points = [peak(heatmaps[image, landmark].detach().double()) for landmark in landmarks]
                cx, cy = (sum(axis) / len(points) for axis in zip(*points))
                blob = torch.exp(-((x - cx)**2 + (y - cy)**2).double() * scale**2 / 2)
                drawn[image, au] = torch.maximum(drawn[image, au], blob.to(heatmaps.dtype))
    return drawn
