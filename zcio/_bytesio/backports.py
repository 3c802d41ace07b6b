"""The BytesIO of CPython up to 3.13 with what 3.15 does otherwise, as far as no hot method pays for it."""

import gc
import sys

from zcio._bytesio.stdlib import StdlibBytesIO
from zcio._bytesio.unset import UNSET
from zcio._converters import bytes_like, c_long, optional_ssize
from zcio._positional_only import positional_only

__all__ = ["Backports", "put_init_beside_construction"]

_MAX = sys.maxsize

_closed = StdlibBytesIO.closed.__get__
_init = StdlibBytesIO.__init__
_read = StdlibBytesIO.read
_seek = StdlibBytesIO.seek
_truncate = StdlibBytesIO.truncate
_write = StdlibBytesIO.write


class Backports(StdlibBytesIO):
    """What ``zcio.BytesIO`` is on CPython up to 3.13."""

    __slots__ = ()

    @positional_only
    def truncate(self, size=None):
        """Cut the stream after ``size`` bytes, None meaning at the position, which stays. Returns ``size``.

        A stream that is shorter stays as it is. Raises TypeError, OverflowError, ValueError where ``size`` is negative
        or the stream closed, BufferError while a view of it lives.
        """
        if size is None:
            return _truncate(self)
        _truncate(self, _MAX)  # does nothing but refuse, which comes before the size is looked at
        size = c_long(size)
        if size < 0:
            raise ValueError("negative size value %d" % size)
        return _truncate(self, size)

    if sys.version_info < (3, 7):

        @positional_only
        def read1(self, size=-1):
            """Read up to ``size`` bytes, all of the rest for None or a negative ``size``. Returns bytes."""
            return _read(self, optional_ssize(size))


def _reinitialise(self, initial_bytes=UNSET):
    """Replace the value by ``initial_bytes``, any bytes-like object, and go to its start.

    Bytes open a closed stream again. Raises BufferError, and changes nothing, while a view of the stream lives;
    TypeError where ``initial_bytes`` is not bytes-like, which leaves the stream empty.
    """
    if not _closed(self):
        _truncate(self, _MAX)  # does nothing but refuse
    if type(initial_bytes) is bytes:
        _init(self, initial_bytes)
        return
    _init(self)
    if initial_bytes is not UNSET and initial_bytes is not None:
        with bytes_like(initial_bytes) as view:
            _write(self, view)
        _seek(self, 0)


def put_init_beside_construction(cls):
    """Give ``cls`` an ``__init__`` that keeps the value under views, without calling it where nothing can be lost.

    Assigned the usual way it would more than double the time that ``cls(...)`` takes. So it goes into the dict of the
    class itself, where explicit calls and subclasses find it, and construction stays the runtime's. What that relies on
    is the same in every CPython that comes here, 3.6 to 3.13.
    """
    _reinitialise.__name__ = "__init__"
    _reinitialise.__qualname__ = cls.__name__ + ".__init__"
    gc.get_referents(cls.__dict__)[0]["__init__"] = _reinitialise
    cls.__doc__ = cls.__doc__  # an assignment that counts, so that no cache keeps the other
