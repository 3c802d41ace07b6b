"""The parts of ``zcio.Cursor``.

``cursor`` has the public class, complete by itself: a position and slices of the memory. ``over_bytes`` is its subclass
for exact bytes, with the methods of CPython's BytesIO. ``memory`` casts any buffer to bytes, and has all that is
different on PyPy.
"""
