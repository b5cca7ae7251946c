#!/usr/bin/env python3
"""Turns a PyTorch checkpoint into a safetensors file, which aurum loads by the names of its tensors.

    scripts/convert_pytorch.py net.pth net.safetensors
    scripts/convert_pytorch.py --list net.pth
    scripts/convert_pytorch.py au.pth au.safetensors --layout ntinou2020 --aus 6,10,12,14,17 --input 3x256x256 \\
        --crop face_square --normalisation min_max

Reads what torch.save writes, of any age, and TorchScript archives. The state dict may stand in a dict, under a usual
key (state_dict, model, net, weights, ...) or under --key. The second half of the options says in the file what model it
is, so that programs choose its network by themselves.

Needs Python 3.8 and nothing else, and runs no code out of the checkpoint (see pytorch_checkpoint.py beside it).
"""
import argparse
import json
import math
import os
import re
import sys

sys.dont_write_bytecode = True

from pytorch_checkpoint import HOW_TO_SAVE, Refused, ScriptObject, Tensor, dimensions, read_checkpoint  # noqa: E402

VERSION = "0.1.0"  # of aurum, for the metadata; tests/scripts/test_convert_pytorch.py holds it against the library's
WRAPPERS = ("state_dict", "model_state_dict", "model_state", "model", "network", "net", "weights", "params", "module")
# The types that aurum reads, in the order by which safetensors' own library lays tensors out (last one first).
WRITTEN = ("U8", "F16", "BF16", "I32", "F32", "F64", "I64")


# --- Choosing tensors and names --------------------------------------------------------------------------------------

def entries(node):
    """What a dict or an object of TorchScript holds under names, or None for anything else."""
    if isinstance(node, ScriptObject):
        return vars(node)
    return {key: value for key, value in node.items() if isinstance(key, str)} if isinstance(node, dict) else None


def tensors_of(node, prefix=""):
    """Tensors by name: those of the dict itself, or those of the whole module of TorchScript."""
    if prefix.count(".") > 50:
        raise Refused(f"is damaged: its modules are nested without end ({prefix[:60]}...)")
    found = {}
    for key, value in (entries(node) or {}).items():
        if isinstance(value, Tensor):
            found[prefix + key] = value
        elif isinstance(node, ScriptObject) and isinstance(value, ScriptObject):
            found.update(tensors_of(value, f"{prefix}{key}."))
    return found


def dicts_with_tensors(node, path=()):
    """The path of every dict, below `node` or itself, that holds tensors."""
    if tensors_of(node):
        yield path
    if isinstance(node, dict) and len(path) < 4:
        for key, value in entries(node).items():
            yield from dicts_with_tensors(value, (*path, key))


def state_dict(root, key):
    """Tensors by name, under `key` or where checkpoints have them; and what else stood there."""
    candidates = list(dicts_with_tensors(root))
    listed = ", ".join(".".join(path) or "(the top)" for path in candidates)
    if key is not None:
        path = tuple(key.split("."))
    else:
        usual = [path for path in candidates if path and set(path) <= set(WRAPPERS)]
        chosen = usual or [path for path in candidates if not path] or candidates
        if not chosen:
            raise Refused(f"holds no tensors under names, found {describe(root)}. {HOW_TO_SAVE}")
        if len(chosen) > 1:
            raise Refused(f"holds several dicts of tensors: choose one by --key: {listed}")
        path = chosen[0]
    node = root
    for step in path:
        node = (entries(node) or {}).get(step)
    found = tensors_of(node)
    if not found:
        raise Refused(f"holds no tensors under the key '{key}', but under: {listed or 'none'}")
    rest = [] if isinstance(node, ScriptObject) else [name for name in node if name not in found]
    return found, rest


def describe(value):
    if isinstance(value, dict):
        return f"a dict of {', '.join(map(str, list(value)[:8])) or 'nothing'}"
    return f"an object of type {type(value).__name__}"


def stripped(tensors, prefixes):
    """The tensors under their names without the prefixes, which are taken off one after the other."""
    for prefix in prefixes or ["module."]:
        if prefixes and not any(name.startswith(prefix) for name in tensors):
            raise Refused(f"has no tensor whose name begins with '{prefix}'; the first is '{next(iter(tensors))}'")
        result, names = {}, {}
        for name, tensor in tensors.items():
            new = name[len(prefix):] if name.startswith(prefix) else name
            if not new:
                raise Refused(f"would have a tensor without a name: '{name}' is all prefix")
            if new in result:
                raise Refused(f"would have two tensors '{new}' without the prefix '{prefix}': '{names[new]}' and "
                              f"'{name}'")
            result[new], names[new] = tensor, name
        tensors = result
    return tensors


# --- The file --------------------------------------------------------------------------------------------------------

def model_info(arguments):
    """The metadata by which aurum's programs choose a network (include/aurum/io/model_info.hpp). ValueError: half of
    them."""
    given = {name: getattr(arguments, name) for name in ("layout", "maps", "aus", "input", "crop", "normalisation",
                                                         "training_data", "licence")}
    if not any(value is not None for value in given.values()):
        return {}
    missing = ["--" + name for name in ("layout", "input", "crop", "normalisation") if given[name] is None]
    if given["maps"] is None and given["aus"] is None:
        missing.append("--maps or --aus")
    if missing:
        raise ValueError("to say what model it is takes all that a program must know; missing: " + ", ".join(missing))
    aus = given["aus"] or []
    maps = given["maps"] or len(aus)
    if aus and len(aus) != maps:
        raise ValueError(f"expected one AU for each of the {maps} maps, found {len(aus)}")
    return {"aurum.layout": given["layout"], "aurum.maps": str(maps), "aurum.action_units": ",".join(map(str, aus)),
            "aurum.input": given["input"], "aurum.crop": given["crop"], "aurum.normalisation": given["normalisation"],
            "aurum.training_data": given["training_data"] or "", "aurum.synthetic_data": "",
            "aurum.licence": given["licence"] or "", "aurum.aurum_version": VERSION}


def write_safetensors(path, tensors, metadata):
    """Whole or not at all: written aside, flushed, renamed."""
    for name, tensor in tensors.items():
        if tensor.numbers.name not in WRITTEN:
            raise Refused(f"tensor '{name}' is of type {tensor.numbers.name}; aurum reads {', '.join(WRITTEN)}")
    if "__metadata__" in tensors:
        raise Refused("has a tensor '__metadata__', a name that safetensors has taken")
    order = sorted(tensors, key=lambda name: (-WRITTEN.index(tensors[name].numbers.name), name))
    header, end = {"__metadata__": dict(sorted({"format": "pt", **metadata}.items()))}, 0
    for name in order:
        tensor = tensors[name]
        begin, end = end, end + math.prod(tensor.shape) * tensor.numbers.size
        header[name] = {"dtype": tensor.numbers.name, "shape": tensor.shape, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % 8)  # so that the numbers are aligned

    aside = f"{path}.{os.getpid()}.partial"
    try:
        with open(aside, "xb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for name in order:
                file.write(tensors[name].bytes(name))
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        if os.path.exists(aside):
            os.remove(aside)
    return end


# --- The program -----------------------------------------------------------------------------------------------------

def positive(text):
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found '{text}'")
    return int(text)


def action_units(text):
    return [positive(number) for number in text.split(",")]


def shape(text):
    if not re.fullmatch(r"[1-9]\d*x[1-9]\d*x[1-9]\d*", text):
        raise argparse.ArgumentTypeError(f"expected <channels>x<height>x<width>, such as 3x256x256, found '{text}'")
    return text


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("output", nargs="?", help="the safetensors file")
    parser.add_argument("--list", action="store_true", help="only list the tensors: name, type, shape")
    parser.add_argument("--key", help="where in the checkpoint the state dict is, with dots between keys: model.ema")
    parser.add_argument("--strip", action="append", metavar="PREFIX",
                        help="take PREFIX off the names; may be repeated (default: module., of DataParallel)")
    info = parser.add_argument_group("what model it is, written into the file for programs that open any model")
    info.add_argument("--layout", help="aurum's name of the network type: ntinou2020, bulat2017.stacks4, bmvc2018")
    info.add_argument("--maps", type=positive, help="number of heatmaps; without --aus they are landmarks")
    info.add_argument("--aus", type=action_units, help="the AU of every map, in order: 1,2,4,6,12")
    info.add_argument("--input", type=shape, help="of one picture: 3x256x256")
    info.add_argument("--crop", help="how the face is cut out; the example programs have face_square")
    info.add_argument("--normalisation", choices=("min_max", "unit"), help="of the pixels, as in training")
    info.add_argument("--training-data", help="what it was trained on")
    info.add_argument("--licence", help="of the weights")
    arguments = parser.parse_args()
    if not arguments.list and arguments.output is None:
        parser.error("expected a file to write, or --list")
    try:
        return arguments, model_info(arguments)
    except ValueError as error:
        parser.error(str(error))


def main():
    arguments, metadata = parse_arguments()
    try:
        with open(arguments.checkpoint, "rb") as file:
            tensors, rest = state_dict(read_checkpoint(file), arguments.key)
            tensors = stripped(tensors, arguments.strip)
            if arguments.list:
                for name, tensor in tensors.items():
                    print(name, tensor.numbers.name, dimensions(tensor.shape))
                return 0
            if os.path.exists(arguments.output) and os.path.samefile(arguments.checkpoint, arguments.output):
                raise Refused("would be replaced by its own conversion; name another file")
            size = write_safetensors(arguments.output, tensors, metadata)
    except Refused as error:
        print(f"convert_pytorch: {arguments.checkpoint}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"convert_pytorch: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.output}: {len(tensors)} tensors, {size} bytes of numbers")
    if rest:
        print("left out, for they are no tensors: " + ", ".join(map(str, rest)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
