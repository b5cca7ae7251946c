"""Reads PyTorch's checkpoints without PyTorch, for convert_pytorch.py: what torch.save writes (the zip archives of
PyTorch 1.6 and later, and the format before them) and TorchScript archives.

No code out of a checkpoint is run: of the classes that a pickle may name, those that tensors are made of are known, and
any other is refused by its name.
"""
import array
import collections
import io
import itertools
import operator
import os
import pickle
import zipfile

MAGIC = 0x1950A86A20F9469CFC6C  # what torch.save began with before PyTorch 1.6
HOW_TO_SAVE = "In Python, torch.save(model.state_dict(), 'weights.pth') writes a file that can be converted"


class Refused(Exception):
    """The checkpoint, or what is asked for, cannot be converted; the text says why."""


# --- What checkpoints are made of ------------------------------------------------------------------------------------

Type = collections.namedtuple("Type", "name size")  # of numbers: safetensors' name, bytes

TYPES = {name: Type(*rest) for name, *rest in (
    ("float32", "F32", 4), ("float64", "F64", 8), ("float16", "F16", 2), ("bfloat16", "BF16", 2), ("uint8", "U8", 1),
    ("int8", "I8", 1), ("int16", "I16", 2), ("int32", "I32", 4), ("int64", "I64", 8), ("bool", "BOOL", 1),
    ("uint16", "U16", 2), ("uint32", "U32", 4), ("uint64", "U64", 8), ("float8_e4m3fn", "F8_E4M3", 1),
    ("float8_e5m2", "F8_E5M2", 1), ("complex64", "C64", 8), ("complex128", "C128", 16))}
STORAGES = {"Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Byte": "uint8",
            "Char": "int8", "Short": "int16", "Int": "int32", "Long": "int64", "Bool": "bool",
            "ComplexFloat": "complex64", "ComplexDouble": "complex128", "Untyped": "uint8"}
WORDS = {1: "B", 2: "H", 4: "I", 8: "Q"}  # Python's unsigned numbers of so many bytes


class Storage:
    """`count` numbers, read when they are needed: an optimiser's never are."""

    def __init__(self, numbers, count, read):
        self.numbers, self.count, self._read, self._data = numbers, count, read, None

    def data(self):
        if self._data is None:
            self._data = self._read(self)
        return self._data


class Tensor:
    def __init__(self, storage, offset, shape, strides, numbers=None):
        self.offset, self.shape, self.strides = offset, tuple(shape), tuple(strides)
        whole = all(isinstance(n, int) and n >= 0 for n in (offset, *self.shape, *self.strides))
        if not isinstance(storage, Storage) or not whole or len(self.shape) != len(self.strides):
            raise Refused(f"holds a tensor without numbers (shape {self.shape}, strides {self.strides})")
        self.storage, self.numbers = storage, numbers or storage.numbers

    def bytes(self, name):
        """Row-major and without gaps, whatever the strides are."""
        if 0 in self.shape:
            return b""
        size, data = self.numbers.size, memoryview(self.storage.data())
        end = self.offset + sum((n - 1) * stride for n, stride in zip(self.shape, self.strides)) + 1
        if end * size > len(data):
            raise Refused(f"is damaged: tensor '{name}' of shape {dimensions(self.shape)} ends at number {end} of a "
                          f"storage of {len(data) // size}")
        return row_major(data[:end * size].cast(WORDS[size]), self.offset, self.shape, self.strides)


def row_major(data, at, shape, strides):
    """The numbers of the tensor that begins at data[at], the last dimension's side by side."""
    steps, count = [], 1  # the strides that the result has
    for n in reversed(shape):
        steps.insert(0, count)
        count *= n
    if all(n == 1 or stride == step for n, stride, step in zip(shape, strides, steps)):
        return data[at:at + count].tobytes()
    result = memoryview(bytearray(count * data.itemsize)).cast(data.format)
    longest = shape.index(max(shape))  # what lies along it is copied at once
    n, stride, step = shape[longest], strides[longest], steps[longest]
    for place in itertools.product(*(range(1 if i == longest else n) for i, n in enumerate(shape))):
        source, target = (sum(map(operator.mul, place, distances)) for distances in (strides, steps))
        source += at
        if stride:
            piece = data[source:source + n * stride:stride]
        else:  # of an expanded tensor: one number, n times
            piece = memoryview(data[source:source + 1].tobytes() * n).cast(data.format)
        result[target:target + n * step:step] = piece
    return result.tobytes()


def dimensions(shape):
    return "x".join(map(str, shape)) or "scalar"


class ScriptObject:
    """An object of a TorchScript archive: whatever its class, only its attributes count."""

    def __setstate__(self, state):
        if isinstance(state, dict):
            self.__dict__.update(state)


class Ignored:
    """Something else that training programs put beside the weights; nothing is made of it."""

    def __init__(self, *_):
        pass

    def __setstate__(self, _):
        pass

    def __setitem__(self, _, __):
        pass


def rebuild_tensor(storage, offset, shape, strides, _requires_grad=False, _hooks=None, metadata=None):
    if metadata:
        raise Refused(f"holds a tensor with pending work ({', '.join(map(str, metadata))}). {HOW_TO_SAVE}")
    return Tensor(storage, offset, shape, strides)


def rebuild_tensor_of_type(storage, offset, shape, strides, _requires_grad, _hooks, numbers, _metadata=None):
    return Tensor(storage, offset, shape, strides, numbers)


def first_argument(value, *_):
    return value


def known_classes():
    """What stands in an unpickled checkpoint for each class or function that it may name."""
    known = {"collections.OrderedDict": collections.OrderedDict, "torch.Size": tuple}
    known.update({"torch." + name: numbers for name, numbers in TYPES.items()})
    for name, numbers in STORAGES.items():
        for module in ("torch.", "torch.cuda.", "torch.storage.", "torch.storage._"):
            known[f"{module}{name}Storage"] = TYPES[numbers]
    known.update({"torch._utils._rebuild_tensor": rebuild_tensor, "torch._utils._rebuild_tensor_v2": rebuild_tensor,
                  "torch._utils._rebuild_tensor_v3": rebuild_tensor_of_type})
    known.update(dict.fromkeys(
        ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
         "torch.jit._pickle.build_intlist", "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist",
         "torch.jit._pickle.build_tensorlist", "torch.jit._pickle.restore_type_tag"), first_argument))
    known.update(dict.fromkeys(
        ("argparse.Namespace", "collections.defaultdict", "builtins.set", "__builtin__.set", "pathlib.PosixPath",
         "pathlib.WindowsPath", "torch.device", "_codecs.encode", "numpy.dtype", "numpy.ndarray",
         "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.core.multiarray._reconstruct",
         "numpy._core.multiarray._reconstruct"), Ignored))
    return known


class Unpickler(pickle.Unpickler):
    """`storage(numbers, key, count)` gives the Storage that a pickle refers to."""

    KNOWN = known_classes()

    def __init__(self, file, storage):
        super().__init__(file, encoding="latin1")  # of strings that Python 2 wrote
        self._storage = storage

    def find_class(self, module, name):
        full = f"{module}.{name}"
        if full in self.KNOWN:
            return self.KNOWN[full]
        if module.split(".")[0] == "__torch__":
            return ScriptObject
        raise Refused(f"holds an object of the class {full}; expected tensors, numbers and texts in dicts and lists. "
                      f"Nothing of it was run. {HOW_TO_SAVE}")

    def persistent_load(self, pid):
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage" or not isinstance(pid[1], Type) \
                or not isinstance(pid[4], int) or pid[4] < 0:
            raise Refused(f"refers to {str(pid)[:60]}; expected the storage of a tensor. {HOW_TO_SAVE}")
        _, numbers, key, _, count, *view = pid
        whole = self._storage(numbers, str(key), count)
        if not view or view[0] is None:
            return whole
        _, start, count = view[0]  # PyTorch 0.3: a part of that storage
        begin, end = start * numbers.size, (start + count) * numbers.size
        return Storage(numbers, count, lambda _: whole.data()[begin:end])


def unpickle(file, storage, what):
    try:
        return Unpickler(file, storage).load()
    except Refused:
        raise
    except Exception as error:  # a damaged pickle can lead to any of them
        if isinstance(error, EOFError) or "truncated" in str(error):
            raise Refused(f"is half a file: it ends in the middle of {what}") from None
        raise Refused(f"is damaged: {what} cannot be read ({type(error).__name__}: {error})") from None


# --- Formats ---------------------------------------------------------------------------------------------------------

def check_size(where, storage, found):
    if storage.count * storage.numbers.size != found:
        raise Refused(f"is damaged: expected {storage.count} numbers of {storage.numbers.size} bytes in {where}, found "
                      f"{found} bytes")


def read_zip(file):
    """torch.save of PyTorch 1.6 and later, and TorchScript: <name>/data.pkl, and the numbers in <name>/data/<key>."""
    try:
        archive = zipfile.ZipFile(file)
    except Exception as error:  # of zipfile, which knows many kinds of damage
        raise Refused("is half a file or damaged: it begins as a zip archive, whose directory at its end cannot be "
                      f"read ({error})") from None
    names = archive.namelist()
    lists = [name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")]
    if any(name.endswith("/model.json") for name in names):
        raise Refused("is a TorchScript archive of PyTorch 1.3 or earlier; load it with torch.jit.load. " + HOW_TO_SAVE)
    if len(lists) != 1:
        raise Refused("is a zip archive, but no checkpoint: expected <name>/data.pkl in it, found "
                      + (", ".join(names[:5]) or "nothing"))
    folder = lists[0][:-len("data.pkl")]

    def entry(name):
        try:
            return archive.read(folder + name)
        except Exception as error:  # of zipfile, zlib, or a directory that leads astray
            raise Refused(f"is damaged: '{folder + name}' cannot be read from the archive ({error})") from None

    order = entry("byteorder").decode("latin1") if folder + "byteorder" in names else "little"
    if order not in ("little", "big"):
        raise Refused(f"is damaged: expected little or big in '{folder}byteorder', found '{order[:20]}'")

    def storage(numbers, key, count):
        def read(self):
            data = entry("data/" + key)
            check_size(f"'{folder}data/{key}'", self, len(data))
            if order == "big":
                words = array.array(WORDS.get(numbers.size, "Q"), data)
                words.byteswap()
                data = words.tobytes()
            return data
        return storages.setdefault((key, numbers), Storage(numbers, count, read))

    storages = {}
    return unpickle(io.BytesIO(entry("data.pkl")), storage, f"'{folder}data.pkl'")


def read_legacy(file):
    """torch.save before PyTorch 1.6: pickles of the magic number, the version, facts about the machine, the object and
    the keys of its storages; then for each key a count (8 bytes) and the numbers, little-endian."""
    storages, begins = {}, {}

    def storage(numbers, key, count):
        def read(self):
            file.seek(begins[key])
            return file.read(self.count * numbers.size)
        return storages.setdefault(key, Storage(numbers, count, read))

    for what in ("its magic number", "its version", "its facts about the machine"):
        unpickle(file, storage, what)
    root = unpickle(file, storage, "its list of tensors")
    keys = unpickle(file, storage, "its list of storages")
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(storages):
        raise Refused(f"is damaged: its tensors need {len(storages)} storages, its list has others")
    at, size = file.tell(), file.seek(0, os.SEEK_END)
    for key in map(str, keys):
        file.seek(at)
        count = int.from_bytes(file.read(8), "little")
        begins[key] = at + 8
        at = begins[key] + storages[key].count * storages[key].numbers.size
        if at > size:
            raise Refused(f"is half a file: expected at least {at} bytes, found {size}")
        check_size(f"storage '{key}'", storages[key], count * storages[key].numbers.size)
    return root


def read_checkpoint(file):
    head = file.read(64)
    file.seek(0)
    if head.startswith(b"PK\x03\x04"):
        return read_zip(file)
    if MAGIC.to_bytes(10, "little") in head:
        return read_legacy(file)
    if head[8:9] == b"{":
        raise Refused("looks like a safetensors file already")
    raise Refused("is not a checkpoint: expected a file of torch.save (a zip archive, or PyTorch's magic number), "
                  + (f"found one that begins with {head[:12]}" if head else "found an empty file"))
