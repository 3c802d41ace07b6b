"""GuardedMmap: ``zcio.mmap.mmap``, but an access to a page that is gone raises MappingFault.

A page is gone if its file was truncated, or if the disk is full. The core's SIGBUS handler maps a page of zeros in its
place, so that the code which touched it can continue, and increments the mapping's count of faults. Every method here
takes the same three steps:

1. If the count has risen, or Python's own SIGBUS handlers have changed, ``_remap`` maps the file again in place of the
   zeros, and installs the core's handler in front of the others. This check is written out in each method, because
   calling a function for it would double the cost. (Asking Python for its handlers is cheaper than asking the kernel.)
2. The method of ``mmap`` runs.
3. If the count has risen, the result may contain such zeros: the position is restored and ``_fault`` makes the error.

The count is read through ``faults``, a pointer into the core that was fetched before step 2. The core never frees the
count, so it can be read even if the method, or another thread, has closed the mapping.

A signal handler may raise between any two steps, also in the code here, and the object must stay usable. So nothing
depends on code that runs afterwards to clean up: other threads can tell that an interrupted close() or resize() no
longer runs (``_Turns``), and the next call completes what it left half done (``_remap``, ``guard_stays``).
"""

from __future__ import generator_stop  # Python 3.6 needs it, for first_of()

import _signal
import faulthandler
from errno import ESTALE
from os import getpid

from zcio._call_guard import PYPY, first_of, guarded_call
from zcio._converters import ssize
from zcio._core.fault import (
    NO_FAULTS,
    guard_closing,
    guard_count,
    guard_first,
    guard_forget,
    guard_free,
    guard_new,
    guard_place,
    guard_reinstall,
    guard_remap_file,
    guard_stays,
)
from zcio._faults import MappingFault
from zcio._mapping.mapping import EXACT_CLASSES, mmap
from zcio._mapping.stdlib import is_closed, length_of
from zcio._positional_only import positional_only
from zcio._search.dispatch import SLICE

__all__ = ["GuardedMmap"]

_guard_new = guarded_call(guard_new)
_guard_remap_file = guarded_call(guard_remap_file)
_guard_stays = guarded_call(guard_stays)

# Python's own SIGBUS handlers when the core's was last installed. If they change, the core's may no longer be the
# first.
_SIGBUS = getattr(_signal, "SIGBUS", _signal.SIGSEGV)
_is_enabled = faulthandler.is_enabled
_getsignal = _signal.getsignal
_enabled = _handler = None


def _reinstall():
    global _enabled, _handler
    _enabled = _is_enabled()
    _handler = _getsignal(_SIGBUS)
    guard_reinstall()


def _remap(mapping):
    """Map the file again in place of pages of zeros, and install the core's handler in front of the others.

    Returns the pointer to the count of faults, and the count up to which that was done. Raises MappingFault if a page
    of the file cannot be mapped again.
    """
    _reinstall()
    guard = mapping._guard[0]
    seen = -ESTALE
    if guard:
        mapping._faults = faults = guard_count(guard)
        offset = guard_first(guard, True)
        seen = _unless_closed(_guard_remap_file, mapping, guard)
        if seen is None:
            return faults, faults[0]  # the method itself will raise the ValueError of a closed mapping
    if seen == -ESTALE:  # a signal handler interrupted a resize(), or there was no memory for the guard after it
        mapping._turns.run(_watch_again, mapping)
        return mapping._faults, mapping._faults[0]
    if seen < 0:
        raise _error(mapping, offset)
    mapping._seen = seen
    return faults, seen


def _unless_closed(function, mapping, guard):
    """``function(mapping, guard)``, or None if the mapping is closed."""
    try:
        return function(mapping, guard)
    except ValueError:
        if not is_closed(mapping):
            raise  # a signal handler's
        return None


def _fault(mapping, moved=0):
    """The error for a method that met a page that is gone. Moves the position back by ``moved`` bytes."""
    guard = mapping._guard[0]
    if not guard:
        return MappingFault.at(None, mapping._path)
    offset = guard_first(guard, True)
    if moved:
        mmap.seek(mapping, -moved, 1)
    seen = _unless_closed(_guard_remap_file, mapping, guard)
    if seen is not None and seen >= 0:
        mapping._seen = seen  # otherwise the next access tries again
    return _error(mapping, offset)


def _error(mapping, offset):
    if offset is None:
        guard = mapping._guard[0]
        offset = guard_first(guard) if guard else None
    return MappingFault.at(offset, mapping._path)


def _items(mapping, items):
    """Yield the items of an iterator over the mapping; each is checked for faults as the result of a method is."""
    faults, seen = _remap(mapping)
    try:
        for item in items:
            if faults[0] != seen:
                raise _fault(mapping)
            yield item
            if faults[0] != seen:
                faults, seen = _remap(mapping)
    except MappingFault as error:
        if error.offset is None:  # raised by a search in the core, which does not know the offset
            raise _fault(mapping) from None
        raise


class GuardedMmap(mmap):
    """An ``mmap`` for files that may be truncated, or whose disk may be full.

    An access to a page that is gone raises MappingFault and leaves the position unchanged; with a plain ``mmap``, it
    would end the process by SIGBUS. Bytes written to such a page are lost.

    Code that accesses the memory through a view (memoryview, ``re``, numpy) reads zeros there, or loses what it writes;
    ``fault`` then tells. If another thread meets such a page while a method runs, that method may raise as well. After
    a private mapping (ACCESS_COPY) has met such a page, every access raises.

    Threads may share one object as they may share an ``mmap``; a ``resize()`` during another thread's ``close()`` or
    ``resize()`` raises BufferError.

    Args:
        fileno, length, flags, prot, access, offset, trackfd: As for ``mmap``.

    Raises:
        OSError: As ``mmap``.
        NotImplementedError: On other systems than Linux.
    """

    __module__ = "zcio.mmap"
    __slots__ = ("_faults", "_guard", "_owner", "_path", "_seen", "_turns")

    def __new__(cls, *args, **kwargs):
        self = mmap.__new__(cls, *args, **kwargs)
        self._guard, self._owner = guard_place()
        self._faults, self._seen, self._path = NO_FAULTS, 0, None
        self._turns = _Turns()
        _watch(self)
        return self

    __new__.__wrapped__ = mmap.__new__  # for inspect.signature()

    @property
    def fault(self):
        """The MappingFault of the first access to a page that is gone, or None. For code that reads through views.

        It is kept until ``clear_fault()``, ``resize()`` or ``close()``.
        """
        if self._seen == -1:
            _remap(self)
        guard = self._guard[0]
        if not guard:
            return None
        _reinstall()
        offset = guard_first(guard)
        return None if offset is None else MappingFault.at(offset, self._path)

    def clear_fault(self):
        """Reset ``fault`` to None, and let views see the file again instead of zeros.

        Returns:
            The previous value of ``fault``.

        Raises:
            MappingFault: The file cannot be mapped again, because the mapping is private.
        """
        fault = self.fault
        if fault is not None:
            _remap(self)
            guard = self._guard[0]
            if guard:  # another thread has not closed the mapping meanwhile
                guard_forget(guard)
        return fault

    @positional_only
    def close(self):
        """Close the mapping, as ``mmap.close``.

        Raises:
            BufferError: There are views of the mapping.
        """
        _in_turn(_close, self, mmap.close)

    def __exit__(self, *exc_info):
        _in_turn(_close, self, mmap.__exit__, *exc_info)

    @positional_only
    def resize(self, newsize):
        """Resize the mapping and the file under it, as ``mmap.resize``.

        Args:
            newsize: The new length in bytes.

        Raises:
            MappingFault: The file cannot be mapped again in place of a page that was gone.
            BufferError: There are views of the mapping, or another thread is closing or resizing it.
        """
        newsize = ssize(newsize)
        _, seen = _remap(self)
        _in_turn(_resize, self, newsize, seen)

    @positional_only
    def flush(self, offset=0, size=-1, *, flags=0):
        """Write changes back to the file, as ``mmap.flush``.

        Raises:
            MappingFault: Since the last call of a method, an access through a view met a page that is gone.
        """
        if self._seen == -1:
            _remap(self)
        elif self._faults[0] != self._seen:
            raise _fault(self)
        return mmap.flush(self, offset, size, flags=flags)

    @positional_only
    def move(self, dest, src, count):
        """Copy bytes inside the mapping, as ``mmap.move``.

        The bytes are copied to a buffer first, so that zeros in place of lost bytes are not written to the file.

        Raises:
            MappingFault: A page of either range is gone.
            ValueError: A range does not lie inside the mapping.
        """
        dest, src, count = ssize(dest), ssize(src), ssize(count)
        size = length_of(self)
        if min(dest, src, count) < 0 or max(dest, src) > size - count:
            mmap.move(self, dest, src, count)  # raises the right error
        else:
            mmap.move(self, dest, src, 0)  # raises if the mapping is read-only
            data = GuardedMmap.__getitem__(self, slice(src, src + count))
            GuardedMmap.__setitem__(self, slice(dest, dest + count), data)

    @positional_only
    def __getitem__(self, key):
        faults, seen = self._faults, self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            faults, seen = _remap(self)
        result = mmap.__getitem__(self, key)
        if faults[0] != seen:
            raise _fault(self)
        return result

    @positional_only
    def __setitem__(self, key, value):
        faults, seen = self._faults, self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            faults, seen = _remap(self)
        mmap.__setitem__(self, key, value)
        if faults[0] != seen:
            raise _fault(self)

    # The searches of the core raise MappingFault themselves, without an offset. An ``__index__`` of the caller may
    # raise it too, for another mapping. The count of this mapping tells which it was.

    @positional_only
    def __contains__(self, item):
        faults, seen = self._faults, self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            faults, seen = _remap(self)
        try:
            result = mmap.__contains__(self, item)
        except MappingFault:
            if faults[0] == seen:
                raise
        if faults[0] != seen:
            raise _fault(self)
        return result

    @positional_only
    def find(self, view, start=None, end=None):
        """Return the lowest offset of ``view`` inside ``[start:end]``, or -1, as ``mmap.find``.

        Raises:
            MappingFault: A page that was searched is gone.
        """
        faults, seen = self._faults, self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            faults, seen = _remap(self)
        try:
            result = mmap.find(self, view, start, end)
        except MappingFault:
            if faults[0] == seen:
                raise
        if faults[0] != seen:
            raise _fault(self)
        return result

    @positional_only
    def rfind(self, view, start=None, end=None):
        """Return the highest offset of ``view`` inside ``[start:end]``, or -1, as ``mmap.rfind``.

        Raises:
            MappingFault: A page that was searched is gone.
        """
        faults, seen = self._faults, self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            faults, seen = _remap(self)
        try:
            result = mmap.rfind(self, view, start, end)
        except MappingFault:
            if faults[0] == seen:
                raise
        if faults[0] != seen:
            raise _fault(self)
        return result

    def count(self, sub, start=None, end=None, *, threads=1):
        """Return the number of non-overlapping occurrences of ``sub`` inside ``[start:end]``, as ``mmap.count``.

        Raises:
            MappingFault: A page that was searched is gone.
        """
        faults, seen = self._faults, self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            faults, seen = _remap(self)
        try:
            result = mmap.count(self, sub, start, end, threads=threads)
        except MappingFault:
            if faults[0] == seen:
                raise
        if faults[0] != seen:
            raise _fault(self)
        return result

    def __iter__(self):
        return _items(self, mmap.__iter__(self))

    def __reversed__(self):
        return _items(self, mmap.__reversed__(self))

    def find_all(self, sub, start=None, end=None, *, overlapping=False, threads=1):
        """Return an iterator of the offsets of ``sub`` inside ``[start:end]``, as ``mmap.find_all``.

        Raises:
            MappingFault: From the iterator: a page that was searched is gone.
        """
        return _items(self, mmap.find_all(self, sub, start, end, overlapping=overlapping, threads=threads))

    def lines(self, start=None, end=None, *, sep=b"\n", keepends=False):
        """Return an iterator of the records inside ``[start:end]`` as bytes, as ``mmap.lines``.

        Raises:
            MappingFault: From the iterator: a page that was read is gone.
        """
        return _items(self, mmap.lines(self, start, end, sep=sep, keepends=keepends))

    def line_views(self, start=None, end=None, *, sep=b"\n", keepends=False):
        """Return an iterator of the records inside ``[start:end]`` as memoryviews, as ``mmap.line_views``.

        Raises:
            MappingFault: From the iterator: a page that was searched is gone. Reading a view later does not raise.
        """
        return _items(self, mmap.line_views(self, start, end, sep=sep, keepends=keepends))

    @positional_only
    def read(self, n=None):
        """Return up to ``n`` bytes from the position on, and move it, as ``mmap.read``.

        Raises:
            MappingFault: A page that was read is gone.
        """
        faults, seen = self._faults, self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            faults, seen = _remap(self)
        data = mmap.read(self, n)
        if faults[0] != seen:
            raise _fault(self, len(data))
        return data

    @positional_only
    def readline(self):
        """Return the bytes from the position to the end of the line, and move it, as ``mmap.readline``.

        Raises:
            MappingFault: A page that was read is gone.
        """
        faults, seen = self._faults, self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            faults, seen = _remap(self)
        data = mmap.readline(self)
        if faults[0] != seen:
            raise _fault(self, len(data))
        return data

    @positional_only
    def read_byte(self):
        """Return the byte at the position as an int, and move it, as ``mmap.read_byte``.

        Raises:
            MappingFault: The page is gone.
        """
        faults, seen = self._faults, self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            faults, seen = _remap(self)
        byte = mmap.read_byte(self)
        if faults[0] != seen:
            raise _fault(self, 1)
        return byte

    @positional_only
    def write(self, bytes):
        """Write a bytes-like object at the position, and move it, as ``mmap.write``.

        Returns:
            The number of bytes written.

        Raises:
            MappingFault: A page that was written is gone; the bytes written to it are lost.
        """
        faults, seen = self._faults, self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            faults, seen = _remap(self)
        written = mmap.write(self, bytes)
        if faults[0] != seen:
            raise _fault(self, written)
        return written

    @positional_only
    def write_byte(self, byte):
        """Write an int at the position, and move it, as ``mmap.write_byte``.

        Raises:
            MappingFault: The page is gone.
        """
        faults, seen = self._faults, self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            faults, seen = _remap(self)
        mmap.write_byte(self, byte)
        if faults[0] != seen:
            raise _fault(self, 1)

    if PYPY:

        def __del__(self):
            # CPython frees the guard, an attribute, before the memory. PyPy runs finalizers in any order.
            if getattr(self, "_guard", None) is not None:  # None if the constructor failed
                _unwatch(self)


def _watch(mapping):
    """Make a guard for the mapping's current memory."""
    mapping._seen = -1  # no count is equal to it, so that if this is interrupted the next method calls _remap
    _guard_new(mapping, mapping._guard, not memoryview(mapping).readonly)
    mapping._faults = faults = guard_count(mapping._guard[0])
    mapping._seen = faults[0]


def _unwatch(mapping):
    """Free the guard."""
    mapping._seen, mapping._faults = 0 if is_closed(mapping) else -1, NO_FAULTS
    guard_free(mapping._guard)


# The runtime's close() and resize() unmap the memory themselves, or raise if there are views. Meanwhile the guard is in
# the state "closing": it still protects views from SIGBUS, but does not touch memory that another thread may have
# mapped at the same address. Only one call at a time may do this, because a guard must not be used after it was freed.


class _Turns:
    """Decides which close() or resize() call may change the guard: of the calls that are running, the first.

    This is not a lock, for three reasons. A lock stays locked for ever if a signal handler raises between its
    acquisition and the ``try`` that releases it; the ``with`` of CPython before 3.10 and of PyPy has such a gap, too. A
    signal handler that calls close() would wait for the call that it interrupted. And after a fork, the child would
    wait for a thread that only the parent has.

    So nobody waits, and a turn needs no release: each call runs inside a generator, whose ``gi_running`` is true until
    the call is over, however it ends. A call of another process, from before a fork, is over as well. Any thread may
    use the object, also without a GIL: each step is one operation of a dict, or reads one attribute.
    """

    __slots__ = ("_calls",)

    def __init__(self):
        self._calls = {}  # the generator and the process ID of each call, in the order of the calls

    def run(self, function, mapping, *arguments):
        """Return ``function(has_turn, mapping, *arguments)``."""
        key, own = object(), []
        own.append(self._steps(key, own, function, mapping, arguments))
        try:
            return first_of(own[0])
        finally:
            self._calls.pop(key, None)  # or _is_first() of a later call does it

    def _steps(self, key, own, function, mapping, arguments):
        # own.pop(): a generator that referred to itself would stay until the garbage collector runs.
        self._calls[key] = own.pop(), getpid()
        yield function(self._is_first(key), mapping, *arguments)

    def _is_first(self, key):
        for other in list(self._calls):
            if other is key:
                return True
            steps, process = self._calls.get(other, (None, None))
            if process == getpid() and steps.gi_running:
                return False
            self._calls.pop(other, None)
        return True  # the process was forked since this call began, and its entry was removed


def _in_turn(function, mapping, *arguments):
    """Run a close() or resize(), and free the guard if the mapping is closed."""
    try:
        mapping._turns.run(function, mapping, *arguments)
    finally:
        if mapping._guard[0] and is_closed(mapping):
            # This call may have closed the mapping while another one had the turn, which did not notice. A call that
            # has the turn now will come here itself.
            mapping._turns.run(_free, mapping)


# For _Turns.run():


def _resize(has_turn, mapping, newsize, seen):
    if not has_turn:
        raise BufferError("mmap can't resize while it is being closed or resized")
    try:
        _set_closing(mapping)
        mapping._seen = -1  # if this is interrupted, the next method checks whether the guard is for this memory
        mmap.resize(mapping, newsize)
        _unwatch(mapping)
        _watch(mapping)
    except BaseException:
        if _stays(mapping) and mapping._seen == -1:
            mapping._seen = seen
        raise


def _close(has_turn, mapping, method, *arguments):
    if not has_turn:
        method(mapping, *arguments)
        return
    try:
        _set_closing(mapping)
        method(mapping, *arguments)
    finally:
        if is_closed(mapping):
            _unwatch(mapping)
        else:
            _stays(mapping)


def _watch_again(has_turn, mapping):
    """Make a new guard, unless another close() or resize() is running and will do that."""
    if has_turn and not is_closed(mapping):
        _set_closing(mapping)
        _unwatch(mapping)
        _watch(mapping)


def _free(has_turn, mapping):
    if has_turn:
        _unwatch(mapping)


def _set_closing(mapping):
    guard = mapping._guard[0]
    if guard:
        guard_closing(guard)


def _stays(mapping):
    """End the guard's state "closing" if the memory was not unmapped. Returns whether the guard is for this memory."""
    guard = mapping._guard[0]
    return bool(guard and _unless_closed(_guard_stays, mapping, guard))


EXACT_CLASSES[GuardedMmap] = "zcio.mmap.GuardedMmap"
SLICE[GuardedMmap] = GuardedMmap.__getitem__
