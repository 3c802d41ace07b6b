"""``Cursor``: a file object over any memory, without copying it."""

from zcio._cursor.base import Cursor, implement
from zcio._cursor.over_bytes import BytesCursor
from zcio._cursor.over_memory import MemoryCursor

__all__ = ["Cursor"]

implement(BytesCursor, MemoryCursor)

del BytesCursor, MemoryCursor, implement
