"""``BytesIO``: the io.BytesIO of CPython 3.15 on every interpreter, with 3.16's peek and zero-copy reads."""

import io

from zcio._bytesio.additions import Additions
from zcio._bytesio.base import Base
from zcio._call_guard import PYPY

__all__ = ["BytesIO"]


class BytesIO(Additions, Base):
    """BytesIO(initial_bytes=b'')

    A file in memory that starts with a copy of ``initial_bytes``, any bytes-like object, and grows. The interface is
    that of ``io.BytesIO`` of CPython 3.15, whatever interpreter runs it; ``peek``, ``remaining``, ``read_view``,
    ``read_buffer``, ``find`` and ``readuntil`` are added.
    """

    __slots__ = ()

    if not PYPY:
        # What IOBase does instead, looking for an overridden close(), takes as long as making the stream.
        __del__ = Base.close

        def __init_subclass__(cls, **kwargs):
            super().__init_subclass__(**kwargs)
            if cls.__del__ is BytesIO.__del__:
                cls.__del__ = io.IOBase.__del__


if Base.__name__ == "Backports":
    from zcio._bytesio.backports import put_init_beside_construction

    put_init_beside_construction(BytesIO)
    del put_init_beside_construction
