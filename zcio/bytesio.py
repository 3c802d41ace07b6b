"""``BytesIO``: the io.BytesIO of CPython 3.15 on every interpreter, with 3.16's peek and zero-copy reads."""

import io

from zcio._bytesio.additions import Additions
from zcio._bytesio.base import Base
from zcio._call_guard import PYPY
from zcio._positional_only import name_methods as _name_methods

__all__ = ["BytesIO"]


def __dir__():
    return list(__all__)


class BytesIO(Additions, Base):
    """A file in memory that grows: ``io.BytesIO`` of CPython 3.15 on every interpreter.

    ``peek``, ``remaining``, ``read_view``, ``read_buffer``, ``find`` and ``readuntil`` are added. Methods that are not
    listed here are inherited from the interpreter's own class; ``python -m zcio compat bytesio`` lists where that
    differs from 3.15.

    Any number of threads may use one stream, as with ``io.BytesIO`` under the GIL. Each added method makes several
    calls, so another thread that moves the position meanwhile interferes, as it does between a seek and a read.

    Args:
        initial_bytes: the first value, any bytes-like object; empty if None. Exact bytes are shared until the first
            write, not copied.

    Raises:
        TypeError: ``initial_bytes`` is no bytes-like object.
    """

    __slots__ = ()

    if not PYPY:
        # A C function that does nothing, since the memory goes with the stream. IOBase.__del__ would look for an
        # overridden close(), which takes as long as making the stream, and close() itself would print an error if a
        # view dies with the stream.
        __del__ = io.IOBase.seekable

        def __init_subclass__(cls, **kwargs):
            super().__init_subclass__(**kwargs)
            if cls.__del__ is BytesIO.__del__:
                cls.__del__ = io.IOBase.__del__


_name_methods(BytesIO)
