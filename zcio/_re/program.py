"""What the engine has of a pattern: its program, or the reason why there is none."""

import sys

from zcio._core import regex as core
from zcio._re.translate import Untranslatable, translate

__all__ = ["Program", "explain", "program_of"]

_NEWLINE = 10

# With how many bytes the core's windows start; 0: as the core likes. Tests see more ends of windows with a small one.
WINDOW = 0

_OLD_SUB = sys.version_info < (3, 7)


class _Searches:
    """A pattern of the engine, ``regex``, with a stock of searches."""

    __slots__ = ("_searches", "reason", "regex")

    def search(self):
        """A Search for the caller alone, to be given back with ``put_back``."""
        try:
            return self._searches.pop()
        except IndexError as error:
            if type(error) is not IndexError:
                raise  # a signal handler's
        return core.Search(self.regex, WINDOW)

    def put_back(self, search):
        """Keep ``search`` for the next caller.

        Not for the ``finally`` of a generator: the garbage collector frees the search of a generator in a cycle, and
        closes the generator after that.
        """
        if len(self._searches) < 4:
            self._searches.append(search)


class Program(_Searches):
    """One pattern for the engine.

    ``reason``: None, or why the standard library keeps the pattern; then the rest means nothing. ``iterates``: whether
    finditer, findall, count, spans are for the engine; ``substitutes``: whether sub and split are. ``cut``: the newline
    if no match contains one. It never changes but for its stock of searches, and any number of threads may use it.
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
    """Patterns for lines, each taken by itself: the engine finds the lines in which one of them matches.

    ``reason``: None, or why the engine cannot.
    """

    __slots__ = ()

    def __init__(self, stdlib_patterns, words):
        """``words``: only matches with no byte of a word before or behind."""
        self.reason = self.regex = None
        self._searches = []
        try:
            sources = [translate(one.pattern, one.flags, by_line=True).source for one in stdlib_patterns]
            source = "|".join("(?:%s)" % source for source in sources)
            if words:
                # What lookaround for a byte of a word says, which the engine has no other way to say.
                source = "(?-u)\\b{start-half}(?:%s)\\b{end-half}" % source
            self.regex = core.compile(source, None, _NEWLINE, False)
        except (Untranslatable, core.Refused) as refused:
            self.reason = str(refused)
            return
        if not core.is_bounded(self.regex):
            self.reason = "an automaton over the engine's size limit"


def program_of(stdlib_pattern):
    """The Program of a compiled pattern of the standard library."""
    return Program(stdlib_pattern.pattern, stdlib_pattern.flags)


def explain(program):
    """In words, for people: native, or why not."""
    if program.reason is not None:
        return "standard library: " + program.reason
    if not program.iterates:
        return "native for search; standard library for iteration: an empty match is not the last choice"
    if not program.substitutes:
        return "native, but standard library for sub and split: a match can be empty, before Python 3.7"
    return "native"
