"""Tables in Markdown from the results of scripts/bench cpu."""

NETWORKS = {"fan": "FAN layout", "stacked_fan": "4-stack FAN", "adaptation": "adaptation network"}


def figure(value):
    """Three figures that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def split_key(key):
    threads, batch = key.split("_")
    return threads.removeprefix("threads"), batch.removeprefix("batch")


def cases(section):
    for net, results in section.items():
        for key, result in results.items():
            yield net, *split_key(key), result


def speed(title, section):
    rows = [[NETWORKS[net], threads, batch, figure(r["ours_ms"]), figure(r["best_peer_ms"]), r["best_peer"],
             f"**{r['ratio']:.2f}**", f"{r['processor_ratio']:.2f}", figure(r["effective_gflops"]),
             f"{r['peak_fraction']:.2f}"]
            for net, threads, batch, r in cases(section)]
    return f"## {title}\n\n" + table(["network", "threads", "batch", "aurum, ms/image", "best peer, ms/image", "which",
                                      "ratio", "of processor time", "effective GFLOP/s", "of the peak"], rows)


def every_peer(title, section):
    columns = list(cases(section))
    names = sorted({n for *_, r in columns for n in r["peers_ms"]})
    reduced = sorted({n for *_, r in columns for n in r["reduced_precision_ms"]})
    header = ["ms/image"] + [f"{NETWORKS[net]}, {t} thr., batch {b}" for net, t, b, _ in columns]
    rows = [["**aurum**"] + [figure(r["ours_ms"]) for *_, r in columns]]
    for kind, group in (("peers_ms", names), ("reduced_precision_ms", reduced)):
        rows += [[name] + [figure(r[kind][name]) if name in r[kind] else "" for *_, r in columns] for name in group]
    return f"## {title}\n\n" + table(header, rows)


def memory(results):
    rows = []
    for section, nets in results["memory"].items():
        for net, batches in nets.items():
            for batch, r in batches.items():
                rows.append([section, NETWORKS[net], batch.removeprefix("batch"), figure(r["ours_mb"]),
                             figure(r["best_peer_mb"]), r["best_peer"], f"{r['ratio']:.2f}"])
    return "## Peak memory of a fresh process\n\n" + table(
        ["", "network", "batch", "aurum, MB", "least of the peers, MB", "which", "aurum / peer"], rows)


def first_inference(results):
    rows = [[NETWORKS[net], figure(r["ours_ms"]), figure(r["best_peer_ms"]), r["best_peer"]]
            for net, r in results["first_inference"].items()]
    return "## From the start of a process to its first answer\n\n" + table(
        ["network", "aurum, ms", "quickest peer, ms", "which"], rows)


def errors(results):
    parts = []
    if "output_error" in results:
        names = list(dict.fromkeys(n for r in results["output_error"].values() for n in r))
        rows = [[name] + [f"{r[name]:.1e}" if name in r else "" for r in results["output_error"].values()]
                for name in names]
        parts.append("## Relative RMS error of the heatmaps against double precision\n\n" + table(
            ["", *(NETWORKS[net] for net in results["output_error"])], rows))
    if "gradient_error" in results:
        rows = [[NETWORKS[net], name, f"{e['median']:.1e}", f"{e['largest']:.1e}"]
                for net, r in results["gradient_error"].items() for name, e in r.items()]
        parts.append("## Relative RMS error of the gradients of one step\n\n" + table(
            ["network", "", "median of the parameters", "largest"], rows))
    return "\n".join(parts)


def layers(results):
    parts = []
    for key, r in results["layers"].items():
        rows = [[layer["name"], layer["algorithm"], figure(layer["ms"]),
                 figure(2e-6 * layer["multiply_adds"] / layer["ms"]),
                 f"{2e-6 * layer['multiply_adds'] / layer['ms'] / r['gflops']:.2f}"] for layer in r["layers"]]
        parts.append(f"## Single convolutions, batch 1, threads: {key.removeprefix('threads')}\n\n" + table(
            ["layer", "algorithm", "ms", "effective GFLOP/s", "of the peak"], rows))
    return "\n".join(parts)


def building(results):
    return "## A minimal program that predicts (g++ -O3)\n\n" + table(
        ["compiling, processor seconds", "compiling, MB", "stripped program, kB"],
        [[results["compile_seconds"], results["compile_megabytes"], f"{results['binary_kb']:.0f}"]])


def about(results):
    m, versions = results["machine"], results["versions"]
    peaks = ", ".join(f"{p:.0f} GFLOP/s on {k.removeprefix('threads')}" for k, p in
                      results.get("peak_gflops", {}).items())
    peers = ", ".join(f"{name} {versions[name]}" for name in ("torch", "onnxruntime", "openvino"))
    return (f"{m['processor']}, {m['cores']} cores{', AVX-512' if m['avx512'] else ''}"
            f"{', AMX' if m['amx'] else ''}; multiply-add peak in float32, measured between the turns: "
            f"{peaks or 'not measured'} thread(s). Peers: {peers}, all in float32 except where bf16 is written. "
            "Medians of rounds in which all take turns; the ratio is the median of the rounds' ratios, by the clock and "
            "by the processors' time, which neighbours on a busy machine hardly change. FLOPs are those "
            "of direct convolution, two a multiply-add (training: three times inference).\n")


def markdown(results):
    parts = [about(results)]
    for section, title in (("inference", "Inference"), ("training", "A training step")):
        if section in results:
            parts += [speed(title, results[section]), every_peer(f"{title}: every setting", results[section])]
    for section, write in (("memory", memory), ("first_inference", first_inference), ("output_error", errors),
                           ("layers", layers), ("compile_seconds", building)):
        if section in results:
            parts.append(write(results))
    if results.get("notes"):
        parts.append("## Notes\n\n" + "\n".join(f"* {note}" for note in results["notes"]) + "\n")
    return "\n".join(parts)
