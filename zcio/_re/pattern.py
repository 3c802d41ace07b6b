"""Pattern, which has the standard library's compiled pattern for small texts, and the engine for large ones."""

import re
import sys

from zcio._call_guard import PYPY
from zcio._converters import integer
from zcio._core import regex as core
from zcio._positional_only import positional_only
from zcio._re.iteration import Text, finditer, lines, spans, split, sub
from zcio._re.match import StdlibMatch, StdlibPattern, new_match
from zcio._re.program import program_of

try:
    from re import _compiler  # 3.11
except ImportError:
    import sre_compile as _compiler

__all__ = ["Pattern", "new_pattern"]

_MAX = sys.maxsize

# The standard library searches windows of fewer bytes. The first larger one translates the pattern, which takes 0.07 to
# 0.3 ms. For this size the standard library takes 3 us to 0.3 ms, the core 1 to 20 us.
SMALL = 8192


class _PatternType(type):
    def __instancecheck__(cls, instance):
        return type(instance) is StdlibPattern or type.__instancecheck__(cls, instance)


def _window(size, pos, endpos):
    """The bounds of a search in ``size`` bytes, clipped as the standard library does."""
    return min(max(pos, 0), size), min(max(endpos, 0), size)


def _is_usual(string, pos, endpos):
    """Whether the bounds are ints in the range of a C ssize_t, and the text is contiguous.

    Otherwise the standard library searches, for its errors, and on PyPy for its results over strided views.
    """
    if PYPY and type(string) is memoryview and not string.c_contiguous:
        return False
    return type(pos) is int is type(endpos) and -_MAX <= pos <= _MAX and -_MAX <= endpos <= _MAX


class Pattern(metaclass=_PatternType):
    """A compiled bytes pattern, as ``re.Pattern``, over any buffer.

    ``count``, ``spans``, ``spans_into`` and ``lines`` are added. ``zcio.re.compile`` makes patterns. Any number of
    threads may use one. The Rust core searches large texts without the GIL if the pattern means the same there
    (``zcio.re.explain``); otherwise the standard library searches.
    """

    __slots__ = ("__weakref__", "_program", "_stdlib")

    def __new__(cls, *args, **kwargs):
        """Raise TypeError, as ``re.Pattern`` does; use ``compile``."""
        raise TypeError("cannot create 're.Pattern' instances")

    # Choosing between the engine and the standard library.

    def _compiled(self):
        """Return the Program, translating the pattern on the first call."""
        program = self._program
        if program is None:
            program = self._program = program_of(self._stdlib)
        return program

    def _program_for(self, size):
        """The Program for a text of ``size`` bytes, or None if the standard library has to search it."""
        if size < SMALL:
            return None
        program = self._compiled()
        return program if program.reason is None else None

    def _hold(self, string):
        """Return a Hold of the text. Raises the standard library's TypeError if ``string`` is not a buffer."""
        if type(string) is not bytes:
            self._stdlib.match(string, 0, 0)
        return core.Hold(string)

    # The methods of re.Pattern.

    def search(self, string, pos=0, endpos=_MAX):
        """Return a Match of the first place where the pattern matches, or None, as ``re.Pattern.search``."""
        if type(string) is bytes and len(string) < SMALL:
            return self._stdlib.search(string, pos, endpos)
        return self._search(string, pos, endpos)

    def _search(self, string, pos, endpos):
        stdlib = self._stdlib
        if not _is_usual(string, pos, endpos):
            return stdlib.search(string, pos, endpos)
        with self._hold(string) as hold:
            start, end = _window(hold.size, pos, endpos)
            program = self._program_for(end - start)
            if program is None:
                return stdlib.search(string, pos, endpos)
            search = program.search()
            found = search.first(hold, start, end)
            program.put_back(search)
            if found is None:
                return None
            first, last = found
            match = None
            if last is None or type(string) is not bytes:
                match = stdlib.match(string, first, endpos)
                if match is None:  # the text was modified meanwhile
                    return stdlib.search(string, pos, endpos)
                last = match.end()
            return new_match((self, string, start, end), first, last, match)

    def match(self, string, pos=0, endpos=_MAX):
        """Return a Match if the pattern matches at ``pos``, or None, as ``re.Pattern.match``."""
        return self._stdlib.match(string, pos, endpos)

    if hasattr(StdlibPattern, "prefixmatch"):
        prefixmatch = match  # the newest name of match()

    def fullmatch(self, string, pos=0, endpos=_MAX):
        """Return a Match if the pattern matches all of the text, or None, as ``re.Pattern.fullmatch``."""
        return self._stdlib.fullmatch(string, pos, endpos)

    def scanner(self, string, pos=0, endpos=_MAX):
        """Return the standard library's scanner object, as ``re.Pattern.scanner``."""
        return self._stdlib.scanner(string, pos, endpos)

    def finditer(self, string, pos=0, endpos=_MAX):
        """Return an iterator of the Match objects of all non-overlapping matches, as ``re.Pattern.finditer``.

        The text is held until the iterator is exhausted or dropped. Matches are found in batches, ahead of the caller.
        Only one thread may use the iterator.
        """
        text = self._text(string, pos, endpos)
        if text is None:
            return self._stdlib.finditer(string, pos, endpos)
        try:
            batches = text.sparse_batches()
        except BaseException:
            text.hold.release()
            raise
        if batches is None:
            text.hold.release()
            return self._stdlib.finditer(string, pos, endpos)
        return finditer(text, batches)

    def findall(self, string, pos=0, endpos=_MAX):
        """Return a list of all non-overlapping matches, as ``re.Pattern.findall``."""
        # PyPy returns the str '' for a group that did not match; its own findall() must do that.
        text = None if PYPY and self._stdlib.groups else self._text(string, pos, endpos)
        if text is None:
            return self._stdlib.findall(string, pos, endpos)
        with text:
            batches = text.sparse_batches()
            if batches is None:
                return self._stdlib.findall(string, pos, endpos)
            make = text.found if self._stdlib.groups else text.slices
            found = []
            for flat in batches:
                found += make(flat)
            return found

    def split(self, string, maxsplit=0):
        """Return the parts of the text between matches, and the groups of these, as ``re.Pattern.split``."""
        text = self._text(string, maxsplit=maxsplit, substitutes=True)
        if text is None:
            return self._stdlib.split(string, maxsplit)
        with text:
            batches = text.sparse_batches()
            if batches is None:
                return self._stdlib.split(string, maxsplit)
            return split(text, batches, maxsplit)

    def sub(self, repl, string, count=0):
        """Return the text with matches replaced, as ``re.Pattern.sub``."""
        found = self._sub(repl, string, count)
        return self._stdlib.sub(repl, string, count) if found is None else found[0]

    def subn(self, repl, string, count=0):
        """Return ``sub(repl, string, count)`` and how many matches were replaced, as ``re.Pattern.subn``."""
        found = self._sub(repl, string, count)
        return self._stdlib.subn(repl, string, count) if found is None else found

    def _sub(self, repl, string, count):
        """The result of subn(), or None if the standard library has to compute it."""
        plain = type(repl) is bytes and b"\\" not in repl
        if not (plain or callable(repl) or type(repl) is bytes is type(string)):
            return None
        text = self._text(string, maxsplit=count, substitutes=True)
        if text is None:
            return None
        with text:
            if not plain and type(repl) is bytes:
                template = repl
                self._stdlib.sub(template, b"")  # raises the standard library's error for a bad template

                def repl(match):
                    return match.expand(template)

            batches = text.sparse_batches()
            return None if batches is None else sub(text, batches, repl, plain, count)

    def _text(self, string, pos=0, endpos=_MAX, maxsplit=0, substitutes=False):
        """The Text for the engine to iterate over, with its hold, or None if the standard library has to iterate."""
        if type(string) is bytes and len(string) < SMALL or not _is_usual(string, pos, endpos):
            return None
        if not (type(maxsplit) is int and 0 <= maxsplit <= _MAX):
            return None
        hold = self._hold(string)
        start, end = _window(hold.size, pos, endpos)
        program = self._program_for(end - start)
        if program is None or not (program.substitutes if substitutes else program.iterates):
            hold.release()
            return None
        return Text(self, program, string, hold, start, end)

    @property
    def pattern(self):
        """The pattern as it was given."""
        return self._stdlib.pattern

    @property
    def flags(self):
        """The flags, those given inline included."""
        return self._stdlib.flags

    @property
    def groups(self):
        """How many groups there are."""
        return self._stdlib.groups

    @property
    def groupindex(self):
        """The numbers of the named groups."""
        return self._stdlib.groupindex

    def __eq__(self, other):
        if type(other) is Pattern:
            return self._stdlib == other._stdlib
        if type(other) is StdlibPattern:
            return self._stdlib == other
        return NotImplemented

    def __hash__(self):
        return hash(self._stdlib)

    def __repr__(self):
        return repr(self._stdlib)

    def __copy__(self):
        return self

    @positional_only
    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return _compile_any, (self.pattern, self.flags)

    if hasattr(StdlibPattern, "__class_getitem__"):

        def __class_getitem__(cls, item):
            return StdlibPattern[item]

    # Beyond re.

    def _whole(self, buffer, pos, endpos):
        """The Text for one of the methods below. Its program is None if the standard library has to search."""
        pos, endpos = integer(pos), integer(endpos)
        hold = self._hold(buffer)
        start, end = _window(hold.size, pos, endpos)
        program = self._program_for(end - start)
        if program is not None and not program.iterates:
            program = None
        return Text(self, program, buffer, hold, start, end)

    def count(self, buffer, pos=0, endpos=_MAX, *, threads=1):
        """Count the non-overlapping matches, as ``len(findall(buffer, pos, endpos))`` does.

        Args:
            buffer: Any C-contiguous buffer, held meanwhile.
            pos: Where to begin, in bytes.
            endpos: Where the text ends, in bytes.
            threads: The most threads to use; more than one only for patterns whose matches contain no newline.

        Returns:
            The number of matches.
        """
        threads = integer(threads)
        if threads < 1:
            raise ValueError("threads must be at least 1")
        with self._whole(buffer, pos, endpos) as text:
            return text.count(threads)

    def spans(self, buffer, pos=0, endpos=_MAX):
        """Return an iterator of the spans of all non-overlapping matches, fetched in batches.

        Args:
            buffer: Any C-contiguous buffer, held until the iterator is exhausted or dropped.
            pos: Where to begin to search, in bytes.
            endpos: Where the text ends, in bytes.

        Returns:
            iterator of (int, int), for one thread: Where each match starts and ends, in bytes.
        """
        if type(buffer) is bytes and len(buffer) < SMALL and _is_usual(buffer, pos, endpos):
            return map(StdlibMatch.span, self._stdlib.finditer(buffer, pos, endpos))
        return spans(self._whole(buffer, pos, endpos))

    def spans_into(self, buffer, out, pos=0, endpos=_MAX):
        """Write where matches start and end into ``out``, without a Python object for each.

        Args:
            buffer: Any C-contiguous buffer, held meanwhile.
            out: A writable buffer of unsigned 64-bit integers, such as ``array.array("Q", ...)`` or a numpy array of
                uint64. Item ``2 * i`` is where match ``i`` starts, ``2 * i + 1`` where it ends.
            pos: Where to begin, in bytes.
            endpos: Where the text ends, in bytes.

        Returns:
            The number of matches written, and the ``pos`` for the next call, or None after the last match.

        Raises:
            TypeError: ``out`` has items of another kind, or is read-only.
            ValueError: ``out`` has no room for a pair, is not aligned, or shares memory with ``buffer``.
        """
        with self._whole(buffer, pos, endpos) as text:
            return text.into(out)

    def lines(self, buffer, pos=0, endpos=_MAX, *, keepends=False):
        """Return an iterator of the lines that contain a match, or a part of one, each once.

        Args:
            buffer: Any C-contiguous buffer, held until the iterator is exhausted or dropped.
            pos: Where to begin to search, in bytes.
            endpos: Where the text ends, in bytes.
            keepends: Whether to keep the newline at the end of each line.

        Returns:
            iterator of bytes, for one thread: The lines.
        """
        return lines(self._whole(buffer, pos, endpos), bool(keepends))


def new_pattern(stdlib_pattern):
    """A Pattern for a compiled bytes pattern of the standard library."""
    self = object.__new__(Pattern)
    self._stdlib = stdlib_pattern
    self._program = None
    return self


# Patterns by their class, source and flags, as the standard library keeps them.
_cache = {}
_MAXCACHE = 512
_UNCACHED = int(re.DEBUG | re.LOCALE)
_DEPRECATED = int(getattr(re, "TEMPLATE", 0))


def _compile_any(pattern, flags):
    """Compile a pattern of bytes or str.

    The standard library's functions, which zcio.re copies, call it in the place of their own ``_compile``. It calls
    what that one calls, so a warning about a pattern names the line of the caller, which the parser finds by the number
    of frames.
    """
    if type(flags) is re.RegexFlag:
        flags = flags._value_
    kind = type(pattern)
    if kind is Pattern:
        if flags:
            raise ValueError("cannot process flags argument with a compiled pattern")
        return pattern
    if (kind is not bytes and kind is not str) or type(flags) is not int or flags & _DEPRECATED:
        compiled = re.compile(pattern, flags)
        return compiled if type(compiled.pattern) is str else new_pattern(compiled)
    found = _cache.get((kind, pattern, flags))
    if found is None:
        found = _compiler.compile(pattern, flags)
        if kind is bytes:
            found = new_pattern(found)
        if not found.flags & _UNCACHED:
            if len(_cache) >= _MAXCACHE:
                _cache.clear()
            _cache[kind, pattern, flags] = found
    return found


_compile_any.__module__ = "zcio.re"  # where a pickled pattern finds it
