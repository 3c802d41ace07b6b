"""Compares zcio.re with the standard library for one pattern and one text: all methods, and all attributes of
matches."""

import array
import contextlib
import re
from functools import partial
from itertools import islice

from zcio._call_guard import PYPY
from zcio._re import iteration, pattern as patterns, program
from zcio._re.match import StdlibMatch
from zcio.compat.outcome import Outcome

__all__ = ["FLAGS", "METHODS", "compare", "described", "forced"]

FLAGS = (0, 0, 0, re.I, re.M, re.S, re.M | re.I, re.M | re.S, re.X)


@contextlib.contextmanager
def forced(window=1, first=2):
    """A context manager in which the core searches texts of any size, in small windows and small first batches."""
    before = patterns.SMALL, program.WINDOW, iteration.FIRST, iteration.GAP
    try:
        patterns.SMALL, program.WINDOW, iteration.FIRST, iteration.GAP = 1, window, first, 1
        yield
    finally:
        patterns.SMALL, program.WINDOW, iteration.FIRST, iteration.GAP = before


def described(match):
    """All attributes of a match except ``re``."""
    if match is None:
        return None
    groups = range(match.re.groups + 1)
    return (
        match.span(),
        match.start(),
        match.end(),
        0 if PYPY else match.pos,  # in PyPy's scanners, it is the end of the match before
        match.endpos,
        match.group(),
        match[0],
        match.groups(),
        match.groups(b"?"),
        match.groupdict(),
        match.lastindex,
        match.lastgroup,
        match.regs,
        [(match.group(group), match.span(group), match.start(group), match.end(group)) for group in groups],
        match.expand(b"<\\g<0>>"),
        repr(match),
    )


def _template(pattern):
    return b"<" + b"".join(b"\\%d" % group for group in range(1, min(pattern.groups, 9) + 1)) + b"\\\\>"


def _shown(match):
    return b"<%d:%d>" % match.span() if match.start() % 3 else b""


def _all(matches):
    return [described(match) for match in matches]


#: The comparisons, by name: functions of (pattern, text, pos, endpos).
METHODS = {
    "search": lambda p, t, s, e: described(p.search(t, s, e)),
    "match": lambda p, t, s, e: described(p.match(t, s, e)),
    "fullmatch": lambda p, t, s, e: described(p.fullmatch(t, s, e)),
    "finditer": lambda p, t, s, e: _all(p.finditer(t, s, e)),
    "scanner": lambda p, t, s, e: (
        _all(islice(iter(p.scanner(t, s, e).search, None), 10)),
        _all(islice(iter(p.scanner(t, s, e).match, None), 10)),  # CPython 3.6 may find an empty match for ever
    ),
    "findall": lambda p, t, s, e: p.findall(t, s, e),
    "split": lambda p, t, s, e: (p.split(t), p.split(t, 2), p.split(t, maxsplit=1)),
    "sub": lambda p, t, s, e: (p.sub(b"<>", t), p.sub(b"", t, 1), p.sub(_shown, t), p.sub(_shown, t, count=2)),
    "subn": lambda p, t, s, e: (p.subn(_template(p), t), p.subn(b"x", t, 2), p.subn(_template(p), t, 1)),
}


def _spans(compiled, text, pos, endpos):
    return [match.span() for match in compiled.finditer(text, pos, endpos)]


def _lines(data, spans, endpos):
    data = data[: max(endpos, 0)]
    edges = [0] + [at + 1 for at in range(len(data)) if data[at] == 10]
    found = []
    for first, last in zip(edges, edges[1:] + [len(data)]):
        # An empty match at the end of the text belongs to a last line without a newline.
        stop = last + (last == len(data) and data[-1:] != b"\n")
        if first < last and any(start < stop and max(start, end - 1) >= first for start, end in spans):
            found.append(data[first:last])
    return found


def _added(pattern, stdlib, text, data, pos, endpos):
    """The name of an additional method that disagrees with the standard library's spans, or None."""
    spans = _spans(stdlib, text, pos, endpos)
    if pattern.count(text, pos, endpos) != len(spans) or pattern.count(text, pos, endpos, threads=3) != len(spans):
        return "count"
    if list(pattern.spans(text, pos, endpos)) != spans:
        return "spans"
    out, found, start = array.array("Q", [0] * 4), [], pos
    while start is not None:
        many, start = pattern.spans_into(text, out, start, endpos)
        found += [(out[2 * at], out[2 * at + 1]) for at in range(many)]
    if found != spans:
        return "spans_into"
    if list(pattern.lines(text, pos, endpos, keepends=True)) != _lines(data, spans, endpos):
        return "lines"
    return None


def compare(pattern, stdlib, text, pos, endpos, methods=METHODS):
    """Compare a zcio.re.Pattern with the standard library's compiled pattern over one text.

    Returns None, or a tuple: the name of the method, what was expected and what came. Every match must name an equal
    pattern, and the text itself, but for PyPy's own of a bytearray, which name a copy.
    """
    for name in methods:
        method = METHODS[name]
        expected = Outcome(partial(method, t=text, s=pos, e=endpos), stdlib)
        got = Outcome(partial(method, t=text, s=pos, e=endpos), pattern)
        if expected != got:
            return name, expected, got
    found = pattern.search(text, pos, endpos)
    is_text = found is None or found.string is text or (PYPY and type(found) is StdlibMatch)
    if found is not None and not (found.re == pattern and found.re == stdlib and is_text):
        return "re and string", (pattern, text), (found.re, found.string)
    wrong = _added(pattern, stdlib, text, bytes(text), pos, endpos)
    return wrong and (wrong, _spans(stdlib, text, pos, endpos), list(pattern.spans(text, pos, endpos)))
