"""Regular expressions: patterns of the engine, and searches for them in the memory of a buffer.

A pattern (``compile``) never changes, and any number of threads may use it. A ``Search`` has the memory that a search
needs; only one thread at a time may use it.
"""

import sys

from zcio._call_guard import PYPY, Call
from zcio._core import BYTES, fail, ffi, from_buffer, lib, offsets_of, own_new, pause

__all__ = ["BATCH", "Hold", "Refused", "Search", "compile", "is_bounded", "room", "store"]

#: The largest number of spans that one call fetches.
BATCH = 1024

_ENDLESS = 2**64 - 1
_SCAN = ffi.typeof("zcio_scan *")
_REGEX = ffi.typeof("zcio_regex *")
_PROGRESS = ffi.typeof("zcio_regex_progress *")
_OFFSETS = ffi.typeof("uint64_t[]")
_UNCLEAR = lib.ZCIO_REGEX_UNCLEAR
_NULL = ffi.NULL
_spans = lib.zcio_regex_spans
_unpack = ffi.unpack


class Refused(Exception):
    """The engine does not support the pattern."""


def compile(source, width, cut, tail, nulls=False):
    """A pattern of the engine from ``source``, ASCII text in its syntax. Raises Refused, MemoryError.

    ``width``: the largest number of bytes in a match, or None. ``cut``: a byte that no match contains, or None; it ends
    lines (if None, the newline does). ``tail``: whether the pattern ends in ``\\n?\\z``; see Search.batches().
    ``nulls``: whether a null byte ends a line, too; then no match may contain one, and the pattern has no anchors.
    """
    source = source.encode("ascii")
    width = _ENDLESS if width is None else width
    cut = -1 if cut is None else cut
    regex = own_new(_REGEX, lib.zcio_regex_free, lib.zcio_regex_new, width, cut, nulls, tail)
    code = lib.zcio_regex_compile(regex, source, len(source))
    if code == lib.ZCIO_REGEX_TOO_LARGE:
        raise Refused("a program over the engine's size limit")
    if code == lib.ZCIO_REGEX_SYNTAX:
        raise Refused("groups nested too deeply")
    if code < 0:
        fail(code)
    return regex


def is_bounded(regex):
    """Whether a search in a text of any size can be interrupted after a bounded time."""
    answer = lib.zcio_regex_is_bounded(regex)
    if answer < 0:
        fail(answer)
    return answer == 1


class Hold:
    """Holds the memory of a C-contiguous buffer until ``release``. A context manager.

    ``memory`` is an argument for Search, ``size`` its number of bytes.
    """

    __slots__ = ("_call", "_guard", "_view", "memory", "size")

    def __init__(self, buffer):
        self._guard = self._view = None
        if type(buffer) is bytes:
            self.memory = buffer
            self.size = len(buffer)
            return
        if PYPY:
            # Exports do not keep a mapping of PyPy open; see zcio._call_guard.
            guard = getattr(buffer, "_call_guard", None)
            if guard is not None:
                self._guard, self._call = guard, Call()
                guard.start(self._call)
                if buffer.closed:
                    guard.end(self._call)
                    raise ValueError("mmap closed or invalid")
        if type(buffer) is memoryview and not PYPY:
            # CPython before 3.13 crashes if it collects a cycle with a memoryview that has exports (python/cpython
            # issue 77894). Another memoryview of the buffer, without exports, holds the memory as well.
            self._view = memoryview(buffer)
            with from_buffer(BYTES, self._view) as memory:
                self.size = len(memory)
                self.memory = memory + 0
            return
        self.memory = from_buffer(BYTES, buffer)
        self.size = len(self.memory)

    def view(self):
        """The memory as an object whose slices are bytes, to be used only until ``release``."""
        return self.memory if type(self.memory) is bytes else ffi.buffer(self.memory, self.size)

    def release(self):
        """Release the buffer."""
        memory, self.memory = self.memory, None
        if self._view is not None:
            self._view.release()
        elif memory is not None and type(memory) is not bytes:
            ffi.release(memory)
        if self._guard is not None:
            self._guard.end(self._call)
            self._guard = None

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.release()


class Search:
    """The memory of a search for ``regex``. One thread at a time may use it.

    The argument ``end`` of a method cuts the text of its ``Hold``: the search sees nothing after it. Offsets count from
    the first byte of the ``Hold``.
    """

    __slots__ = ("_offsets", "_progress", "_scan", "regex")

    def __init__(self, regex, window=0):
        self.regex = regex
        self._scan = own_new(_SCAN, lib.zcio_scan_free, lib.zcio_scan_new, regex, window)
        self._progress = ffi.new(_PROGRESS)
        self._offsets = ffi.new(_OFFSETS, 2 * BATCH)

    def first(self, hold, start, end):
        """The start and end of the first match at or after ``start``, or None. The end is None if the standard library
        has to find it; see batches()."""
        progress, offsets = self._progress, self._offsets
        progress.next = start
        found = _spans(self.regex, self._scan, hold.memory, end, end, False, True, progress, offsets, 1)
        while found == 0 and progress.done == 0:
            pause()
            found = _spans(self.regex, self._scan, hold.memory, end, end, False, False, progress, offsets, 1)
        if found > 0:
            return offsets[0], offsets[1]
        if found < 0:
            fail(found)
        return (progress.next, None) if progress.done == _UNCLEAR else None

    def batches(self, hold, start, end, stop=sys.maxsize, lines=False, capacity=BATCH):
        """Yield lists of offsets (start, end, start, end, ...) of the matches at or after ``start``, in order.

        ``stop``: matches that start at or after it are left out; it must follow a cut byte of the pattern. ``lines``:
        yield the lines in which a match starts, with the bytes that end them, instead of the matches.

        The last list may have a single offset: a match starts there, but only the standard library can find its end.
        That is so if the pattern has a ``tail``, the match reaches the end of the text, and the text ends in a newline,
        which may not belong to the match.
        """
        progress, offsets = self._progress, self._offsets
        progress.next = start
        stop = min(stop, end)
        restart = True
        capacity = min(capacity, BATCH)
        while True:
            found = _spans(self.regex, self._scan, hold.memory, end, stop, lines, restart, progress, offsets, capacity)
            restart = False
            if found < 0:
                fail(found)
            done, position = progress.done, progress.next
            if found:
                yield _unpack(offsets, 2 * found)
            if done:
                if done == _UNCLEAR:
                    yield [position]
                return
            if capacity < BATCH:
                capacity = min(4 * capacity, BATCH)
            pause()

    def count(self, hold, start, end, stop=sys.maxsize, lines=False):
        """The number of matches or lines, as in batches(), and the offset of a match that the standard library has to
        find, or None."""
        progress = self._progress
        progress.next = start
        stop = min(stop, end)
        restart = True
        total = 0
        while True:
            found = _spans(self.regex, self._scan, hold.memory, end, stop, lines, restart, progress, _NULL, 0)
            if found < 0:
                fail(found)
            total += found
            if progress.done:
                return total, (progress.next if progress.done == _UNCLEAR else None)
            restart = False
            pause()

    def into(self, hold, out, start, end):
        """Write spans from ``start`` on into ``out``, a writable buffer of uint64.

        Returns how many pairs were written, whether the end was reached, and where to go on. If none was written and
        the end was not reached, a match is there that only the standard library can judge; see batches. Raises
        ValueError if ``out`` is not aligned, has no room for a pair, or shares memory with the text.
        """
        progress = self._progress
        progress.next = start
        restart = True
        with offsets_of(out) as offsets:
            room = len(offsets) // 2
            if not room:
                raise ValueError("out must have room for two 64-bit offsets")
            while True:
                found = _spans(self.regex, self._scan, hold.memory, end, end, False, restart, progress, offsets, room)
                if found == lib.ZCIO_BAD_ARGUMENT:
                    raise ValueError("out must be aligned and share no memory with the buffer")
                if found < 0:
                    fail(found)
                if found or progress.done:
                    return found, progress.done == 1, progress.next
                restart = False
                pause()


def room(out, hold):
    """How many pairs of offsets ``out`` has room for. Raises ValueError as Search.into."""
    with offsets_of(out) as offsets:
        pairs = len(offsets) // 2
        if not pairs:
            raise ValueError("out must have room for two 64-bit offsets")
        first, size = int(ffi.cast("uintptr_t", offsets)), ffi.sizeof(offsets)
        memory = ffi.cast("uintptr_t", hold.memory) if type(hold.memory) is not bytes else None
        if first % 8 or (memory is not None and first < int(memory) + hold.size and int(memory) < first + size):
            raise ValueError("out must be aligned and share no memory with the buffer")
        return pairs


def store(out, flat):
    """Put the offsets ``flat`` at the beginning of ``out``."""
    with offsets_of(out) as offsets:
        offsets[0 : len(flat)] = flat
