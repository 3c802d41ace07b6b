"""``open_path()``, which maps a file given its path."""

import os
from io import FileIO

from zcio._converters import c_long, ssize
from zcio._mapping.constants import NAMES
from zcio._mapping.guarded import GuardedMmap
from zcio._mapping.mapping import mmap

__all__ = ["open_path"]

_MODES = {
    "r": ("rb", NAMES["ACCESS_READ"]),
    "r+": ("r+b", NAMES["ACCESS_WRITE"]),
    "c": ("rb", NAMES["ACCESS_COPY"]),
}


def open_path(path, mode="r", *, length=0, offset=0, access=None, trackfd=True, guard=False):
    """Open the file at ``path``, map it and close the descriptor.

    A mapping begins at a page. If ``offset`` lies inside a page, the mapping begins up to ALLOCATIONGRANULARITY - 1
    bytes earlier. Its attribute ``start`` is then the offset in the mapping of the requested byte; the position is set
    to it, and ``count``, ``find_all``, ``lines`` and ``line_views`` begin there by default.

    Args:
        path: A str, bytes or os.PathLike.
        mode: "r" (read), "r+" (read and write, shared with the file) or "c" (copy on write: changes stay in memory).
        length: The number of bytes to map; 0 for the rest of the file.
        offset: The offset in the file of the first byte to map.
        access: An ACCESS_ constant instead of the mode's.
        trackfd: False to keep no duplicate of the descriptor either. Then resize() and size() raise ValueError.
        guard: True for a GuardedMmap, which raises MappingFault for pages of a file that was truncated.

    Returns:
        An ``mmap``, or a ``GuardedMmap``.

    Raises:
        ValueError: The file is empty, the mode is unknown, or the range is not inside the file.
        OSError: The file cannot be opened or mapped; ``filename`` is the path.
    """
    if not isinstance(mode, str) or mode not in _MODES:  # b"r" == "r" warns under -bb
        raise ValueError("mode must be 'r', 'r+' or 'c', not %r" % (mode,))
    opens, default_access = _MODES[mode]
    length, offset = ssize(length), c_long(offset)
    before = offset % NAMES["ALLOCATIONGRANULARITY"] if offset > 0 else 0
    path = os.fspath(path)
    file = FileIO(path, opens)  # not os.open(): a FileIO is closed even if a signal handler raises before the ``try``
    try:
        mapped = (GuardedMmap if guard else mmap)(
            file.fileno(),
            length + before if length > 0 else length,
            access=default_access if access is None else access,
            offset=offset - before,
            trackfd=trackfd,
        )
        if before > len(mapped) - 1:
            mapped.close()
            raise ValueError("mmap offset is greater than file size")
        mapped.seek(before)
        mapped._start = before
        if guard:
            mapped._path = path
        return mapped
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = path
        raise
    finally:
        file.close()
