"""The class ``zcio.mmap.mmap``: derived from the runtime's own, with the families of methods that this runtime
needs."""

import os
import sys

from zcio._call_guard import PYPY
from zcio._mapping.scanning import Scanning
from zcio._mapping.searching import Searching
from zcio._mapping.stdlib import StdlibMmap, is_closed, length_of
from zcio._positional_only import name_methods
from zcio._search.dispatch import COUNT, FIND, RFIND, SLICE

__all__ = ["EXACT_CLASSES", "mmap"]

# On CPython 3.15, which the class reproduces, only the searches are replaced. Some patch releases of 3.14 have some of
# its fixes, so every version below 3.15 gets all backports. On Windows, where zcio is not tested yet, the runtime keeps
# its own constructor (tagname) and flush.
_FAMILIES = (Searching, Scanning)
if os.name == "posix" and (PYPY or sys.version_info < (3, 15)):
    from zcio._mapping.constructor import Constructor
    from zcio._mapping.kernel import Kernel

    if PYPY:
        from zcio._mapping.pypy import PyPyMethods as Backports
    else:
        from zcio._mapping.backports import Backports

    _FAMILIES += (Backports, Kernel, Constructor)
    _STATE = Constructor._STATE
else:

    class _RuntimeConstructor:
        __slots__ = ()

        def __new__(cls, *args, **kwargs):
            self = StdlibMmap.__new__(cls, *args, **kwargs)
            self._start = 0
            return self

    _FAMILIES += (_RuntimeConstructor,)
    _STATE = ("_start",)

#: The classes whose items are bytes of length 1 (those of a subclass are ints), and the name in their repr.
EXACT_CLASSES = {}

_ONE_BYTE = [bytes([byte]) for byte in range(256)]

# Instances of exactly these classes equal no bytes, so `5 in m` need not compare. Not with -b, which makes Python warn
# of each comparison.
_NEVER_EQUAL = () if sys.flags.bytes_warning else (int, str)


class mmap(*(_FAMILIES + (StdlibMmap,))):
    """A file, or anonymous memory, mapped into memory.

    The interface is that of ``mmap.mmap`` of CPython 3.15 on every interpreter, with faster searches and additional
    methods. Methods that are not listed here are inherited from the interpreter's own class.

    Two threads may use one mapping as safely as one of the standard library. During a native call, close() and resize()
    raise BufferError.

    Args:
        fileno: the descriptor of the file; -1 for anonymous memory.
        length: the number of bytes to map; 0 for the rest of the file.
        flags: MAP_ constants.
        prot: PROT_ constants.
        access: an ACCESS_ constant in place of ``flags`` and ``prot``.
        offset: the offset in the file of the first byte to map; a multiple of ALLOCATIONGRANULARITY.
        trackfd: whether the mapping keeps a duplicate of the descriptor, which size() and resize() need.

    Raises:
        TypeError: an argument has the wrong type.
        OverflowError: a number is negative or too large.
        ValueError: arguments contradict each other, or the range is not inside the file.
        OSError: the kernel refused.
    """

    __module__ = "zcio.mmap"
    __slots__ = _STATE

    @property
    def start(self):
        """The offset at which count, find_all, lines and line_views begin.

        It is 0 unless open_path() had to map from an earlier offset than it was given, because mappings begin at pages.
        """
        return self._start

    # As in the standard library, the items of the class itself are bytes of length 1, but those of a subclass are ints
    # (C uses another protocol for a subclass).

    def __iter__(self):
        if type(self) in EXACT_CLASSES:
            return _bytes_of(self)
        return _items_of(self)

    def __reversed__(self):
        return _backwards(self, len(self))

    def __contains__(self, item):
        if type(self) in EXACT_CLASSES:
            if type(item) is bytes or type(item) is bytearray:
                if len(item) == 1:
                    return self.find(item, 0) >= 0
                length_of(self)
                return False
            if type(item) in _NEVER_EQUAL:
                length_of(self)
                return False
        return any(member is item or member == item for member in iter(self))

    def __repr__(self):
        name = EXACT_CLASSES.get(type(self)) or type(self).__name__
        if is_closed(self):
            return "<%s closed=True>" % name
        return "<%s closed=False, %s" % (name, _details(self))

    def __reduce_ex__(self, protocol):
        if type(self) in EXACT_CLASSES:
            name = EXACT_CLASSES[type(self)] if protocol >= 2 else type(self).__name__
            raise TypeError("cannot pickle %r object" % (name,))
        return super().__reduce_ex__(protocol)


def _bytes_of(mapping):
    """Yield the items of an exact class. Like the standard library's iterator, read each when it is asked for."""
    item = type(mapping).__getitem__
    at = 0
    while True:
        try:
            byte = item(mapping, at)
        except IndexError:
            if at < length_of(mapping):
                raise  # a signal handler raised it
            return
        yield _ONE_BYTE[byte]
        at += 1


def _items_of(mapping):
    """Yield the items of a subclass, which may override ``__getitem__``."""
    at = 0
    while True:
        try:
            item = mapping[at]
        except IndexError:
            return
        yield item
        at += 1


def _backwards(mapping, size):
    own = type(mapping) in EXACT_CLASSES
    for at in range(size - 1, -1, -1):
        try:
            item = mapping[at]
        except IndexError:
            if own and at < length_of(mapping):
                raise  # a signal handler raised it
            return
        yield _ONE_BYTE[item] if own else item


EXACT_CLASSES[mmap] = "mmap.mmap"

if not PYPY:
    FIND[mmap], RFIND[mmap], COUNT[mmap] = FIND[StdlibMmap], RFIND[StdlibMmap], COUNT[StdlibMmap]
SLICE[mmap] = mmap.__getitem__

name_methods(mmap)


if "_access" in _STATE:
    _ACCESS_NAMES = ("ACCESS_DEFAULT", "ACCESS_READ", "ACCESS_WRITE", "ACCESS_COPY")

    def _details(mapping):
        access = _ACCESS_NAMES[mapping._access]
        length, position = length_of(mapping), StdlibMmap.tell(mapping)
        return "access=%s, length=%d, pos=%d, offset=%d>" % (access, length, position, mapping._offset)

else:

    def _details(mapping):
        return StdlibMmap.__repr__(mapping).partition("closed=False, ")[2]
