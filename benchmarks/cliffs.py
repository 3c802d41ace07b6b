"""Where is zcio much slower than what its users have today? A grid of operation x size x access pattern x peer.

``python benchmarks/cliffs.py`` measures every cell and shows the worst first. The bar: no ordinary cell is more than
2.5 times and more than 300 ns slower than the peer.

A single call of a method written in Python beside a single call of one written in C is not ordinary, since it cannot
be as fast. If it costs less than 1 us more, it is not held to the bar but listed apart, with its cost.

``--quick`` takes less than a minute on CPython, a few on PyPy. ``--json FILE`` keeps the times, ``--before FILE``
compares with kept ones. The exit status is 1 if zcio and a peer answer differently. The cells are in
``cliff_cases/``, one module a family.
"""

import argparse
import ast
import gc
import importlib
import json
import math
import platform
import sys
import time
from collections import namedtuple
from itertools import repeat
from statistics import median

from cliff_cases import FAMILIES

PYPY = sys.implementation.name == "pypy"

#: (times slower, and by how many ns): the bar, and what is far beyond it.
BARS = ((2.5, 300), (5, 1000))

#: ``slice``: seconds that one rival runs before it is the next one's turn. ``warm``: seconds before any of it counts.
Effort = namedtuple("Effort", "rounds slice warm")

THOROUGH = Effort(rounds=15, slice=300e-6, warm=0.05 if PYPY else 0)
QUICK = Effort(rounds=3, slice=100e-6, warm=0.004 if PYPY else 0)


class Row(namedtuple("Row", "family operation where peer ours today single")):
    """A cell beside one peer: the ns that one operation takes, and whether ours is a single call."""

    __slots__ = ()

    @property
    def ratio(self):
        return self.ours / self.today

    @property
    def loss(self):
        return self.ours - self.today

    @property
    def is_apart(self):
        return self.single and self.loss < 1000

    def is_over(self, bar):
        return self.ratio > bar[0] and self.loss > bar[1]


class Disagreement(Exception):
    """zcio and a peer gave different answers."""


def answer_of(way):
    """Run the code once and return the value of its last statement, buffers as bytes."""
    tree = ast.parse(way.code)
    last = tree.body.pop()
    names = dict(way.names)
    exec(compile(tree, "<setup>", "exec"), names)
    answer = eval(compile(ast.Expression(last.value), "<answer>", "eval"), names)
    return bytes(answer) if isinstance(answer, (bytearray, memoryview)) else answer


def is_single_call(way):
    """Whether the code is one call of a method, without a loop. Calls that set a position do not count."""
    tree = ast.parse(way.code)
    if any(isinstance(node, (ast.For, ast.ListComp)) for node in ast.walk(tree)):
        return False
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    if not all(isinstance(function, ast.Attribute) for function in calls):
        return False
    return len([function for function in calls if function.attr != "seek"]) <= 1


_TIMER = """
def run(times, clock%s):
    before = clock()
    for _ in times:
%s
    return clock() - before
"""


def timer_of(way):
    """A function ``run(iterable, clock)`` that returns how long the code took, run once per item."""
    lines = "\n".join("        " + line for line in way.code.splitlines())
    names = dict(way.names)
    exec(_TIMER % ("".join(", %s=%s" % (name, name) for name in sorted(names)), lines), names)
    return names["run"]


def measure(cell, effort):
    """The best time of each rival, "zcio" among them, in ns an operation. Raises Disagreement."""
    rivals = {"zcio": cell.ours}
    rivals.update(cell.today)
    answers = {name: answer_of(rival) for name, rival in rivals.items()}
    for name, answer in answers.items():
        if answer != answers["zcio"]:
            raise Disagreement(
                "%s, %s: zcio gives %.80r, %s %.80r" % (cell.operation, cell.where, answers["zcio"], name, answer)
            )
    del answers
    clock = time.process_time  # other processes count little
    timers = {name: timer_of(rival) for name, rival in rivals.items()}
    times = {}
    for name, run in timers.items():
        once = min(run(repeat(None, 1), clock) for _ in range(2))
        if once < effort.slice / 20:
            once = run(repeat(None, 20), clock) / 20
        if effort.warm:
            run(repeat(None, max(1, int(effort.warm / max(once, 20e-9)))), clock)
            once = run(repeat(None, 20), clock) / 20
        times[name] = max(1, int(effort.slice / max(once, 20e-9)))
    best = dict.fromkeys(timers, math.inf)
    for _ in range(effort.rounds):
        for name, run in timers.items():
            best[name] = min(best[name], run(repeat(None, times[name]), clock) / times[name])
    return {name: seconds * 1e9 / cell.calls for name, seconds in best.items()}


def rows_of(family, cells, effort, failures):
    for cell in cells:
        if not cell.today:
            continue
        if not PYPY:  # which would collect nothing at all
            gc.disable()
        try:
            found = measure(cell, effort)
        except Disagreement as error:
            failures.append("%s: %s" % (family, error))
            continue
        except Exception as error:
            error.args += ("in the cell: %s, %s" % (cell.operation, cell.where),)
            raise
        finally:
            gc.enable()
        ours = found.pop("zcio")
        for peer, today in sorted(found.items()):
            yield Row(family, cell.operation, cell.where, peer, ours, today, is_single_call(cell.ours))


def duration(ns):
    for unit, size in (("ms", 1e6), ("us", 1e3)):
        if ns >= 10 * size:
            return "%.0f %s" % (ns / size, unit)
    return "%.0f ns" % ns


def summary(rows):
    """Lines: for each family the number of cells, the geometric mean of the ratios, and the share over each bar."""
    heads = ["over (%gx, %g ns)" % bar for bar in BARS]
    yield "%-9s %6s %10s  %s" % ("family", "cells", "geo. mean", "  ".join(heads))
    for family in FAMILIES + ("all",):
        those = [row for row in rows if family in (row.family, "all")]
        if those:
            mean = math.exp(sum(math.log(row.ratio) for row in those) / len(those))
            shares = [100 * sum(row.is_over(bar) for row in those) / len(those) for bar in BARS]
            columns = ("%*.1f %%" % (len(head) - 2, share) for head, share in zip(heads, shares))
            yield "%-9s %6d %9.2fx  %s" % (family, len(those), mean, "  ".join(columns))


def single_calls(rows):
    """Lines: for each operation that is a single call, the medians of its times."""
    line = "%-9s %-34s %6s %9s %9s %9s"
    yield "single calls, medians"
    yield line % ("family", "operation", "cells", "zcio", "today", "more")
    for family in FAMILIES:
        operations = {}
        for row in rows:
            if row.family == family:
                operations.setdefault(row.operation, []).append(row)
        for operation, those in sorted(operations.items()):
            ours, today, more = (median(column) for column in zip(*((r.ours, r.today, r.loss) for r in those)))
            yield line % (family, operation, len(those), duration(ours), duration(today), duration(more))


def table(rows, before):
    line = "%-8s %-34s %-28s %-14s %9s %9s %7s %9s"
    yield (line + "  %s") % ("family", "operation", "where", "today", "zcio", "today", "ratio", "loss", "before")
    for row in rows:
        was = before.get(row[:4])
        yield (line + "  %s") % (
            row.family,
            row.operation,
            row.where,
            row.peer,
            duration(row.ours),
            duration(row.today),
            "%.1fx" % row.ratio,
            duration(row.loss) if row.loss > 0 else "-",
            "%.1fx" % was.ratio if was else "",
        )


def load(path):
    with open(path) as file:
        return [Row(*row) for row in json.load(file)["rows"]]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", metavar="family", help="of %s; all by default" % ", ".join(FAMILIES))
    parser.add_argument("--quick", action="store_true", help="fewer rounds: less than a minute for the whole grid")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cells with TEXT in the operation or place")
    parser.add_argument("--worst", type=int, default=25, metavar="N", help="how many cells to show (25)")
    parser.add_argument("--json", metavar="FILE", help="write all times to FILE")
    parser.add_argument("--before", metavar="FILE", help="compare with the times in FILE")
    options = parser.parse_args(arguments)
    for family in options.families:
        if family not in FAMILIES:
            parser.error("no such family: %s" % family)
    started = time.time()
    rows = []
    failures = []
    for family in options.families or FAMILIES:
        cells = importlib.import_module("cliff_cases." + family).cells()
        chosen = (cell for cell in cells if options.only in cell.operation + ", " + cell.where)
        rows.extend(rows_of(family, chosen, QUICK if options.quick else THOROUGH, failures))
    rows.sort(key=lambda row: (row.is_over(BARS[0]), row.ratio), reverse=True)
    kept = load(options.before) if options.before else []
    before = {row[:4]: row for row in kept}
    apart = [row for row in rows if row.is_apart]
    rows = [row for row in rows if not row.is_apart]
    print("\n".join(table(rows[: options.worst], before)))
    print("\n" + "\n".join(single_calls(apart)))
    took = "%s %s, %.0f s" % (platform.python_implementation(), platform.python_version(), time.time() - started)
    print("\n%s\n%s" % (took, "\n".join(summary(rows))))
    if before:
        print("\nbefore, the same cells\n" + "\n".join(summary([before[row[:4]] for row in rows if row[:4] in before])))
    for failure in failures:
        print("DIFFERENT ANSWERS in " + failure, file=sys.stderr)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"python": took, "rows": rows + apart}, file, indent=0)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
