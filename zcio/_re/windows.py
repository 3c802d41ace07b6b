"""Cuts a text into parts for several threads, at ends of lines, so that no match lies across two parts."""

from zcio._core import search as core_search
from zcio._search.threads import part_count, sum_by_threads

__all__ = ["edges", "sum_by_threads"]


def edges(buffer, start, end, threads, line_end=b"\n"):
    """Offsets that cut ``buffer[start:end]`` for a number of threads into parts, each but the last ended by
    ``line_end``."""
    parts = part_count(end - start, threads)
    found = [start]
    for part in range(1, parts):
        at = start + (end - start) * part // parts
        newline = core_search.find(buffer, line_end, max(at, found[-1]), end)
        if newline < 0 or newline + 1 >= end:
            break
        found.append(newline + 1)
    found.append(end)
    return found
