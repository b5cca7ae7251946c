#!/usr/bin/env python3
"""Tests scripts/convert_pytorch.py on the checkpoints of tests/golden/checkpoints, which PyTorch has made: that every
tensor is converted bit for bit, and how it refuses what it cannot convert. Needs no PyTorch.

    python3 tests/scripts/test_convert_pytorch.py
"""
import contextlib
import io
import json
import os
import pathlib
import pickle
import re
import shutil
import sys
import tempfile
import types
import unittest
import unittest.mock
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHECKPOINTS = ROOT / "tests" / "golden" / "checkpoints"
sys.path.insert(0, str(ROOT / "scripts"))
sys.dont_write_bytecode = True

import convert_pytorch  # noqa: E402 (found by the lines above)

INFO = ["--layout", "ntinou2020.features8.depth1", "--aus", "6,12", "--input", "3x64x64", "--crop", "face_square",
        "--normalisation", "min_max", "--training-data", "none", "--licence", "Apache-2.0"]  # of fan_small.safetensors
SIZES = {"U8": 1, "F16": 2, "BF16": 2, "I32": 4, "F32": 4, "F64": 8, "I64": 8}


def convert(*arguments):
    """Exit code and output, as of a process. Exceptions that would be a traceback pass through."""
    out = io.StringIO()
    with unittest.mock.patch.object(sys, "argv", ["convert_pytorch", *map(str, arguments)]), \
            contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            code = convert_pytorch.main()
        except SystemExit as leave:  # argparse
            code = leave.code
    return code, out.getvalue()


def handmade(window, where, count):
    """A file of the format before PyTorch 1.6 with one tensor 'a': a `window` (offset, shape, strides) on a storage
    that the pickle describes by `where`. The file has `count` numbers, whose bytes are 0, 1, 2, ..."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    class FloatStorage:
        pass

    def _rebuild_tensor(*_):
        pass

    class Tensor:
        def __reduce__(self):
            return _rebuild_tensor, (storage, *window)

    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            return ("storage", FloatStorage, "7", *where) if item is storage else None

    for module, item in ((torch, FloatStorage), (utils, _rebuild_tensor)):  # pickles name them by their modules
        item.__module__, item.__qualname__ = module.__name__, item.__name__
        setattr(module, item.__name__, item)
    storage, stream = FloatStorage(), io.BytesIO()
    with unittest.mock.patch.dict(sys.modules, {"torch": torch, "torch._utils": utils}):
        for part in (0x1950A86A20F9469CFC6C, 1001, {}, {"a": Tensor()}, ["7"]):
            Pickler(stream, protocol=2).dump(part)
    return stream.getvalue() + count.to_bytes(8, "little") + bytes(range(4 * count))


def read_safetensors(path):
    """{name: [type, shape, hex]} and the metadata; the format's rules are checked."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__")
    numbers, end, tensors = data[8 + length:], 0, {}
    assert (8 + length) % 8 == 0 and data[8:9] == b"{"
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, before, end = entry["data_offsets"][0], end, entry["data_offsets"][1]
        count = 1
        for extent in entry["shape"]:
            count *= extent
        assert begin == before and end - begin == count * SIZES[entry["dtype"]] and begin % SIZES[entry["dtype"]] == 0
        tensors[name] = [entry["dtype"], entry["shape"], numbers[begin:end].hex()]
    assert end == len(numbers)
    return tensors, metadata


class Test(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.output = self.folder / "out.safetensors"
        flush = unittest.mock.patch.object(os, "fsync")  # thousands of files are written here
        flush.start()
        self.addCleanup(flush.stop)

    def converted(self, *arguments):
        code, text = convert(*arguments[:1], self.output, *arguments[1:])
        self.assertEqual(code, 0, text)
        return read_safetensors(self.output)

    def refused(self, words, *arguments, code=1):
        """Refuses with these words; what was at the output before still is, and nothing lies beside it."""
        self.output.write_text("before")
        files = sorted(self.folder.iterdir())
        found, text = convert(*arguments[:1], self.output, *arguments[1:])
        self.assertEqual(found, code, text)
        self.assertIn(words, text)
        self.assertEqual(self.output.read_text(), "before")
        self.assertEqual(sorted(self.folder.iterdir()), files)

    def file(self, content, name="file.pth"):
        path = self.folder / name
        path.unlink(missing_ok=True)  # to replace a file takes a disk its time
        path.write_bytes(content)
        return path


class Converts(Test):
    def test_every_format_bit_for_bit(self):
        expected = json.loads((CHECKPOINTS / "checkpoints.json").read_text(encoding="utf-8"))
        self.assertEqual(len(expected), 10)
        for name, tensors in expected.items():
            with self.subTest(name):
                found, metadata = self.converted(CHECKPOINTS / name)
                self.assertEqual(found, tensors)
                self.assertEqual(metadata, {"format": "pt"})

    def test_a_whole_network_with_what_it_is(self):
        _, metadata = self.converted(CHECKPOINTS / "fan_small_legacy.pth", *INFO)
        self.assertEqual(self.output.read_bytes(), (CHECKPOINTS / "fan_small.safetensors").read_bytes())
        self.assertEqual(metadata, {
            "format": "pt", "aurum.layout": "ntinou2020.features8.depth1", "aurum.maps": "2",
            "aurum.action_units": "6,12", "aurum.input": "3x64x64", "aurum.crop": "face_square",
            "aurum.normalisation": "min_max", "aurum.training_data": "none", "aurum.synthetic_data": "",
            "aurum.licence": "Apache-2.0", "aurum.aurum_version": convert_pytorch.VERSION})

    def test_landmarks_have_no_aus(self):
        _, metadata = self.converted(CHECKPOINTS / "plain_zip.pth", "--layout", "bulat2017.stacks4", "--maps", "68",
                                     "--input", "3x256x256", "--crop", "face_square", "--normalisation", "unit")
        self.assertEqual((metadata["aurum.maps"], metadata["aurum.action_units"]), ("68", ""))

    def test_the_version_is_the_librarys(self):
        config = (ROOT / "include" / "aurum" / "core" / "config.hpp").read_text()
        self.assertEqual(convert_pytorch.VERSION, ".".join(re.findall(r"#define AURUM_VERSION_\w+ (\d+)", config)))

    def test_big_endian_numbers(self):
        expected = json.loads((CHECKPOINTS / "checkpoints.json").read_text(encoding="utf-8"))["views_zip.pth"]
        path = self.folder / "big.pth"
        with zipfile.ZipFile(CHECKPOINTS / "views_zip.pth") as little, zipfile.ZipFile(path, "w") as big:
            for name in little.namelist():
                data = little.read(name)
                if "/data/" in name:
                    data = b"".join(data[i:i + 4][::-1] for i in range(0, len(data), 4))
                big.writestr(name, b"big" if name.endswith("/byteorder") else data)
        self.assertEqual(self.converted(path)[0], expected)

    def test_storage_views_of_pytorch_0_3(self):
        """A tensor of the function that came before _rebuild_tensor_v2, on a part of a storage."""
        path = self.file(handmade((1, (2,), (1,)), ("cpu", 6, ("8", 2, 3)), 6))
        self.assertEqual(self.converted(path)[0], {"a": ["F32", [2], bytes(range(12, 20)).hex()]})

    def test_keys_and_prefixes(self):
        several, twice = CHECKPOINTS / "several_zip.pth", CHECKPOINTS / "twice_zip.pth"
        for key, numbers in (("net", "00000000"), ("model", "0000803f"), ("extra.ema", "0000803f0000803f")):
            self.assertEqual(self.converted(several, "--key", key)[0]["a"][2], numbers)
        self.assertEqual(set(self.converted(twice, "--strip", "modu")[0]), {"a", "le.a"})
        plain = self.converted(CHECKPOINTS / "plain_zip.pth", "--strip", "conv.", "--strip", "bn.r")[0]
        self.assertEqual(set(plain), {"weight", "bias", "bn.weight", "bn.bias", "unning_mean", "unning_var",
                                      "bn.num_batches_tracked"})

    def test_list(self):
        code, text = convert("--list", CHECKPOINTS / "training_legacy.pth")
        self.assertEqual(code, 0)
        self.assertEqual(text.splitlines()[0], "conv.weight F32 3x2x3x3")
        self.assertEqual(text.splitlines()[-1], "bn.num_batches_tracked I64 scalar")

    def test_what_is_left_out_is_said(self):
        _, text = convert(CHECKPOINTS / "several_zip.pth", self.output, "--key", "net")
        self.assertIn("1 tensors, 4 bytes of numbers\nleft out, for they are no tensors: epoch", text)


class Refuses(Test):
    def test_what_is_no_state_dict(self):
        for name, words in (("whole_model_zip.pth", "the class torch.nn.modules.container.Sequential"),
                            ("tensor_zip.pth", "no tensors under names, found an object of type Tensor"),
                            ("numbers_zip.pth", "no tensors under names, found a dict of epoch"),
                            ("bool_zip.pth", "tensor 'flag' is of type BOOL; aurum reads U8, F16"),
                            ("float8_zip.pth", "tensor 'eight' is of type F8_E4M3"),
                            ("conjugate_zip.pth", "pending work (conj)"),
                            ("twice_zip.pth", "two tensors 'a' without the prefix 'module.': 'a' and 'module.a'"),
                            ("several_zip.pth", "choose one by --key: net, model, extra.ema"),
                            ("fan_small.safetensors", "looks like a safetensors file already"),
                            ("checkpoints.json", "is not a checkpoint: expected a file of torch.save")):
            with self.subTest(name):
                self.refused(words, CHECKPOINTS / name)

    def test_options_that_do_not_fit(self):
        plain = CHECKPOINTS / "plain_zip.pth"
        self.refused("no tensors under the key 'modle', but under: (the top)", plain, "--key", "modle")
        self.refused("no tensor whose name begins with 'fan.'; the first is 'conv.weight'", plain, "--strip", "fan.")
        self.refused("'conv.weight' is all prefix", plain, "--strip", "conv.weight")
        self.refused("missing: --input, --crop, --normalisation, --maps or --aus", plain, "--layout", "x", code=2)
        self.refused("missing: --layout", plain, *INFO[2:], code=2)
        self.refused("one AU for each of the 3 maps, found 2", plain, *INFO, "--maps", "3", code=2)
        for option, value in (("--aus", "1,x"), ("--aus", "0"), ("--maps", "-1"), ("--input", "256"),
                              ("--normalisation", "unite")):
            self.refused(option, plain, *INFO, option, value, code=2)
        self.assertEqual(convert(plain)[0], 2)

    def test_places_that_cannot_be_written(self):
        plain = self.file((CHECKPOINTS / "plain_zip.pth").read_bytes())
        self.assertIn("No such file", convert(plain, self.folder / "none" / "out")[1])
        code, text = convert(plain, plain)
        self.assertEqual((code, plain.read_bytes()), (1, (CHECKPOINTS / "plain_zip.pth").read_bytes()))
        self.assertIn("would be replaced", text)
        self.refused("No such file", self.folder / "none.pth")
        with unittest.mock.patch.object(os, "replace", side_effect=OSError("the disk is full")):
            self.refused("the disk is full", plain)

    def test_half_files(self):
        """Cut anywhere, a file is refused, and mostly told to be half a file."""
        for name in ("plain_zip.pth", "plain_legacy.pth", "trace.pt"):
            whole = (CHECKPOINTS / name).read_bytes()
            for length in range(0, len(whole), 3):
                code, text = convert(self.file(whole[:length]), self.output)
                self.assertEqual(code, 1, f"{name} cut to {length} bytes")
                self.assertIn("is half a file" if length >= 20 else "", text, f"{name} cut to {length} bytes")
            self.refused("is half a file", self.file(whole[:-1]))
        self.refused("found an empty file", self.file(b""))

    def test_damaged_files(self):
        """Whatever a byte becomes, there is a file or an error, and no traceback; zip archives notice their numbers."""
        for name in ("plain_zip.pth", "plain_legacy.pth"):
            whole = (CHECKPOINTS / name).read_bytes()
            for at in range(0, len(whole), 2):
                for change in (0x01, 0x80):
                    self.output.unlink(missing_ok=True)
                    damaged = self.file(whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1:])
                    self.assertIn(convert(damaged, self.output)[0], (0, 1))
        whole = (CHECKPOINTS / "plain_zip.pth").read_bytes()
        expected = bytes.fromhex(json.loads((CHECKPOINTS / "checkpoints.json").read_text(encoding="utf-8"))
                                 ["plain_zip.pth"]["conv.weight"][2])
        at = whole.index(expected)
        self.refused("is damaged: 'plain_zip/data/0' cannot be read", self.file(whole[:at] + b"\xff" + whole[at + 1:]))

    def test_numbers_that_are_not_all_there(self):
        self.converted(self.file(handmade((1, (2, 2), (3, 1)), ("cpu", 6, None), 6)))
        for window in ((2, (2, 2), (3, 1)), (0, (7,), (1,)), (6, (), ())):
            self.refused("of a storage of 6", self.file(handmade(window, ("cpu", 6, None), 6)))
        for window in ((-1, (2,), (1,)), (0, (2,), (-1,)), (0, (2,), (1, 1))):
            self.refused("without numbers", self.file(handmade(window, ("cpu", 6, None), 6)))
        self.refused("expected 6 numbers of 4 bytes in storage '7', found 20", self.file(
            handmade((0, (2,), (1,)), ("cpu", 6, None), 5) + bytes(4)))
        path = self.folder / "short.pth"
        with zipfile.ZipFile(CHECKPOINTS / "plain_zip.pth") as whole, zipfile.ZipFile(path, "w") as short:
            for name in whole.namelist():
                short.writestr(name, whole.read(name)[:4 if name.endswith("data/0") else None])
        self.refused("expected 54 numbers of 4 bytes in 'plain_zip/data/0', found 4", path)

    def test_archives_without_a_checkpoint(self):
        def archive(**entries):
            with zipfile.ZipFile(self.folder / "a.zip", "w") as file:
                for name, content in entries.items():
                    file.writestr(name, content)
            return self.folder / "a.zip"

        self.refused("expected <name>/data.pkl in it, found word", archive(word="text"))
        self.refused("PyTorch 1.3 or earlier", archive(**{"net/model.json": "{}"}))
        empty = pickle.dumps({}, protocol=2)
        self.refused("found a dict of nothing", archive(**{"net/data.pkl": empty}))
        self.refused("expected little or big", archive(**{"net/data.pkl": empty, "net/byteorder": "middle"}))

    def test_a_module_that_contains_itself(self):
        module = types.ModuleType("__torch__")
        module.Net = type("Net", (), {"__module__": "__torch__"})
        net = module.Net()
        net.inner = net
        with unittest.mock.patch.dict(sys.modules, {"__torch__": module}):
            content = pickle.dumps(net, protocol=2)
        with zipfile.ZipFile(self.folder / "endless.pt", "w") as file:
            file.writestr("net/data.pkl", content)
        self.refused("nested without end (inner.inner.", self.folder / "endless.pt")

    def test_code_in_a_checkpoint_is_not_run(self):
        marker = self.folder / "marker"

        class Evil:
            def __reduce__(self):
                return os.system, (f"touch {marker}",)

        legacy = b"".join(pickle.dumps(part, protocol=2) for part in (0x1950A86A20F9469CFC6C, 1001, {}, Evil(), []))
        with zipfile.ZipFile(self.folder / "evil.zip", "w") as file:
            file.writestr("net/data.pkl", pickle.dumps({"a": Evil()}, protocol=2))
        for path in (self.file(legacy), self.folder / "evil.zip"):
            self.refused(".system; expected tensors, numbers and texts in dicts and lists", path)
        self.assertFalse(marker.exists())


if __name__ == "__main__":
    unittest.main()
