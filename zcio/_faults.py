"""The error of an access to mapped memory whose page is gone."""

import errno

__all__ = ["MappingFault"]


class MappingFault(OSError):
    """A page of a mapping is gone: its file was truncated, or there was no room on the disk to write it.

    It is an OSError with errno EIO. ``filename`` is the path, if the mapping was made by open_path().

    Attributes:
        offset (int or None): where in the mapping, in bytes, such a page was met first; None if only a search knows
            that there is one.
    """

    __module__ = "zcio.mmap"

    offset = None

    @classmethod
    def at(cls, offset, filename=None):
        """Make the error for an offset.

        Args:
            offset: where in the mapping, in bytes; None if that is unknown.
            filename: the path of the mapped file, or None.

        Returns:
            MappingFault: with errno EIO.
        """
        where = "in the mapping" if offset is None else "at offset %d of the mapping" % offset
        words = "a page %s is gone: the file was truncated, or its disk is full" % where
        error = cls(errno.EIO, words) if filename is None else cls(errno.EIO, words, filename)
        error.offset = offset
        return error
