"""Whole-map scans that the standard library's mmap has not: count, find_all, lines and line_views."""

__all__ = ["Scanning"]


def _search():
    # Imported when it is first wanted: importing zcio.mmap is to be light.
    from zcio import search

    return search


class Scanning:
    """``zcio.search`` as methods, for the final class of ``zcio.mmap``. They neither use nor move the position."""

    __slots__ = ()

    def count(self, sub, start=None, end=None):
        """How many non-overlapping occurrences of ``sub`` lie inside ``[start:end]``, as ``bytes.count``."""
        return _search().count(self, sub, start, end)

    def find_all(self, sub, start=None, end=None, *, overlapping=False):
        """An iterator of the offsets of ``sub`` inside ``[start:end]``, in order, fetched in batches."""
        return _search().find_all(self, sub, start, end, overlapping=overlapping)

    def lines(self, start=None, end=None, *, sep=b"\n", keepends=False):
        """An iterator of the records inside ``[start:end]`` as bytes, each ended by ``sep`` or by the end."""
        return _search().lines(self, start, end, sep=sep, keepends=keepends)

    def line_views(self, start=None, end=None, *, sep=b"\n", keepends=False):
        """As ``lines``, but memoryviews of the map itself, which hold it open."""
        return _search().line_views(self, start, end, sep=sep, keepends=keepends)
