"""Rows as lines of a table in the terminal, and as JSON."""

import json
import platform
import sys
import time

from zcio import _core
from zcio._processor import processor_name

__all__ = ["Table", "facts", "title", "write_json"]

# Between this ratio and 1 a row is no loss: two runs differ as much.
_LOSS = 0.95
_UNITS = (("ns", 1e9), ("us", 1e6), ("ms", 1e3))
_PEERS = ("fmmap", "stringzilla", "iocursor", "chunkedbuffer")


def facts():
    """The versions, the processor and the kernel, as a dict of strings."""
    found = {
        "zcio": _core.version(),
        "python": "%s %s" % (platform.python_implementation(), platform.python_version()),
        "machine": "%s %s, searches by %s" % (platform.system(), platform.machine(), _core.search_level()),
        "processor": processor_name(),
        "kernel": platform.release(),
        "date": time.strftime("%Y-%m-%d"),
    }
    if sys.version_info >= (3, 8):
        from importlib import metadata  # novm

        for name in _PEERS:
            try:
                found[name] = metadata.version(name)
            except metadata.PackageNotFoundError:
                pass
    return found


def title(facts):
    """Return what ``facts`` say of a run, in two lines."""
    return "zcio %s, %s, %s\n%s, %s" % tuple(facts[name] for name in ("zcio", "python", "date", "processor", "machine"))


def _spell(row, name):
    seconds = row.times[name]
    # Faster than any memory: nothing was moved, so it is the call that is timed.
    if row.items or row.size / seconds > 1e12:
        each = seconds / (row.items or 1)
        unit, scale = next(pair for pair in _UNITS if each * pair[1] < 10000 or pair is _UNITS[-1])
        return "%.*f %s" % (1 if each * scale < 100 else 0, each * scale, unit)
    return "%.3g GB/s" % (row.size / seconds / 1e9)


class Table:
    """Prints rows as they come: zcio's figure, every rival's, and how many times faster zcio is; ``<`` is a loss."""

    def __init__(self, out=None):
        self.out = out or sys.stdout
        self.names = None
        self.rows = self.losses = 0

    def title(self, title):
        """Begin a group."""
        self.names = None
        print("\n" + title, file=self.out)

    def add(self, row):
        """Print one row, under a new heading where it has other rivals than the one before."""
        names = ["zcio"] + [name for name in row.times if name != "zcio"]
        if names != self.names:
            heading = "".join("%21s" % name for name in names[1:])
            print("  %-36s%12s%s" % ("", "zcio", heading), file=self.out)
            self.names = names
        cells = ""
        lost = False
        for name in names[1:]:
            ratio = row.ratio(name)
            lost = lost or ratio < _LOSS
            spelt = "%.2gx" % ratio if ratio < 99.5 else "%.0fx" % ratio
            cells += "%13s %7s" % (_spell(row, name), spelt)
        self.rows += 1
        self.losses += lost
        print("%s %-36s%12s%s" % ("<" if lost else " ", row.question, _spell(row, "zcio"), cells), file=self.out)
        self.out.flush()


def write_json(path, groups):
    """Write the rows, a dict of lists of rows by group, and what ran here. Raises OSError."""
    rows = {name: [dict(row._asdict()) for row in found] for name, found in groups.items()}
    with open(path, "w") as file:
        json.dump({"facts": facts(), "groups": rows}, file, indent=1)
        file.write("\n")
