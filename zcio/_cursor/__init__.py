"""What ``zcio.Cursor`` is made of.

``cursor`` is the public class, complete by itself: a position and slices of the memory. ``over_bytes`` replaces its
methods by those of CPython's BytesIO for exact bytes. ``memory`` makes any buffer flat and owns what PyPy does
otherwise.
"""
