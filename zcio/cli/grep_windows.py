"""Splits a file into windows of whole lines for ``zcio grep``, from a mapping or from reads.

The memory needed for a stream is a few chunks and its longest line.

GNU grep reads _CHUNK bytes at a time. From the first chunk with a null byte on, it treats the file as binary, and null
bytes as ends of lines. Binary content begins here at the same offset, so that the same lines are selected.
"""

import errno
import os
import stat
import sys

from zcio import mmap
from zcio._call_guard import PYPY
from zcio._core import regex as core, search as core_search
from zcio._re.windows import edges, sum_by_threads

__all__ = ["MAPPING", "Window", "Windows"]

_CHUNK = 96 * 1024  # bytes per read: the size that GNU grep uses

_MAPPED = 1 << 20  # files of at least this size are mapped

# Size of the windows of a mapping. A window is searched for null bytes first, and fits into the CPU's second-level
# cache, so that the search for the patterns does not read memory again.
_WINDOW = 1 << 18


# If a file is truncated while it is searched, a GuardedMmap raises MappingFault, an OSError, whereas a plain mmap ends
# the process. On PyPy, GuardedMmap's finalizer would complain about finished searches that are not collected yet.
MAPPING = mmap.GuardedMmap if sys.platform.startswith("linux") and not PYPY else mmap.mmap

# PyPy's os module lacks the constant.
_SEEK_HOLE = getattr(os, "SEEK_HOLE", 4 if sys.platform.startswith("linux") else None)


class Window:
    """A piece of a file: ``buffer[start:stop]`` holds the lines to search, all complete except the file's last one.

    ``buffer[:start]`` holds lines of earlier windows, for context. ``base`` is the offset of the buffer in the file.
    """

    __slots__ = ("base", "buffer", "start", "stop")

    def __init__(self, buffer, base, start, stop):
        self.buffer = buffer
        self.base = base
        self.start = start
        self.stop = stop


class Windows:
    """An iterable of the Windows of ``file``, an open unbuffered file, from its position on.

    ``end``: the byte that ends a line. ``is_text``: treat no file as binary. ``binary``: whether the file is binary
    from the last window on. ``keep``: an offset in the file; the caller sets it before it asks for the next window,
    whose buffer then has the earlier lines from there on. ``exhausted``: whether the end of the file was reached.
    """

    def __init__(self, file, end, is_text):
        self.file = file
        self.end = end
        self.is_text = is_text
        self.binary = self.exhausted = False
        self.keep = 0

    def __iter__(self):
        mapped = self._map()
        if mapped is None:
            yield from self._read(0)
            return
        with mapped:
            offset = yield from self._mapped(mapped, 0, len(mapped))
            self.exhausted = offset == len(mapped)
        if not self.exhausted:
            self.file.seek(offset)
            yield from self._read(offset)

    def count(self, count, threads, splits_at_nulls):
        """The sum of ``count(window, hold)`` over all windows, counted by up to ``threads`` threads.

        ``splits_at_nulls``: ``count`` treats null bytes as ends of lines, so there is no need to look for them. None if
        the file is not a large regular file or, unless that is so, contains a null byte.
        """
        mapped = self._map()
        if mapped is None:
            return None
        nulls = []

        def part(start, stop):
            total, done = 0, start
            with core.Hold(mapped) as hold:
                if splits_at_nulls or self.is_text:
                    return count(Window(mapped, 0, start, stop), hold)
                for window in self._mapped(mapped, start, stop):
                    total += count(window, hold)
                    done = window.stop
            if done < stop:
                nulls.append(done)
            return total

        with mapped:
            total = sum_by_threads(part, edges(mapped, 0, len(mapped), threads, self.end), threads)
            return None if nulls else total

    def _map(self):
        """A mapping of the file if it is a large regular file positioned at its beginning, else None."""
        about = os.fstat(self.file.fileno())
        size = about.st_size
        if not stat.S_ISREG(about.st_mode) or size <= _CHUNK or self.file.tell() != 0:
            return None
        self.binary = not self.is_text and self._has_hole(size)
        if self.binary or size < _MAPPED:
            return None
        try:
            return MAPPING(self.file.fileno(), size, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            return None  # the file system does not support mappings, or the file has shrunk

    def _has_hole(self, size):
        """Whether the file has a hole after the first chunk. A hole reads as null bytes."""
        if _SEEK_HOLE is None:
            return False
        try:
            return os.lseek(self.file.fileno(), _CHUNK, _SEEK_HOLE) < size
        except OSError:
            return False  # the file system does not report holes
        finally:
            self.file.seek(0)

    def _mapped(self, mapped, start, size):
        """Yield the windows of a mapping up to ``size`` or to the chunk with the first null byte. Returns their end."""
        while start < size:
            stop = min(start + _WINDOW, size)
            if stop < size:
                last = core_search.rfind(mapped, self.end, start, stop)
                if last < 0:
                    last = core_search.find(mapped, self.end, stop, size)
                stop = last + 1 if last >= 0 else size
            if not self.is_text:
                null = core_search.find(mapped, b"\0", start, min(size, stop + -stop % _CHUNK))
                if null >= 0:
                    stop = min(stop, core_search.rfind(mapped, self.end, start, max(start, null - null % _CHUNK)) + 1)
                    if stop > start:
                        yield Window(mapped, 0, start, stop)
                    return max(start, stop)
            yield Window(mapped, 0, start, stop)
            start = stop
        return size

    def _read(self, base):
        """Yield windows of the data read from the position on, which is ``base`` bytes after the beginning."""
        earlier, begun = b"", []
        while True:
            chunk = self.file.read(_CHUNK)
            if chunk is None:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            if not (self.binary or self.is_text):
                self.binary = b"\0" in chunk
            if self.binary:
                chunk = chunk.replace(b"\0", self.end)
            whole = chunk.rfind(self.end) + 1
            if chunk and not whole:
                begun.append(chunk)
                continue
            if not (chunk or begun):
                break
            buffer = b"".join([earlier] + begun + [chunk[:whole]])
            begun = [chunk[whole:]] if whole < len(chunk) else []
            self.keep = base + len(buffer)
            yield Window(buffer, base, len(earlier), len(buffer))
            if not chunk:
                break
            earlier = buffer[self.keep - base :]
            base = self.keep
        self.exhausted = True
