"""Rivals on the same question: measured in turn, answers compared, ratios instead of bare times."""

import time

__all__ = ["race", "row", "spell"]


def _per_call(ask, calls):
    before = time.perf_counter()
    for _ in range(calls):
        ask()
    return (time.perf_counter() - before) / calls


def race(rivals, budget=0.3, rounds=9):
    """The best time of each rival in seconds a call.

    ``rivals`` maps names to functions without arguments that must give equal answers. They are run in turn, so that a
    machine that speeds up or slows down does so for all, for about ``budget`` seconds each.
    """
    answers = {name: ask() for name, ask in rivals.items()}
    first = next(iter(answers.values()))
    for name, answer in answers.items():
        if answer != first:
            raise SystemExit("%s answers %r where the others answer %r" % (name, answer, first))
    calls = {}
    for name, ask in rivals.items():
        once = _per_call(ask, 1)
        calls[name] = max(1, int(budget / rounds / max(once, 1e-7)))
    best = {}
    for _ in range(rounds):
        for name, ask in rivals.items():
            took = _per_call(ask, calls[name])
            best[name] = min(took, best.get(name, took))
    return best


def spell(seconds, size):
    """A time as ns, and as GB/s where it is worth saying."""
    if size < 1 << 16:
        return "%8.0f ns" % (seconds * 1e9)
    return "%6.1f GB/s" % (size / seconds / 1e9)


def row(question, times, size, ours="zcio"):
    """Print one line: every rival's figure, and how much faster zcio is than each."""
    cells = ["%-30s" % question]
    for name, seconds in times.items():
        cell = "%s %s" % (name, spell(seconds, size))
        if name != ours:
            cell += " (%.2fx)" % (seconds / times[ours])
        cells.append(cell)
    print("  ".join(cells), flush=True)
