"""zcio.search beside bytes, bytes.split and StringZilla, over bytes, so that no peer has to convert its argument."""

import random

from zcio import search
from zcio.bench.texts import CORPORA
from zcio.bench.timing import Row, race

try:
    import stringzilla
except ImportError:
    stringzilla = None

__all__ = ["TITLE", "rows"]

TITLE = "search: over bytes"


def _loop(hay, needle):
    """What one writes without find_all."""
    offsets, at = [], hay.find(needle)
    while at >= 0:
        offsets.append(at)
        at = hay.find(needle, at + len(needle))
    return offsets


def rows(quick=False):
    """Every comparison, as it is measured."""
    size = (4 if quick else 16) << 20
    budget = 0.05 if quick else 0.2
    for name in ("text", "logs", "random", "dna"):
        hay = CORPORA[name](random.Random(name), size)
        view = stringzilla.Str(hay) if stringzilla is not None else None
        piece = hay[size // 3 : size // 3 + 12]
        # A byte that the text has not got in the middle, and one that is like the text up to its last byte.
        for kind, needle in (("rare", piece[:6] + b"\xff" + piece[7:]), ("alike", piece[:11] + b"\xff")):
            for way in ("find", "rfind"):
                rivals = {
                    "zcio": lambda: getattr(search, way)(hay, needle),
                    "bytes": lambda: getattr(hay, way)(needle),
                }
                if view is not None:
                    rivals["stringzilla"] = lambda: getattr(view, way)(needle)
                yield Row("%s, %s 12 B absent, %s" % (name, way, kind), race(rivals, budget), size)
    hay = CORPORA["logs"](random.Random("logs"), size)
    needles = (b"\n", b" 200 ", b"server[7]")
    view = stringzilla.Str(hay) if stringzilla is not None else None
    for needle in needles:
        rivals = {"zcio": lambda: search.count(hay, needle), "bytes": lambda: hay.count(needle)}
        if view is not None:
            rivals["stringzilla"] = lambda: view.count(needle)
        yield Row("logs, count %r" % needle.decode(), race(rivals, budget), size)
    for needle in needles:
        rivals = {"zcio": lambda: list(search.find_all(hay, needle)), "bytes": lambda: _loop(hay, needle)}
        yield Row("logs, every offset of %r" % needle.decode(), race(rivals, budget), size)
    rivals = {"zcio": lambda: sum(map(len, search.lines(hay))), "bytes": lambda: sum(map(len, hay.split(b"\n")))}
    yield Row("logs, every line", race(rivals, budget), size)
