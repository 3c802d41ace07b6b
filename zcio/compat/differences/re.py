"""The known differences of zcio.re from the running interpreter's re. docs/re.md has the same list for people."""

import re
import sys

from zcio.compat.differences import Difference

__all__ = ["DIFFERENCES"]

PYPY = sys.implementation.name == "pypy"


DIFFERENCES = [
    Difference(
        "pattern-type",
        True,
        "type(re.compile(b'...'))",
        "is zcio.re.Pattern, and type(match) after the search of a large text zcio.re.Match; isinstance() with the"
        " names of zcio.re holds for both modules' objects, re.Pattern does not know them",
        "re.Pattern and re.Match cannot be subclassed",
        witness=lambda module: type(module.compile(b"a")) is not type(re.compile(b"a")),
    ),
    Difference(
        "pattern-of-a-match",
        True,
        "match.re after the search of a small text",
        "is the standard library's pattern, which is equal to the zcio.re.Pattern but not identical",
        "the match itself is the standard library's: wrapping it would cost more than the search",
        witness=lambda module: module.compile(b"a").match(b"a").re is not module.compile(b"a"),
    ),
    Difference(
        "patterns-in-re",
        True,
        "re.search(zcio_pattern, ...)",
        "TypeError: the functions of the standard library's module take str, bytes and their own patterns",
        "they check the exact type",
    ),
    Difference(
        "found-ahead",
        True,
        "finditer, sub, split over memory that is written meanwhile",
        "up to 1024 matches are found ahead of the caller, so what is written behind the current match may be missed",
        "one crossing of the boundary for each match would cost more than the search",
    ),
    Difference(
        "warnings-place",
        True,
        "the place that a warning about a pattern names",
        "is inside of this module",
        "the standard library counts its own frames",
    ),
    Difference(
        "pos-in-pypy",
        PYPY,
        "match.pos in finditer() of a large text",
        "is where the whole search began, as on CPython, not the end of the match before",
        "it is what the documentation of re says",
    ),
]
