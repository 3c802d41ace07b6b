"""Compares zcio.re with the running interpreter's re: random patterns over random texts, all methods and attributes.

The texts are small. So the machine lets the core search texts of any size, in windows of a few bytes and batches of
two, and the cases at the ends of windows and batches occur all the time.
"""

import re
import sys
import warnings

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

import zcio.re
from zcio.compat import re_comparison, re_patterns, tally
from zcio.compat.mismatch import mismatch
from zcio.compat.outcome import Outcome
from zcio.compat.re_comparison import METHODS, compare, forced

__all__ = ["MACHINES"]

KINDS = {"bytes": bytes, "bytearray": bytearray, "memoryview": memoryview}

sources = st.randoms(use_true_random=False).map(re_patterns.pattern)
texts = st.randoms(use_true_random=False).map(re_patterns.text)
ends = st.one_of(st.just(sys.maxsize), st.integers(-1, 40))
starts = st.one_of(st.just(0), st.integers(-1, 12))


class ReMachine(RuleBasedStateMachine):
    """Compiles one pattern at a time and searches for it in several texts."""

    def __init__(self):
        super().__init__()
        self.forced = forced()
        self.forced.__enter__()
        self.stdlib = self.pattern = None

    def teardown(self):
        self.forced.__exit__(None, None, None)

    @rule(source=sources, flags=st.sampled_from(re_comparison.FLAGS))
    def compile(self, source, flags):
        """A bad pattern raises what it raises in ``re``."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            zcio.re.purge()
            expected = Outcome(lambda module: module.compile(source, flags), re)
            got = Outcome(lambda module: module.compile(source, flags), zcio.re)
            tally.count("compile", expected.error)
            if expected.error is not None or got.error is not None:
                if (expected.error, expected.value) != (got.error, got.value):
                    raise mismatch("compile", "%r, %r\n  expected %r\n  got      %r" % (source, flags, expected, got))
                return
            self.stdlib, self.pattern = expected.value, got.value
            self.pattern._compiled()
        if got.value != expected.value or repr(got.value) != repr(expected.value):
            raise mismatch("compile", "%r is not equal to %r" % (got.value, expected.value))
        tally.count("compile, native" if zcio.re.explain(got.value).startswith("native") else "compile, delegated")

    @precondition(lambda self: self.pattern is not None)
    @rule(text=texts, kind=st.sampled_from(sorted(KINDS)), pos=starts, endpos=ends)
    def search(self, text, kind, pos, endpos):
        """All methods over one text."""
        for name in METHODS:
            tally.count("Pattern." + name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of split() in CPython 3.6
            wrong = compare(self.pattern, self.stdlib, KINDS[kind](text), pos, endpos)
        if wrong is not None:
            name, expected, got = wrong
            what = (self.stdlib.pattern, self.stdlib.flags, text, kind, pos, endpos, expected, got)
            raise mismatch(name, "%r (flags %d) in %r (%s) from %d to %d\n  expected %r\n  got      %r" % what)


MACHINES = {"re": ReMachine}
