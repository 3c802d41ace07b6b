"""The class ``zcio.mmap.mmap``: the runtime's own, with the families of methods that this runtime needs."""

import os
import sys

from zcio._call_guard import PYPY
from zcio._mapping.scanning import Scanning
from zcio._mapping.searching import Searching
from zcio._mapping.stdlib import StdlibMmap, length_of
from zcio._search.dispatch import COUNT, FIND, RFIND, SLICES_ARE_BYTES

__all__ = ["EXACT_CLASSES", "mmap"]

# CPython 3.15 is the model: there only the searches are taken over. Earlier 3.14s hold some of its fixes, depending on
# the patch release, so nothing is decided by the minor version below it. On Windows, where zcio is not run yet, the
# runtime keeps its own constructor (tagname) and flush.
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

#: The classes that give bytes of length 1, and not ints as a subclass, with the name that their repr has.
EXACT_CLASSES = {}

_ONE_BYTE = [bytes([byte]) for byte in range(256)]

# Exact classes that equal no bytes, so that `5 in m` need not compare. With -b Python warns of each comparison.
_NEVER_EQUAL = () if sys.flags.bytes_warning else (int, str)


class mmap(*(_FAMILIES + (StdlibMmap,))):
    """A file, or anonymous memory, mapped into memory.

    The interface is that of ``mmap.mmap`` of CPython 3.15, whatever interpreter runs it, with faster searches and some
    more methods. Methods that are not listed here are inherited from the interpreter's own class.

    What two threads do with one mapping at a time is as safe as with the standard library's class. A native call holds
    the mapping, which meanwhile refuses to be closed or resized.

    Args:
        fileno: the descriptor of the file; -1 for anonymous memory.
        length: the number of bytes to map; 0 for the rest of the file.
        flags: MAP_ constants.
        prot: PROT_ constants.
        access: an ACCESS_ constant in place of ``flags`` and ``prot``.
        offset: where in the file the mapping begins, in bytes; a multiple of ALLOCATIONGRANULARITY.
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
        """The offset in this mapping of the byte that open_path() was asked for; else 0.

        It is not 0 if open_path() had to begin earlier, at a page. count, find_all, lines and line_views begin there.
        """
        return self._start

    # As in the standard library, the class itself gives and compares bytes of length 1, a subclass of it ints: that is
    # what C makes of a subclass.

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
        if self.closed:
            return "<%s closed=True>" % name
        return "<%s closed=False, %s" % (name, _details(self))

    def __reduce_ex__(self, protocol):
        if type(self) in EXACT_CLASSES:
            name = EXACT_CLASSES[type(self)] if protocol >= 2 else type(self).__name__
            raise TypeError("cannot pickle %r object" % (name,))
        return super().__reduce_ex__(protocol)


def _bytes_of(mapping):
    """Yield the items of an exact class as they are at the moment, like the standard library's iterator."""
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
    """Yield the items of a subclass, by way of its own ``__getitem__`` if it has one."""
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
SLICES_ARE_BYTES.add(mmap)

# Errors and signatures are to name the public class, not the mixin in which a method is written.
for _family in _FAMILIES:
    for _name, _method in vars(_family).items():
        if type(_method) is type(_bytes_of):
            _method.__qualname__ = "mmap." + _name
            _method.__module__ = "zcio.mmap"
del _family, _method, _name


if "_access" in _STATE:
    _ACCESS_NAMES = ("ACCESS_DEFAULT", "ACCESS_READ", "ACCESS_WRITE", "ACCESS_COPY")

    def _details(mapping):
        access = _ACCESS_NAMES[mapping._access]
        length, position = length_of(mapping), StdlibMmap.tell(mapping)
        return "access=%s, length=%d, pos=%d, offset=%d>" % (access, length, position, mapping._offset)

else:

    def _details(mapping):
        return StdlibMmap.__repr__(mapping).partition("closed=False, ")[2]
