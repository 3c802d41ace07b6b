"""``Cursor``: a file object over any memory, without copying it."""

from zcio._call_guard import PYPY
from zcio._cursor.cursor import Cursor

__all__ = ["Cursor"]

if not PYPY:
    # PyPy's own BytesIO is slower than Cursor.
    from zcio._cursor.cursor import use_over_bytes
    from zcio._cursor.over_bytes import BytesCursor

    use_over_bytes(BytesCursor)
    del BytesCursor, use_over_bytes

del PYPY
