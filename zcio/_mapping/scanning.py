"""Methods that the standard library's mmap lacks: count, find_all, lines and line_views."""

from zcio import search

__all__ = ["Scanning"]


class Scanning:
    """Functions of ``zcio.search`` as methods, for ``zcio.mmap.mmap``.

    They neither use nor move the position. By default they begin at the attribute ``start``, not at 0, so that parts of
    a file that ``zcio.search.shards`` has cut do not overlap.
    """

    __slots__ = ()

    def count(self, sub, start=None, end=None, *, threads=1):
        """Count the occurrences that do not overlap, as ``bytes.count``.

        Args:
            sub: any bytes-like object, or an int below 256.
            start: the first offset of the window; the attribute ``start`` if None. A negative one counts from the end.
            end: the offset behind the window; the length if None. A negative one counts from the end.
            threads: the most threads to use, as in ``zcio.search.count``.

        Returns:
            int: the number of occurrences inside ``[start:end]``.

        Raises:
            TypeError: an argument has the wrong type.
            BufferError: ``sub`` is not C-contiguous.
            ValueError: the mapping is closed, ``sub`` is an int out of range, or ``threads`` is less than 1.
        """
        return search.count(self, sub, (self._start or None) if start is None else start, end, threads=threads)

    def find_all(self, sub, start=None, end=None, *, overlapping=False, threads=1):
        """Iterate over the offsets of ``sub`` inside ``[start:end]``, in order, fetched in batches.

        Args:
            sub: As in count.
            start: As in count.
            end: As in count.
            overlapping: Whether an occurrence may overlap the one before it.
            threads: As in ``zcio.search.find_all``.

        Returns:
            An iterator of ints, for one thread. It raises ValueError if the mapping was closed or resized.
        """
        start = (self._start or None) if start is None else start
        return search.find_all(self, sub, start, end, overlapping=overlapping, threads=threads)

    def lines(self, start=None, end=None, *, sep=b"\n", keepends=False):
        r"""Iterate over the records inside ``[start:end]``, each ended by ``sep`` or by the end.

        Args:
            start: As in count.
            end: As in count.
            sep: The separator after each record: any bytes-like object that is not empty, or an int below 256.
            keepends: Whether the records include ``sep``. With ``sep=b"\n"``, including it is faster.

        Returns:
            An iterator of bytes, for one thread. It raises ValueError if the mapping was closed or resized.
        """
        return search.lines(self, (self._start or None) if start is None else start, end, sep=sep, keepends=keepends)

    def line_views(self, start=None, end=None, *, sep=b"\n", keepends=False):
        """Iterate over the records as lines() does, but as memoryviews of the mapping itself.

        The mapping cannot be closed while a view is alive, nor between the first item of the iterator and its end. Only
        one thread may use the iterator.
        """
        return search.line_views(
            self, (self._start or None) if start is None else start, end, sep=sep, keepends=keepends
        )
