"""zcio.mmap beside the standard library's mmap and fmmap: find, rfind, and inherited methods."""

import mmap as stdlib_mmap

import zcio.mmap as zcio_mmap
from zcio.bench.texts import words
from zcio.bench.timing import Row, race, size_name

try:
    import fmmap
except ImportError:
    fmmap = None

__all__ = ["TITLE", "rows"]

TITLE = "mmap: find and rfind, and what is inherited"

MODULES = {"zcio": zcio_mmap, "stdlib": stdlib_mmap}
if fmmap is not None:
    MODULES["fmmap"] = fmmap


def _maps(content):
    """The same bytes in one anonymous map of each rival."""
    made = {}
    for name, module in MODULES.items():
        made[name] = module.mmap(-1, len(content))
        made[name][:] = content
    return made


def _close(made):
    for mapping in made.values():
        mapping.close()


def _ask(question, made, size, call, budget):
    rivals = {name: (lambda mapping=mapping: call(mapping)) for name, mapping in made.items()}
    return Row(question, race(rivals, budget), size)


def _read(mapping):
    mapping.seek(10)
    return mapping.read(16)


def rows(quick=False):
    """Every comparison, as it is measured."""
    budget = 0.05 if quick else 0.2
    for size in (64, 4096, 1 << 20, 8 << 20) if quick else (64, 256, 1024, 4096, 64 << 10, 1 << 20, 64 << 20):
        made = _maps(words(size))
        for needle in (b"\xff", b"shred\xff", b"nottheretonight\xff"):
            for method in ("find", "rfind"):
                question = "%s, %s %d B absent" % (size_name(size), method, len(needle))
                yield _ask(question, made, size, lambda mapping: getattr(mapping, method)(needle), budget)
        _close(made)
    made = _maps(words(1 << 20))
    yield _ask("1 MiB, find in a 64 B window", made, 64, lambda mapping: mapping.find(b"\xff", 5000, 5064), budget)
    yield _ask("1 MiB, find a near hit", made, 64, lambda mapping: mapping.find(b"\n"), budget)
    yield _ask("m[i]", made, 1, lambda mapping: mapping[77], budget)
    yield _ask("m[i:j]", made, 20, lambda mapping: mapping[70:90], budget)
    yield _ask("len(m)", made, 1, len, budget)
    yield _ask("seek and read(16)", made, 16, _read, budget)
    _close(made)
