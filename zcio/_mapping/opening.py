"""open_path: a mapping from a path in one call."""

import os

from zcio._mapping.constants import NAMES
from zcio._mapping.mapping import mmap

__all__ = ["open_path"]

_MODES = {
    "r": (os.O_RDONLY, NAMES["ACCESS_READ"]),
    "r+": (os.O_RDWR, NAMES["ACCESS_WRITE"]),
    "c": (os.O_RDONLY, NAMES["ACCESS_COPY"]),
}


def open_path(path, mode="r", *, length=0, offset=0, access=None, trackfd=True):
    """Open the file at ``path``, map it and close the descriptor.

    Parameters: ``mode`` is "r" (read), "r+" (read and write, shared with the file) or "c" (copy on write: changes stay
    in memory); ``length`` in bytes, 0 for the rest of the file; ``offset`` in bytes, a multiple of
    ALLOCATIONGRANULARITY; ``access`` an ACCESS_ constant instead of the mode's; ``trackfd=False`` keeps no descriptor
    inside the mapping either, which then cannot be resized and has no size().

    Returns an ``mmap``. Raises what ``open`` and ``mmap`` raise: OSError with the path as its filename, ValueError for
    an empty file, an unknown mode or a range past the end.
    """
    try:
        flags, default_access = _MODES[mode]
    except (KeyError, TypeError):
        raise ValueError("mode must be 'r', 'r+' or 'c', not %r" % (mode,)) from None
    fileno = os.open(path, flags | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    try:
        return mmap(
            fileno,
            length,
            access=default_access if access is None else access,
            offset=offset,
            trackfd=trackfd,
        )
    except OSError as error:
        if error.filename is None:
            error.filename = path
        raise
    finally:
        os.close(fileno)
