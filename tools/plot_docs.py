"""Draws the pictures of the documentation from one run of the benchmarks:

python -m zcio bench --json docs/assets/bench.json && python tools/plot_docs.py
"""

import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)

from zcio.bench import report  # noqa: E402
from zcio.bench.plot import draw  # noqa: E402
from zcio.bench.timing import Row  # noqa: E402

ASSETS = os.path.join(ROOT, "docs", "assets")

#: The rows that the README shows, including some in which zcio is slower: groups, and the beginnings of row names.
HEADLINES = {
    "mmap": ("1 MiB, find 6", "1 MiB, rfind 16", "64 MiB, find 6", "64 MiB, find 1 ", "64 B, find 6", "m[i:j]"),
    "search": ("text, find 12 B absent, rare", "logs, count ' 200 '", "logs, every offset of '\\n'"),
    "cursor": ("bytearray, make one over 1 MiB", "bytes, seek, read 16 B", "bytearray, seek, read 16 B"),
    "aio": ("lines, readline", "1 MiB messages, views", "a line there"),
    "pipe": ("records of 30 B, data by 65536", "readuntil of 30 B, data by 65536", "messages of 16"),
    "splice": ("64 MiB, file", "4 KiB, file to socket"),
}


def main():
    """Draw every group, and the headlines."""
    with open(os.path.join(ASSETS, "bench.json")) as file:
        found = json.load(file)
    title = report.title(found["facts"])
    groups = {name: [Row(**row) for row in rows] for name, rows in found["groups"].items()}
    for name, rows in groups.items():
        draw(os.path.join(ASSETS, "bench-%s.svg" % name), {name: rows}, title)
    chosen = {
        name: [row for start in starts for row in groups.get(name, []) if row.question.startswith(start)]
        for name, starts in HEADLINES.items()
    }
    draw(os.path.join(ASSETS, "headlines.svg"), chosen, title)


if __name__ == "__main__":
    main()
