"""scripts/bench docs: the results in docs/performance.md and its pictures, from a result of scripts/bench cpu."""
import json
import pathlib
import sys

from .build import RESULTS, ROOT
from .plot import ratio_bars, roofline
from .report import markdown

BEGIN, END = "<!-- results: scripts/bench docs -->\n", "<!-- end of results -->\n"


def bench_docs(arguments):
    file = pathlib.Path(arguments[0]) if arguments else RESULTS / "cpu.json"
    if not file.exists():
        sys.exit(f"bench: no {file}; run scripts/bench cpu first")
    results = json.loads(file.read_text())
    page = ROOT / "docs" / "performance.md"
    images = ROOT / "docs" / "images"
    text = "![Time of the best peer over ours](images/cpu-ratio.svg)\n\n"
    (images / "cpu-ratio.svg").write_text(ratio_bars(results))
    if "layers" in results:
        (images / "cpu-roofline.svg").write_text(roofline(results))
        text += "![Roofline of single convolutions](images/cpu-roofline.svg)\n\n"
    text += markdown(results).replace("\n## ", "\n### ")
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
    return 0
