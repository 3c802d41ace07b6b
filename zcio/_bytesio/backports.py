"""The BytesIO of CPython up to 3.13, with those methods of 3.15 whose overrides cost little."""

import sys

from zcio._bytesio.stdlib import StdlibBytesIO
from zcio._converters import c_long, optional_ssize
from zcio._positional_only import positional_only

__all__ = ["Backports"]

_MAX = sys.maxsize

_read = StdlibBytesIO.read
_truncate = StdlibBytesIO.truncate


class Backports(StdlibBytesIO):
    """The base of ``zcio.BytesIO`` on CPython up to 3.13."""

    __slots__ = ()

    @positional_only
    def truncate(self, size=None):
        """Cut the stream, as ``io.BytesIO.truncate`` of CPython 3.15.

        The position stays where it is. A stream that is shorter is not changed.

        Args:
            size: the new size in bytes; the position if None.

        Returns:
            int: ``size``.

        Raises:
            ValueError: ``size`` is negative, or the stream is closed.
            BufferError: there are views of the stream.
        """
        if size is None:
            return _truncate(self)
        _truncate(self, _MAX)  # cuts nothing, but raises for a closed stream or views before the size is converted
        size = c_long(size)
        if size < 0:
            raise ValueError("negative size value %d" % size)
        return _truncate(self, size)

    if sys.version_info < (3, 7):

        @positional_only
        def read1(self, size=-1):
            """Read up to ``size`` bytes, all if None or negative, as ``io.BytesIO.read1`` from 3.7 on."""
            return _read(self, optional_ssize(size))
