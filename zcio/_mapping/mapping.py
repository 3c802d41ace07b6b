"""The class ``zcio.mmap.mmap``: the runtime's own, with the families of methods that this runtime needs."""

import os
import sys

from zcio._call_guard import PYPY
from zcio._mapping.scanning import Scanning
from zcio._mapping.searching import Searching
from zcio._mapping.stdlib import StdlibMmap, length_of
from zcio._search.dispatch import FIND, RFIND

__all__ = ["EXACT_CLASSES", "mmap"]

# CPython 3.15 is the model: there only the searches are taken over. Earlier 3.14s hold some of its fixes, depending on
# the patch release, so nothing is decided by the minor version below it. On Windows, where zcio is not run yet, the
# runtime keeps its own constructor (tagname) and flush.
_FAMILIES = (Searching, Scanning)
_STATE = ()
if os.name == "posix" and (PYPY or sys.version_info < (3, 15)):
    from zcio._mapping.constructor import Constructor
    from zcio._mapping.kernel import Kernel

    if PYPY:
        from zcio._mapping.pypy import PyPyMethods as Backports
    else:
        from zcio._mapping.backports import Backports

    _FAMILIES += (Backports, Kernel, Constructor)
    _STATE = Constructor._STATE

#: The classes that give bytes of length 1, and not ints as a subclass, with the name that their repr has.
EXACT_CLASSES = {}

_ONE_BYTE = [bytes([byte]) for byte in range(256)]


class mmap(*(_FAMILIES + (StdlibMmap,))):
    """mmap(fileno, length, flags=MAP_SHARED, prot=PROT_READ|PROT_WRITE, access=ACCESS_DEFAULT, offset=0, *,
    trackfd=True)

    Map ``length`` bytes of the file with descriptor ``fileno`` from ``offset`` on, 0 meaning the rest of it; -1 maps
    anonymous memory. The interface is that of ``mmap.mmap`` of CPython 3.15, whatever interpreter runs it.
    """

    __module__ = "zcio.mmap"
    __slots__ = _STATE

    # As in the standard library, the class itself gives and compares bytes of length 1, a subclass of it ints: that is
    # what C makes of a subclass.

    def __iter__(self):
        at = 0
        try:
            if type(self) in EXACT_CLASSES:
                while True:
                    yield _ONE_BYTE[self[at]]
                    at += 1
            else:
                while True:
                    yield self[at]
                    at += 1
        except IndexError:
            return

    def __reversed__(self):
        return _backwards(self, len(self))

    def __contains__(self, item):
        if type(self) in EXACT_CLASSES and type(item) is bytes:
            if len(item) != 1:
                length_of(self)
                return False
            return self.find(item, 0) >= 0
        return any(member is item or member == item for member in mmap.__iter__(self))

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


def _backwards(mapping, size):
    own = type(mapping) in EXACT_CLASSES
    for at in range(size - 1, -1, -1):
        item = mapping[at]
        yield _ONE_BYTE[item] if own else item


EXACT_CLASSES[mmap] = "mmap.mmap"

if FIND:
    FIND[mmap], RFIND[mmap] = FIND[StdlibMmap], RFIND[StdlibMmap]


if _STATE:
    _ACCESS_NAMES = ("ACCESS_DEFAULT", "ACCESS_READ", "ACCESS_WRITE", "ACCESS_COPY")

    def _details(mapping):
        access = _ACCESS_NAMES[mapping._access]
        length, position = length_of(mapping), StdlibMmap.tell(mapping)
        return "access=%s, length=%d, pos=%d, offset=%d>" % (access, length, position, mapping._offset)

else:

    def _details(mapping):
        return StdlibMmap.__repr__(mapping).partition("closed=False, ")[2]
