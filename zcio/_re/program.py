"""Program, a pattern that was compiled for the engine, or the reason why it could not be."""

import sys

from zcio._core import regex as core
from zcio._re.translate import Untranslatable, translate

__all__ = ["Program", "explain", "program_of"]

_NEWLINE = 10

# The size of the core's first window in bytes; 0: the core's default. Tests set a small one to test ends of windows.
WINDOW = 0

_OLD_SUB = sys.version_info < (3, 7)


class _Searches:
    """A pattern of the engine, ``regex``, with a cache of up to four Search objects."""

    __slots__ = ("_searches", "reason", "regex")

    def search(self):
        """A Search for exclusive use; return it with put_back()."""
        try:
            return self._searches.pop()
        except IndexError as error:
            if type(error) is not IndexError:
                raise  # a signal handler's
        return core.Search(self.regex, WINDOW)

    def put_back(self, search):
        """Keep ``search`` for the next caller.

        Do not call it in the ``finally`` of a generator: if the generator is part of a cycle, the garbage collector
        frees the search first and closes the generator, which runs the ``finally``, after that.
        """
        if len(self._searches) < 4:
            self._searches.append(search)


class Program(_Searches):
    """One pattern for the engine. Any number of threads may use it; only its cache of searches changes.

    Attributes:
        reason: why the engine cannot search for the pattern, or None; if not None, the others are meaningless.
        iterates: whether the engine can be used for finditer, findall, count and spans.
        substitutes: whether the engine can be used for sub and split.
        cut: the newline, at which a text may be cut because no match contains it, or None.
    """

    __slots__ = ("cut", "iterates", "substitutes", "tail")

    def __init__(self, pattern, flags):
        self.reason = self.regex = self.cut = None
        self.iterates = self.substitutes = self.tail = False
        self._searches = []
        try:
            if type(pattern) is not bytes:
                raise Untranslatable("the pattern is not an instance of bytes itself")
            found = translate(pattern, flags)
            self.cut = None if found.newline else _NEWLINE
            self.regex = core.compile(found.source, found.width, self.cut, found.tail)
        except (Untranslatable, core.Refused) as refused:
            self.reason = str(refused)
            return
        if not core.is_bounded(self.regex):
            self.reason = "an automaton over the engine's size limit"
            return
        self.tail = found.tail
        self.iterates = found.iterates
        self.substitutes = found.iterates and not (_OLD_SUB and found.nullable)


class LineProgram(_Searches):
    """Several patterns for the engine, which finds the lines that match one of them. Each line is matched by itself.

    ``reason``: why the engine cannot, or None. ``words``: whether a match must not touch other bytes of words. ``end``:
    the byte that ends a line. ``is_text``: whether null bytes are bytes as any other; otherwise they end lines, but if
    ``splits_at_nulls`` is false, the engine can only search a text without them.
    """

    __slots__ = ("splits_at_nulls",)

    def __init__(self, stdlib_patterns, words, end=b"\n", is_text=True):
        self.reason = self.regex = None
        self.splits_at_nulls = False
        self._searches = []
        try:
            ends = end if is_text else end + b"\0"
            found = [translate(one.pattern, one.flags, ends) for one in stdlib_patterns]
            self.splits_at_nulls = not (is_text or any(one.anchored for one in found))
            source = "|".join("(?:%s)" % one.source for one in found)
            if words:
                # As (?<!\w)(?:...)(?!\w): the engine has no lookaround except these.
                source = "(?-u)\\b{start-half}(?:%s)\\b{end-half}" % source
            self.regex = core.compile(source, None, ord(end), False, self.splits_at_nulls)
        except (Untranslatable, core.Refused) as refused:
            self.reason = str(refused)
            return
        if not core.is_bounded(self.regex):
            self.reason = "an automaton over the engine's size limit"


def program_of(stdlib_pattern):
    """The Program of a compiled pattern of the standard library."""
    return Program(stdlib_pattern.pattern, stdlib_pattern.flags)


def explain(program):
    """The text of ``zcio.re.explain``."""
    if program.reason is not None:
        return "standard library: " + program.reason
    if not program.iterates:
        return "native for search; standard library for iteration: an empty match is not the last choice"
    if not program.substitutes:
        return "native, but standard library for sub and split: a match can be empty, before Python 3.7"
    return "native"
