"""``BytesIO``: the io.BytesIO of CPython 3.15 on every interpreter, with 3.16's peek and zero-copy reads."""

import io

from zcio._bytesio.additions import Additions
from zcio._bytesio.base import Base
from zcio._call_guard import PYPY

__all__ = ["BytesIO"]


class BytesIO(Additions, Base):
    """A file in memory that grows: ``io.BytesIO`` of CPython 3.15 on every interpreter.

    ``peek``, ``remaining``, ``read_view``, ``read_buffer``, ``find`` and ``readuntil`` are added. What the runtime's
    own class does otherwise than 3.15, as far as zcio inherits it, is listed by ``python -m zcio compat``.

    Any number of threads may use one stream, as ``io.BytesIO`` under the GIL. The added methods are several steps each:
    another thread that moves the position meanwhile interferes, as it does with a seek and a read.

    Args:
        initial_bytes: The first value, any bytes-like object. Exact bytes are shared until the first write.
    """

    __slots__ = ()

    if not PYPY:
        # IOBase looks for an overridden close() instead, which takes as long as making the stream.
        __del__ = Base.close

        def __init_subclass__(cls, **kwargs):
            super().__init_subclass__(**kwargs)
            if cls.__del__ is BytesIO.__del__:
                cls.__del__ = io.IOBase.__del__
