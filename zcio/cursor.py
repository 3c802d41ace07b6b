"""``Cursor``: a file object over any memory, without copying it."""

from zcio._call_guard import PYPY
from zcio._cursor.base import Cursor, implement
from zcio._cursor.over_memory import MemoryCursor

__all__ = ["Cursor"]

if PYPY:
    # Its own BytesIO is the slower one, reading into a buffer six times.
    implement(MemoryCursor, MemoryCursor)
else:
    from zcio._cursor.over_bytes import BytesCursor

    implement(BytesCursor, MemoryCursor)
    del BytesCursor

del MemoryCursor, PYPY, implement
