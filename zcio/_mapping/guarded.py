"""GuardedMmap: ``zcio.mmap.mmap``, but an access to a page that is gone raises MappingFault.

The core's handler of SIGBUS puts zeros under such a page, so that any code that reads or writes there goes on, and
increments the mapping's count of faults. Every method here has the same three steps:

1. If the count has risen, or Python's handlers of SIGBUS have changed, ``_remap`` puts the file back under every page,
   and ours in front of the other handlers. The check is written out in each method: as a call it takes twice as long.
2. The method of ``mmap`` runs.
3. If the count has risen, the result may be made of zeros: the position goes back, and ``_fault`` gives the error.

The count is read through ``faults``, a pointer into the core from before step 2: it is never freed, so that it can be
read whatever the method does. To ask Python for its handlers is cheaper than to ask the kernel.

A signal handler may raise between any two steps, also of the code here. So nothing must be undone for the object to
stay usable: a call that wants close() and resize() for itself is known by its frame (``_Turns``), and what it has left
half done is seen by the next one (``_remap``, ``guard_stays``).
"""

import _signal
import faulthandler
from errno import ESTALE
from os import getpid
from sys import _getframe

from zcio._call_guard import PYPY, guarded_call
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
from zcio._mapping.stdlib import length_of
from zcio._positional_only import positional_only

__all__ = ["GuardedMmap"]

_guard_new = guarded_call(guard_new)
_guard_remap_file = guarded_call(guard_remap_file)
_guard_stays = guarded_call(guard_stays)

# Python's own handlers of SIGBUS at the last reinstall. If they have changed, ours may no longer be the first.
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
    """Put the file under every page, and our handler first.

    Returns:
        The pointer to the count of faults, and the count up to which that is so.

    Raises:
        MappingFault: The file cannot be put back under a page.
    """
    _reinstall()
    guard = mapping._guard[0]
    seen = -ESTALE
    if guard:
        mapping._faults = faults = guard_count(guard)
        offset = guard_first(guard, True)
        seen = _put_back(mapping, guard)
        if seen is None:
            return faults, faults[0]  # closed meanwhile, as the method itself will say
    if seen == -ESTALE:  # a resize() was broken off, or there was no memory for a guard after it
        _watch_again(mapping)
        return mapping._faults, mapping._faults[0]
    if seen < 0:
        raise _error(mapping, offset)
    mapping._seen = seen
    return faults, seen


def _put_back(mapping, guard):
    """Put the file under every page. Returns as guard_remap_file() does, or None if the mapping is closed."""
    try:
        return _guard_remap_file(mapping, guard)
    except ValueError:
        if not mapping.closed:
            raise  # a signal handler's
        return None


def _fault(mapping, moved=0):
    """The error for a method that met a page that is gone, after moving the position back by ``moved`` bytes."""
    guard = mapping._guard[0]
    if not guard:
        return MappingFault.at(None, mapping._path)
    offset = guard_first(guard, True)
    if moved:
        mmap.seek(mapping, -moved, 1)
    seen = _put_back(mapping, guard)
    if seen is not None and seen >= 0:
        mapping._seen = seen  # else the next access tries again
    return _error(mapping, offset)


def _error(mapping, offset):
    if offset is None:
        guard = mapping._guard[0]
        offset = guard_first(guard) if guard else None
    return MappingFault.at(offset, mapping._path)


def _items(mapping, items):
    """The items of an iterator over the mapping, each checked as a method's result is."""
    faults, seen = _remap(mapping)
    try:
        for item in items:
            if faults[0] != seen:
                raise _fault(mapping)
            yield item
            if faults[0] != seen:
                faults, seen = _remap(mapping)
    except MappingFault as error:
        if error.offset is None:  # from a search in the core
            raise _fault(mapping) from None
        raise


class GuardedMmap(mmap):
    """An ``mmap`` for files that may be truncated, or that a full disk has no room for.

    An access to a page that is gone raises MappingFault, and leaves the position as it was, where a plain map would end
    the process by SIGBUS. Bytes written to such a page are lost.

    Code that reads the memory through a view (memoryview, ``re``, numpy) gets zeros there, or loses what it writes, and
    ``fault`` tells. If another thread meets such a page while a method runs, that method may raise as well. A private
    mapping (ACCESS_COPY) that has met such a page raises on every access from then on.

    Threads may share one object as they may share an ``mmap``; a ``resize()`` during another thread's ``close()`` or
    ``resize()`` raises BufferError.

    Args:
        fileno, length, flags, prot, access, offset, trackfd: As for ``mmap``.

    Raises:
        OSError: As ``mmap``.
        NotImplementedError: On other systems than Linux.
    """

    __module__ = "zcio.mmap"
    __slots__ = ("_faults", "_guard", "_path", "_seen", "_turns")

    def __new__(cls, *args, **kwargs):
        self = mmap.__new__(cls, *args, **kwargs)
        self._guard, self._faults, self._seen, self._path = guard_place(), NO_FAULTS, 0, None
        self._turns = _Turns()
        _watch(self)
        return self

    __new__.__wrapped__ = mmap.__new__  # for inspect.signature()

    @property
    def fault(self):
        """The MappingFault of the first page that was met and is gone, or None: for code that reads through views.

        It stays until ``clear_fault()``, ``resize()`` or ``close()``.
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
        """Forget ``fault``, and let views see the file again where it is.

        Returns:
            What ``fault`` was.

        Raises:
            MappingFault: The file cannot be put back, since the mapping is private.
        """
        fault = self.fault
        if fault is not None:
            _remap(self)
            guard_forget(self._guard[0])
        return fault

    @positional_only
    def close(self):
        """Close the mapping, as ``mmap.close``.

        Raises:
            BufferError: There are views of the mapping.
        """
        _closed_by(self, mmap.close)

    def __exit__(self, *exc_info):
        _closed_by(self, mmap.__exit__, *exc_info)

    @positional_only
    def resize(self, newsize):
        """Resize the mapping and the file under it, as ``mmap.resize``.

        Args:
            newsize: The new length in bytes.

        Raises:
            MappingFault: The file cannot be put back under a page that was gone.
            BufferError: There are views of the mapping, or another thread is closing or resizing it.
        """
        newsize = ssize(newsize)
        _, seen = _remap(self)
        try:
            if not self._turns.begin(_getframe()):
                raise BufferError("mmap can't resize while it is being closed or resized")
            try:
                _set_closing(self)
                self._seen = -1  # whatever happens, the next method looks whether this is the guard of the memory
                mmap.resize(self, newsize)
                _unwatch(self)
                _watch(self)
            except BaseException:
                if _stays(self) and self._seen == -1:
                    self._seen = seen
                raise
        finally:
            _end(self, _getframe())

    @positional_only
    def flush(self, offset=0, size=-1, *, flags=0):
        """Write changes back to the file, as ``mmap.flush``.

        Raises:
            MappingFault: Since the last call, something was written through a view to pages that are gone.
        """
        if self._seen == -1:
            _remap(self)
        elif self._faults[0] != self._seen:
            raise _fault(self)
        return mmap.flush(self, offset, size, flags=flags)

    @positional_only
    def move(self, dest, src, count):
        """Copy bytes inside the mapping, as ``mmap.move``.

        The bytes go through a copy, so that zeros in place of bytes that are gone are written nowhere.

        Raises:
            MappingFault: A page of either range is gone.
            ValueError: A range does not lie inside the mapping.
        """
        dest, src, count = ssize(dest), ssize(src), ssize(count)
        size = length_of(self)
        if min(dest, src, count) < 0 or max(dest, src) > size - count:
            mmap.move(self, dest, src, count)  # which says what is wrong
        else:
            mmap.move(self, dest, src, 0)  # which refuses a read-only mapping
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

    # The searches of the core raise MappingFault themselves, without an offset; so may the caller's __index__, about
    # another mapping. The count tells the two apart.

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

    def find_all(self, sub, start=None, end=None, *, overlapping=False):
        """Return an iterator of the offsets of ``sub`` inside ``[start:end]``, as ``mmap.find_all``.

        Raises:
            MappingFault: From the iterator: a page that was searched is gone.
        """
        return _items(self, mmap.find_all(self, sub, start, end, overlapping=overlapping))

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
            MappingFault: A page that was written is gone; what fell on it is lost.
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
            # CPython drops the guard, an attribute, before the memory. PyPy has its finalizers in any order.
            if getattr(self, "_guard", None) is not None:  # else the constructor failed
                _unwatch(self)


def _watch(mapping):
    """Guard the memory that the mapping has now."""
    mapping._seen = -1  # no count is equal to it, so that the next method goes to _remap if this is broken off
    _guard_new(mapping, mapping._guard, not memoryview(mapping).readonly)
    mapping._faults = faults = guard_count(mapping._guard[0])
    mapping._seen = faults[0]


def _unwatch(mapping):
    """End the guard."""
    mapping._seen, mapping._faults = 0 if mapping.closed else -1, NO_FAULTS
    guard_free(mapping._guard)


def _watch_again(mapping):
    """Guard the memory that the mapping has now, unless a call is under way that will do so."""
    try:
        if mapping._turns.begin(_getframe()) and not mapping.closed:
            _set_closing(mapping)
            _unwatch(mapping)
            _watch(mapping)
    finally:
        mapping._turns.end(_getframe())


# The runtime unmaps the memory itself, and fails to if there are views. Until that is known the guard is closing: it
# still keeps views from SIGBUS, but does no harm to memory that somebody maps in the same place. One call at a time
# has the right to do this, since a guard that was freed must not be called closing.


class _Turns:
    """Which call has close() and resize() for itself: of those that are running, the first that asked.

    A lock would stay locked if a signal handler raised before its release. The turn of a call is over with its frame.
    Nobody waits for another: a signal handler may come here again, and a fork leaves behind calls of threads that the
    child does not have. Any thread may call the methods.
    """

    __slots__ = ("_calls",)

    def __init__(self):
        self._calls = {}  # frames, and their processes

    def begin(self, call):
        """Ask for the turn of the call with this frame. Returns whether it has it; end() it either way."""
        self._calls[call] = getpid()
        while True:
            first = list(self._calls)[0]
            if first is call or self._is_running(first):
                return first is call
            self.end(first)

    def end(self, call):
        """The call is over, whether it had asked or not."""
        self._calls.pop(call, None)

    def _is_running(self, call):
        if self._calls.get(call) != getpid():
            return False
        try:
            call.clear()
        except RuntimeError as error:
            if error.__traceback__.tb_next is not None:
                raise  # a signal handler's
            return True
        return False


def _set_closing(mapping):
    guard = mapping._guard[0]
    if guard:
        guard_closing(guard)


def _stays(mapping):
    """The memory stays, unless it is another by now. Returns whether the guard is that of the mapping."""
    guard = mapping._guard[0]
    if not guard or mapping.closed:
        return False
    try:
        return _guard_stays(mapping, guard)
    except ValueError:
        if not mapping.closed:
            raise  # a signal handler's
        return False


def _end(mapping, call):
    mapping._turns.end(call)
    if mapping._guard[0] and mapping.closed:
        # The other call that had the turn may not have seen this. If one has it now, it comes here after that.
        try:
            if mapping._turns.begin(_getframe()):
                _unwatch(mapping)
        finally:
            mapping._turns.end(_getframe())


def _closed_by(mapping, method, *arguments):
    """Close the mapping by one of its methods, and end the guard."""
    try:
        if not mapping._turns.begin(_getframe()):
            method(mapping, *arguments)
            return
        try:
            _set_closing(mapping)
            method(mapping, *arguments)
        finally:
            if mapping.closed:
                _unwatch(mapping)
            else:
                _stays(mapping)
    finally:
        _end(mapping, _getframe())


EXACT_CLASSES[GuardedMmap] = "zcio.mmap.GuardedMmap"
