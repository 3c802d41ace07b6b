"""A mistake in any rule of the translation gives spans that differ from the standard library's."""

import random
import re
import sys
import warnings

import pytest
from mutants.re import RULES

from zcio._re import pattern as patterns
from zcio.compat import re_comparison, re_patterns

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the rules are the same everywhere")

# Some of these patterns take the standard library exponential time over longer texts.
_LONGEST = 16


def difference(patterns_tried):
    """The first pattern and text for which the spans differ, or None."""
    rnd = random.Random(7)
    for _ in range(patterns_tried):
        source, flags = re_patterns.pattern(rnd), rnd.choice(re_comparison.FLAGS)
        try:
            stdlib = re.compile(source, flags)
        except (re.error, OverflowError):
            continue
        ours = patterns.new_pattern(stdlib)
        if ours._compiled().reason is not None:
            continue
        for _ in range(8):
            text = re_patterns.text(rnd)[:_LONGEST]
            found = stdlib.search(text)
            got = ours.search(text)
            if [match.span() for match in stdlib.finditer(text)] != list(ours.spans(text)):
                return source, flags, text
            if (found and found.regs) != (got and got.regs):
                return source, flags, text
            if [match.span() for match in ours.finditer(text)] != list(ours.spans(text)):
                return source, flags, text
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mistake", [patch for _, patch in RULES], ids=[name for name, _ in RULES])
def test_noticed(mistake):
    with re_comparison.forced(), mistake:
        # CPython needs at most 150. PyPy needs 14,555 for a loop whose body can match nothing.
        assert difference(30000) is not None


def test_nothing_is_noticed_without_one():
    with re_comparison.forced(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert difference(1000) is None
