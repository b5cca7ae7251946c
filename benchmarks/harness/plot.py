"""Pictures in SVG from the results of scripts/bench cpu."""
import html
import math

from .report import NETWORKS, cases

INK, PALE, GRID = "#222", "#777", "#ddd"
GOLD, BLUE, GREEN = "#c8961e", "#2f6fab", "#3a8a4d"
COLOURS = {"direct": BLUE, "F(2x2)": GREEN, "F(4x4)": GOLD}


class Drawing:
    def __init__(self, width, height):
        self.size, self.parts = (width, height), []

    def add(self, element, content=None, **attributes):
        words = "".join(f' {name.replace("_", "-")}="{value:.1f}"' if isinstance(value, float) else
                        f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
        self.parts.append(f"<{element}{words}/>" if content is None else
                          f"<{element}{words}>{html.escape(str(content))}</{element}>")

    def text(self, x, y, content, anchor="start", colour=INK, size=12):
        self.add("text", content, x=float(x), y=float(y), text_anchor=anchor, fill=colour, font_size=size)

    def line(self, x1, y1, x2, y2, colour=INK, width=1, **more):
        self.add("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), stroke=colour, stroke_width=width,
                 **more)

    def svg(self):
        width, height = self.size
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
                f'height="{height}" font-family="sans-serif">\n<rect width="{width}" height="{height}" fill="white"/>\n'
                + "\n".join(self.parts) + "\n</svg>\n")


def counted(threads):
    return "1 thread" if threads == "1" else f"{threads} threads"


def ratio_bars(results):
    """How many times as long the best float32 peer takes, for every case."""
    bars = [(f"{title}, {NETWORKS[net]}, {counted(threads)}, batch {batch}", r)
            for section, title in (("inference", "inference"), ("training", "training"))
            for net, threads, batch, r in cases(results.get(section, {}))]
    left, right, top, step = 300, 220, 50, 26
    drawing = Drawing(900, top + step * len(bars) + 40)
    most = max([1.0] + [r["ratio"] for _, r in bars]) * 1.05
    x = lambda ratio: left + (900 - left - right) * ratio / most
    bottom = top + step * len(bars)
    drawing.text(left, 22, "Time of the best float32 peer / time of aurum", size=14)
    for tick in range(math.floor(most) + 1):
        drawing.line(x(tick), top - 8, x(tick), bottom, INK if tick == 1 else GRID)
        drawing.text(x(tick), bottom + 16, f"{tick}", "middle", PALE)
    for i, (label, r) in enumerate(bars):
        y = top + i * step
        drawing.text(left - 8, y + 14, label, "end")
        drawing.add("rect", x=float(left), y=float(y + 2), width=x(r["ratio"]) - left, height=float(step - 8),
                    fill=GOLD)
        drawing.text(x(r["ratio"]) + 6, y + 14, f"{r['ratio']:.2f}  ({r['best_peer']})", colour=PALE)
    return drawing.svg()


def logarithmic(low, high, start, end):
    return lambda value: start + (end - start) * math.log(value / low) / math.log(high / low)


def roofline(results):
    """Single convolutions on one thread (the first that was measured), under and above what direct sums could reach:
    the multiply-add peak, and the memory's speed times the operations a byte."""
    measured = results["layers"][min(results["layers"])]
    gflops, gigabytes = measured["gflops"], measured["gigabytes"]
    points = [(2 * p["multiply_adds"] / p["bytes"], 2e-6 * p["multiply_adds"] / p["ms"], p)
              for p in measured["layers"]]
    low, high = 1.0, 2.0 * max(p[0] for p in points)
    bottom, top = 0.25 * min([gflops] + [p[1] for p in points]), 1.6 * max([gflops] + [p[1] for p in points])
    drawing = Drawing(900, 520)
    x, y = logarithmic(low, high, 80, 640), logarithmic(bottom, top, 460, 50)
    threads = min(results["layers"]).removeprefix("threads")
    drawing.text(80, 24, f"Convolutions of the FAN layout, {counted(threads)}, batch 1", size=14)
    for exponent in range(0, 8):
        for tick, axis in ((2.0**exponent, "x"), (25 * 2.0**exponent, "y")):
            if axis == "x" and low <= tick <= high:
                drawing.line(x(tick), 50, x(tick), 460, GRID)
                drawing.text(x(tick), 478, f"{tick:.0f}", "middle", PALE)
            if axis == "y" and bottom <= tick <= top:
                drawing.line(80, y(tick), 640, y(tick), GRID)
                drawing.text(72, y(tick) + 4, f"{tick:.0f}", "end", PALE)
    drawing.text(360, 502, "direct-convolution FLOPs a byte of input, output and filter", "middle")
    drawing.text(80, 42, "effective GFLOP/s", colour=PALE)
    ridge = gflops / gigabytes
    start = max(low, bottom / gigabytes)
    if ridge > start:
        drawing.line(x(start), y(start * gigabytes), x(ridge), y(gflops), INK, 2)
        middle = math.sqrt(start * ridge)
        drawing.text(x(middle) - 10, y(middle * gigabytes), f"memory: {gigabytes:.0f} GB/s", "end", PALE)
    drawing.line(x(max(ridge, low)), y(gflops), 640, y(gflops), INK, 2)
    drawing.text(x(max(ridge, low)) + 8, y(gflops) - 8, f"multiply-add peak: {gflops:.0f} GFLOP/s", colour=PALE)
    for number, (intensity, rate, p) in enumerate(points, 1):
        colour = COLOURS[p["algorithm"]]
        drawing.add("circle", cx=x(intensity), cy=y(rate), r=9.0, fill=colour)
        drawing.text(x(intensity), y(rate) + 4, number, "middle", "white", 11)
        drawing.add("circle", cx=670.0, cy=60.0 + 26 * number, r=9.0, fill=colour)
        drawing.text(670, 64 + 26 * number, number, "middle", "white", 11)
        drawing.text(686, 64 + 26 * number, p["name"])
    used = [name for name in COLOURS if any(p["algorithm"] == name for *_, p in points)]
    for i, name in enumerate(used):
        drawing.add("rect", x=662.0, y=350.0 + 24 * i, width=16.0, height=12.0, fill=COLOURS[name])
        drawing.text(686, 361 + 24 * i, name if name == "direct" else f"Winograd {name}")
    return drawing.svg()
