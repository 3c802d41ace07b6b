"""Functions that make one system call each, which moves bytes between descriptors.

``splice``, ``copy_file_range`` and ``sendfile`` have the signatures, results and errors of those in ``os`` of CPython
3.15, on every interpreter; ``tee`` and ``vmsplice`` follow them. All run without the GIL. If a signal interrupts a call
and its handler does not raise, the call is repeated. If the platform lacks a call, NotImplementedError is raised.
"""

from contextlib import ExitStack as _ExitStack

from zcio._call_guard import Call as _Call
from zcio._converters import (
    bytes_like as _bytes_like,
    c_long as _c_long,
    integer as _integer,
    ssize as _ssize,
    truncated as _c_int,
)
from zcio._core import transfer as core_transfer
from zcio._core.pipe import is_chunk as _is_chunk
from zcio._stdlib_mmap import mmap as _stdlib_mmap
from zcio._transfer.descriptors import (
    SPLICE_F_GIFT,
    SPLICE_F_MORE,
    SPLICE_F_MOVE,
    SPLICE_F_NONBLOCK,
    Descriptor as _Descriptor,
    plain as _plain,
)

__all__ = [
    "SPLICE_F_GIFT",
    "SPLICE_F_MORE",
    "SPLICE_F_MOVE",
    "SPLICE_F_NONBLOCK",
    "copy_file_range",
    "sendfile",
    "splice",
    "tee",
    "vmsplice",
]


def __dir__():
    return list(__all__)


_UINT_MAX = 2**32 - 1


def _size(value):
    value = _ssize(value)
    if value < 0:
        raise ValueError("count cannot be negative")
    return value


def _offset(value):
    return None if value is None else _c_long(value)


def _flags(value):
    value = _integer(value)
    if value < 0:
        raise ValueError("Cannot convert negative int")
    if value > _UINT_MAX:
        raise OverflowError("Python int too large for C unsigned int")
    return value


def splice(src, dst, count, offset_src=None, offset_dst=None, flags=0):
    """Move bytes between two descriptors, one of which is a pipe: splice(2), as ``os.splice``.

    A pipe that was filled from a file refers to the file's pages: later writes to the file show in it.

    Args:
        src: the descriptor to move from.
        dst: the descriptor to move to.
        count: the largest number of bytes to move.
        offset_src: the offset in a file to begin at, in bytes, without moving its position; None uses the position.
            A pipe has no offsets.
        offset_dst: the same for ``dst``.
        flags: SPLICE_F_ constants.

    Returns:
        int: the number of bytes moved; 0 at the end.

    Raises:
        OSError: as splice(2).
        ValueError: ``count`` or ``flags`` is negative.
    """
    if not _plain(src, dst, count, offset_src, offset_dst):
        src, dst, count = _c_int(src), _c_int(dst), _size(count)
        offset_src, offset_dst = _offset(offset_src), _offset(offset_dst)
    return core_transfer.splice(src, dst, count, offset_src, offset_dst, _flags(flags))


def tee(src, dst, count, flags=0):
    """Copy the content of one pipe to another without consuming it: tee(2).

    Args:
        src: the descriptor of the pipe to copy from.
        dst: the descriptor of the pipe to copy to.
        count: the largest number of bytes to copy.
        flags: SPLICE_F_ constants.

    Returns:
        int: the number of bytes copied; 0 if ``src`` is empty and its writing end is closed.

    Raises:
        OSError: as tee(2).
        ValueError: ``count`` or ``flags`` is negative.
    """
    return core_transfer.tee(_c_int(src), _c_int(dst), _size(count), _flags(flags))


def _outlives_the_call(view):
    """Whether the kernel may refer to this memory after the call: a mapping, or a chunk of a Pool."""
    owner = view.obj
    return isinstance(owner, _stdlib_mmap.mmap) or _is_chunk(owner)


def vmsplice(fd, buffers, flags=0, *, unsafe=False):
    """Put memory into a pipe without a copy, or read a pipe into memory: vmsplice(2).

    The pipe *refers* to the memory. Until its reader has read it (and anything to which the reader passed the pages on
    is done with them), a change of a buffer changes what is read, and the kernel does not tell when that is over. So
    only memory whose pages stay is accepted: mmaps, and chunks of a Pool (``Pool.take()``, the views of a Pipe). Keep a
    chunk until the reader has confirmed, or else the pool reuses it.

    Args:
        fd: the writing end of a pipe; or the reading end, from which the content is copied into the buffers.
        buffers: a sequence of bytes-like objects; writable ones, if they are read into.
        flags: SPLICE_F_ constants, but not SPLICE_F_GIFT.
        unsafe: take any memory. Freed memory of bytes or a bytearray is read as whatever lies there next: keep the
            objects, unchanged, until the reader has confirmed.

    Returns:
        int: the number of bytes moved.

    Raises:
        OSError: as vmsplice(2).
        ValueError: SPLICE_F_GIFT is among the flags, which would give the kernel memory that Python goes on using.
        TypeError: a buffer is neither an mmap nor a chunk, and ``unsafe`` is false; or it is not writable, and ``fd``
            is the reading end.
    """
    fd, flags = _c_int(fd), _flags(flags)
    if flags & SPLICE_F_GIFT:
        raise ValueError("SPLICE_F_GIFT is refused: the memory is not ours to give away")
    buffers = list(buffers)
    about = core_transfer.describe(_Descriptor(fd))
    into = about.readable and not about.writable
    with _ExitStack() as stack:
        views = []
        for buffer in buffers:
            guard = getattr(buffer, "_call_guard", None)
            if guard is not None:  # a zcio mapping on PyPy, where views hold nothing
                call = _Call()
                stack.callback(guard.end, call)
                guard.start(call)
            view = _bytes_like(buffer)  # not released: the frame of a handler's exception may hold an export of it
            if into and view.readonly:
                raise TypeError("a read-write bytes-like object is required, not %r" % type(buffer).__name__)
            if not into and not unsafe and not _outlives_the_call(view):
                raise TypeError(
                    "vmsplice() of %r: the pipe would refer to memory that may be freed before it is read; "
                    "mmaps and chunks of a Pool are taken, others with unsafe=True" % type(buffer).__name__
                )
            views.append(view)
        return core_transfer.vmsplice(fd, views, flags, into)


def sendfile(out_fd, in_fd, offset, count):
    """Move bytes from a file to a descriptor: sendfile(2), as ``os.sendfile``.

    Args:
        out_fd: the descriptor to write to.
        in_fd: the descriptor of the file.
        offset: the offset in the file to begin at, in bytes; None uses the file's position and moves it.
        count: the largest number of bytes to move.

    Returns:
        int: the number of bytes moved; 0 at the end of the file.

    Raises:
        OSError: as sendfile(2).
        ValueError: ``count`` is negative.
    """
    if not _plain(out_fd, in_fd, count, offset, None):
        out_fd, in_fd, offset, count = _c_int(out_fd), _c_int(in_fd), _offset(offset), _size(count)
    return core_transfer.sendfile(out_fd, in_fd, offset, count)


def copy_file_range(src, dst, count, offset_src=None, offset_dst=None):
    """Copy bytes between two files in the kernel: copy_file_range(2), as ``os.copy_file_range``.

    Args:
        src: the descriptor to copy from.
        dst: the descriptor to copy to.
        count: the largest number of bytes to copy.
        offset_src: the offset to begin at, in bytes, without moving the file's position; None uses the position.
        offset_dst: the same for ``dst``.

    Returns:
        int: the number of bytes copied; 0 at the end of the file, and on some file systems also before it.

    Raises:
        OSError: as copy_file_range(2).
        ValueError: ``count`` is negative.
    """
    if not _plain(src, dst, count, offset_src, offset_dst):
        src, dst, count = _c_int(src), _c_int(dst), _size(count)
        offset_src, offset_dst = _offset(offset_src), _offset(offset_dst)
    return core_transfer.copy_file_range(src, dst, count, offset_src, offset_dst)
