"""The PyTorch definitions that the golden files are made with, under the names that scripts/bench uses, and the files
in which weights and data wait."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "generate"))

SIDE = 256
MAPS = {"fan": 12, "stacked_fan": 68, "adaptation": 12}


def make(net):
    if net == "adaptation":
        return adaptation()
    import networks  # PyTorch: only where it is needed, for the start of a process is measured

    return networks.NETWORKS[{"fan": "ntinou2020_12", "stacked_fan": "bulat2017_4"}[net]].make()


def adaptation():
    """AdaptedFan<12>: a frozen Fan and the branch of the public code. Only the branch learns."""
    import methods

    methods.WIDTH, methods.DEPTH = 128, 4  # the golden files' are small
    return methods.Adaptation(MAPS["adaptation"], methods.relu6, methods.public_hourglass)


def train(network):
    """Training mode for all but what is frozen."""
    import record

    record.train(network)
    return network


def weights(folder, net):
    return pathlib.Path(folder) / f"{net}.safetensors"


def image(folder, batch):
    return pathlib.Path(folder) / f"input_{batch}.safetensors"


def targets(folder, net, batch):
    return pathlib.Path(folder) / f"{net}_targets_{batch}.safetensors"


def onnx(folder, net, batch):
    return pathlib.Path(folder) / f"{net}_{batch}.onnx"


def exact_output(folder, net, images):
    return pathlib.Path(folder) / f"{net}_exact_output{'' if images == 1 else f'_{images}'}.safetensors"


def exact_gradients(folder, net):
    return pathlib.Path(folder) / f"{net}_exact_gradients.safetensors"
