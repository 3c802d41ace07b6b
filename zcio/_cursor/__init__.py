"""What ``zcio.Cursor`` is made of.

``base``: the public class, which picks the implementation. ``over_bytes``: CPython's BytesIO, which shares the bytes it
is made from. ``over_memory``: every other buffer, and all on PyPy; below it ``calls_cpython`` and ``calls_pypy`` (the
calls that loops are made of), ``lines`` (iteration on CPython), ``additions`` (what io has not) and ``memory`` (how the
memory of each kind is reached on each runtime).
"""
