"""The error of an access to mapped memory whose page is gone."""

import errno

__all__ = ["MappingFault"]


class MappingFault(OSError):
    """A page of a mapping is gone: its file was truncated, or there was no room on the disk to write it.

    An OSError with errno EIO; ``filename`` is the path where ``open_path`` was given one. ``offset`` is where in the
    mapping, in bytes, such a page was met first, or None where only a search knows that there is one.
    """

    __module__ = "zcio.mmap"

    offset = None

    @classmethod
    def at(cls, offset, filename=None):
        """The error for ``offset``."""
        where = "in the mapping" if offset is None else "at offset %d of the mapping" % offset
        words = "a page %s is gone: the file was truncated, or its disk is full" % where
        error = cls(errno.EIO, words) if filename is None else cls(errno.EIO, words, filename)
        error.offset = offset
        return error
