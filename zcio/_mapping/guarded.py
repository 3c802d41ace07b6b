"""GuardedMmap: the class of ``zcio.mmap`` with every access checked for pages that are gone.

The core's handler of SIGBUS puts zeros under such a page, so that whatever reads or writes there goes on, and counts
it. A method that finds the count risen raises, and has the file put back under the pages, so that what is there again,
or was never gone, reads as ever. A method begins only where all is in order; so nobody takes the zeros for content.
"""

import _signal
import faulthandler

from zcio._call_guard import PYPY, guarded_call
from zcio._converters import ssize
from zcio._core.fault import (
    NO_FAULTS,
    guard_first,
    guard_forget,
    guard_free,
    guard_new,
    guard_reinstall,
    guard_remap_file,
)
from zcio._faults import MappingFault
from zcio._mapping.mapping import EXACT_CLASSES, mmap
from zcio._mapping.stdlib import length_of
from zcio._positional_only import positional_only

__all__ = ["GuardedMmap"]

_guard_new = guarded_call(guard_new)
_guard_remap_file = guarded_call(guard_remap_file)

# The handlers of SIGBUS that Python knows of: where one changes, ours goes back in front of it. A system call that asks
# the kernel itself would cost each method more than all else that it does.
_SIGBUS = getattr(_signal, "SIGBUS", _signal.SIGSEGV)
_is_enabled = faulthandler.is_enabled
_getsignal = _signal.getsignal
_enabled = _handler = None


def _come_to_the_front():
    global _enabled, _handler
    _enabled = _is_enabled()
    _handler = _getsignal(_SIGBUS)
    guard_reinstall()


def _order(mapping):
    """Before an access: the count of faults, with the file under every page. Raises MappingFault where it cannot be."""
    _come_to_the_front()
    guard = mapping._guard
    if guard is None:
        return NO_FAULTS[0]
    offset = guard_first(guard, True)
    try:
        mapping._seen = seen = _guard_remap_file(mapping, guard)
    except ValueError:
        return mapping._faults[0]  # closed, as the method itself will say
    except OSError:
        raise _fault(mapping, offset) from None
    return seen


def _told(mapping, moved=0):
    """After an access that met a page that is gone: the error, with position and file as they were."""
    guard = mapping._guard
    if guard is None:
        return MappingFault.at(None, mapping._path)
    offset = guard_first(guard, True)
    if moved:
        mmap.seek(mapping, -moved, 1)
    try:
        mapping._seen = _guard_remap_file(mapping, guard)
    except (OSError, ValueError):
        pass  # the next access tries again
    return _fault(mapping, offset)


def _fault(mapping, offset):
    if offset is None:
        offset = guard_first(mapping._guard)
    return MappingFault.at(offset, mapping._path)


# Written out for each list of parameters: with *args a call takes twice as long.
_CHECKED = """
def make(method, size_of):
    def call(self{parameters}):
        faults = self._faults
        seen = self._seen
        if faults[0] != seen or _is_enabled() is not _enabled or _getsignal(_SIGBUS) is not _handler:
            seen = _order(self)
        try:
            result = method(self{arguments})
        except MappingFault:
            raise _told(self) from None
        if faults[0] != seen:
            raise _told(self, size_of(result) if size_of else 0)
        return result

    return call
"""


def _checked(name, parameters="", size_of=None):
    """The method ``name``, made to raise MappingFault; ``size_of`` says of a result how far the position moved."""
    method = getattr(mmap, name)
    arguments = "".join(", " + parameter.partition("=")[0] for parameter in parameters.split())
    parameters = "".join(", " + parameter for parameter in parameters.split())
    made = {}
    exec(_CHECKED.format(parameters=parameters, arguments=arguments), globals(), made)
    return _like(method, name, positional_only(made["make"](method, size_of)))


def _iterating(name):
    """The method ``name``, whose iterator is made to raise MappingFault."""
    method = getattr(mmap, name)

    def call(self, *args, **kwargs):
        return _items(self, method(self, *args, **kwargs))

    call.__wrapped__ = method
    return _like(method, name, call)


def _items(mapping, items):
    faults, seen = mapping._faults, _order(mapping)
    try:
        for item in items:
            if faults[0] != seen:
                raise _told(mapping)
            yield item
            if faults[0] != seen:
                faults, seen = mapping._faults, _order(mapping)
    except MappingFault as error:
        if error.offset is None:  # from a search
            raise _told(mapping) from None
        raise


def _like(method, name, call):
    call.__name__ = name
    call.__qualname__ = "GuardedMmap." + name
    call.__doc__ = method.__doc__
    return call


def _written(result):
    return result


def _one(result):
    return 1


class GuardedMmap(mmap):
    """GuardedMmap(fileno, length, flags=MAP_SHARED, prot=PROT_READ|PROT_WRITE, access=ACCESS_DEFAULT, offset=0, *,
    trackfd=True)

    As ``mmap``, but where a page is gone, since another process truncated the file or the disk is full, an access
    raises MappingFault instead of ending the process with SIGBUS; the position is as before then, and bytes of a write
    that fell on such a page are lost. What reads the memory through a view of it (memoryview, ``re``, numpy) gets zeros
    there, or loses what it writes, and ``fault`` tells. Where another thread meets such a page during a call, that call
    may raise, too.

    A private mapping (ACCESS_COPY) that has met such a page raises on every access from then on. Linux only: elsewhere
    the constructor raises OSError ENOSYS.
    """

    __module__ = "zcio.mmap"
    __slots__ = ("_faults", "_guard", "_path", "_seen")

    def __new__(cls, *args, **kwargs):
        self = mmap.__new__(cls, *args, **kwargs)
        self._guard, self._faults, self._seen, self._path = None, NO_FAULTS, 0, None
        try:
            _watch(self)
        except BaseException:
            mmap.close(self)
            raise
        return self

    @property
    def fault(self):
        """The MappingFault of the first page that was met and is gone, or None: for who reads through views.

        It stays until ``clear_fault()``, ``resize()`` or ``close()``.
        """
        if self._guard is None:
            return None
        _come_to_the_front()
        offset = guard_first(self._guard)
        return None if offset is None else MappingFault.at(offset, self._path)

    def clear_fault(self):
        """Forget ``fault``, which is returned, and let views see the file again where it is.

        Raises MappingFault where they cannot: in a private mapping.
        """
        fault = self.fault
        if fault is not None:
            _order(self)
            guard_forget(self._guard)
        return fault

    @positional_only
    def close(self):
        """Close the mapping. Raises BufferError under live views."""
        mmap.close(self)
        _unwatch(self)

    def __exit__(self, *exc_info):
        try:
            return mmap.__exit__(self, *exc_info)
        finally:
            if self.closed:
                _unwatch(self)

    @positional_only
    def resize(self, newsize):
        """Resize the mapping and the file under it, as ``mmap.resize``. Raises MappingFault, too."""
        if self._guard is None or self._faults[0] != self._seen:
            _order(self)
        try:
            mmap.resize(self, newsize)
        finally:
            if not self.closed:
                _watch(self)

    def flush(self, *args, **kwargs):
        """Write back to the file, as ``mmap.flush``. Raises MappingFault where views wrote to pages that are gone."""
        if self._faults[0] != self._seen:
            raise _told(self)
        return mmap.flush(self, *args, **kwargs)

    @positional_only
    def move(self, dest, src, count):
        """Copy ``count`` bytes from offset ``src`` to offset ``dest``, which may overlap. Returns None.

        By way of a copy, so that zeros in the place of bytes that are gone are written nowhere.
        """
        dest, src, count = ssize(dest), ssize(src), ssize(count)
        size = length_of(self)
        if min(dest, src, count) < 0 or max(dest, src) > size - count:
            mmap.move(self, dest, src, count)  # which says what is wrong
        else:
            mmap.move(self, dest, src, 0)  # which refuses a read-only mapping
            data = GuardedMmap.__getitem__(self, slice(src, src + count))
            GuardedMmap.__setitem__(self, slice(dest, dest + count), data)

    __getitem__ = _checked("__getitem__", "key")
    __setitem__ = _checked("__setitem__", "key value")
    __contains__ = _checked("__contains__", "item")
    find = _checked("find", "view start=None end=None")
    rfind = _checked("rfind", "view start=None end=None")
    for _name in "__iter__ __reversed__ find_all lines line_views".split():
        locals()[_name] = _iterating(_name)
    _count = _checked("count", "sub start end")

    def count(self, sub, start=None, end=None):
        """How many non-overlapping occurrences of ``sub`` lie inside ``[start:end]``, as ``bytes.count``."""
        return self._count(sub, start, end)

    read = _checked("read", "n=None", size_of=len)
    readline = _checked("readline", size_of=len)
    read_byte = _checked("read_byte", size_of=_one)
    write = _checked("write", "bytes", size_of=_written)
    write_byte = _checked("write_byte", "byte", size_of=_one)
    del _name

    if PYPY:

        def __del__(self):
            # Here the memory is freed before the guard, which is a finalizer's matter, too.
            if getattr(self, "_guard", None) is not None:  # else the constructor failed
                _unwatch(self)


def _watch(mapping):
    """Guard the memory the mapping has now, then no longer what it had."""
    with memoryview(mapping) as view:
        writable = not view.readonly
    before = mapping._guard
    guard, faults = _guard_new(mapping, writable)
    mapping._seen = faults[0]
    mapping._faults = faults
    mapping._guard = guard
    if before is not None:
        guard_free(before)


def _unwatch(mapping):
    guard = mapping._guard
    if guard is not None:
        mapping._guard, mapping._faults, mapping._seen = None, NO_FAULTS, 0
        guard_free(guard)


EXACT_CLASSES[GuardedMmap] = "zcio.mmap.GuardedMmap"
