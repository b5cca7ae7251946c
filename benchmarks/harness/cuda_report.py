"""Tables in Markdown from the results of scripts/bench cuda."""
from .report import NETWORKS, figure, table

SIDES = {"aurum": "aurum", "eager": "eager", "compile": "compile", "graphs": "graphs"}
TASKS = {"train": "training step", "infer": "inference"}
NONE = "–"


def label(case):
    return [TASKS[case["task"]], NETWORKS[case["net"]], case["batch"], case["precision"]]


def cells(values, text):
    return [text(values[side]) if side in values else NONE for side in SIDES]


def megabytes(case):
    """Of replayed graphs PyTorch counts no allocations but those when they were recorded, which its peak includes."""
    return {name: memory["used"] / 2**20 for name, memory in case["memory"].items()}


def speed(results):
    rows = []
    for case in results["cases"]:
        ratios = case["ratio"]
        used = megabytes(case)
        peers = [value for name, value in used.items() if name != "aurum"]
        best = f"**{min(ratios.values()):.2f}**" if ratios else NONE
        share = f"{used['aurum'] / min(peers):.2f}" if "aurum" in used and peers else NONE
        rows.append(label(case) + cells(case["ms"], figure) +
                    [f"{ratios['eager']:.2f}" if "eager" in ratios else NONE, best] +
                    cells(used, lambda value: f"{value:.0f}") + [share])
    header = (["", "network", "batch", "precision"] + [f"{name}, ms" for name in SIDES.values()] +
              ["eager / aurum", "best / aurum"] + [f"{name}, MB" for name in SIDES.values()] + ["aurum / least"])
    return "## Milliseconds a call and peak megabytes of the GPU\n\n" + table(header, rows)


def errors(results):
    rows = [label(case) + cells(case["error"], lambda value: f"{value:.1e}") for case in results["cases"]
            if case["error"]]
    return ("## Relative RMS error of heatmaps, and of gradients (median of the parameters)\n\n" +
            table(["", "network", "batch", "precision", *SIDES.values()], rows))


def reserved(results):
    rows = [label(case) + cells(case["memory"], lambda value: f"{value['reserved'] / 2**20:.0f}")
            for case in results["cases"] if case["memory"]]
    return ("## Peak megabytes that the sides' pools took from the driver\n\n" +
            table(["", "network", "batch", "precision", *SIDES.values()], rows))


def about(results):
    gpu = results.get("gpu", {})
    peer = f"PyTorch {gpu['torch']}, CUDA {gpu['cuda']}, cuDNN {gpu['cudnn']}" if gpu else "PyTorch"
    return (f"{gpu.get('gpu', 'unknown GPU')}; {results['machine']['processor']}. {peer}, channels_last, cuDNN's "
            "algorithms tried out; graphs: torch.compile with CUDA graphs. Inference: from images in the host's memory "
            "(pinned for PyTorch) to heatmaps there, with aurum also the peaks. Training: from images in the host's "
            "memory, copied while the step before is worked on, to the loss there; PyTorch's targets lie on the GPU, "
            "aurum uploads centres and draws them, and computes the gradient's norm. bf16: autocast, in inference the "
            "whole network. Medians of rounds in which all take turns; ratios are the medians of the rounds' ratios, "
            "greater than one where aurum is faster.\n")


def cuda_markdown(results):
    parts = [about(results), errors(results), reserved(results)]
    if results.get("notes"):
        parts.append("## Notes\n\n" + "\n".join(f"* {note}" for note in results["notes"]) + "\n")
    return "\n".join([*parts, speed(results)])
