"""Moves bytes from one descriptor to another until all are moved: ``splice()``, and the base of ``copy()``."""

import os
from errno import EAGAIN, EBADF, EINVAL, ESPIPE

from zcio._core.transfer import (
    AGAIN,
    LOOK,
    METHODS,
    WAITS,
    free,
    method_bits,
    new_progress,
    take_back,
    transfer_begin,
    transfer_new,
    transfer_result,
    transfer_run,
)
from zcio._transfer.descriptors import (
    FILE,
    SPLICE_F_NONBLOCK,
    descriptor,
    flag_bits,
    not_negative,
    plain,
    readable,
    writable,
)

__all__ = ["ALL_METHODS", "SPLICE_METHODS", "move", "place", "report", "splice", "within_one_file"]

ALL_METHODS = method_bits(*METHODS)
SPLICE_METHODS = method_bits("sendfile", "splice", "read/write")


def report(error, moved, undelivered):
    """Set the attributes ``moved`` and ``undelivered`` of an exception of any kind that is on its way to the caller.

    ``moved`` is the number of bytes that the destination has. ``undelivered`` are bytes that were taken from the source
    and not delivered; here the caller gets them back.
    """
    try:
        error.moved = moved
        error.undelivered = undelivered
    except AttributeError:
        pass  # an exception class of a signal handler that has __slots__


def move(src, dst, src_offset, dst_offset, limit, flags, methods, between=None, ordinary=False):
    """Move bytes between descriptors until the end of ``src`` or until ``limit`` bytes are moved.

    Args:
        src: the description of the source; with ``ordinary``, both are ints or both Descriptors.
        dst: the same of the destination.
        methods: from method_bits(); they are tried in the order of METHODS, each from the byte at which the one before
            it turned out not to work.
        flags: with SPLICE_F_NONBLOCK, nothing waits.
        between: called as ``between(count)`` after every slice of at most 50 ms.
        ordinary: the descriptors were not checked yet. If they, or the arguments, are wrong or unusual, nothing is
            moved and None is returned.

    Returns:
        (int, int) or None: the number of bytes, and the index in METHODS of the call that moved the last of them.

    Raises:
        BaseException: any exception has ``moved`` and ``undelivered``, as report() sets them. The position of a source
            file is then after the last byte delivered.
    """
    where = new_progress()
    left = None
    try:
        if ordinary:
            code = transfer_begin(src, dst, src_offset, dst_offset, limit, flags, methods, where)
            if code >= 0:
                return code >> 2, code & 3
            if code == LOOK:
                return None
            if code == -EBADF and between is not None:
                between(where.moved[0])
            code = transfer_result(code)
        else:
            transfer_new(src, dst, src_offset, dst_offset, limit, flags, methods, where)
            code = AGAIN
        waits = not flags & SPLICE_F_NONBLOCK
        while code == AGAIN:
            if between is not None:
                between(where.moved[0])
            code = transfer_run(where, waits)
            if code == -EBADF and between is not None:
                between(where.moved[0])  # if a signal handler closed a file after the call above, this says so
            code = transfer_result(code)
        if code == WAITS:
            left = take_back(where)
            if left or not where.moved[0]:
                raise BlockingIOError(EAGAIN, os.strerror(EAGAIN), where.moved[0])
    except BaseException as error:
        if left is None:
            left = take_back(where)
        report(error, where.moved[0], left)
        free(where)  # now, because the exception may keep the frame
        raise
    free(where)  # now, because PyPy keeps the progress until it collects garbage
    return where.moved[0], where.method[0]


def splice(in_fd, out_fd, offset=0, nbytes=None, flags=0, out_offset=0):
    """Move bytes between any two descriptors in the kernel. Short transfers are resumed.

    It waits while a descriptor is not ready, and runs signal handlers meanwhile; the timeout of a socket is ignored. Up
    to 16 KiB between two files are read and written, since making a pipe would take longer.

    A file spliced into a pipe is not copied: the pipe refers to the pages of the file, so that later writes to the file
    show in the pipe until it is read.

    Args:
        in_fd: a descriptor, a plain socket, or a binary file of the io module, whose buffer is ignored.
        out_fd: the same.
        offset: the offset in ``in_fd`` to begin at, in bytes; the position of the file does not move. The default is
            the start of the file, wherever its position is. None uses the position and moves it, which is right for
            standard input. Pipes, sockets and devices have no offsets: for them 0 means None.
        nbytes: the largest number of bytes to move; up to the end of the file if None.
        flags: SPLICE_F_MOVE, SPLICE_F_MORE (passed on for all but the last piece of this call) and SPLICE_F_GIFT, as
            for splice(2). With SPLICE_F_NONBLOCK the call does not wait, and returns what it could move.
        out_offset: as ``offset``, for ``out_fd``. A file opened with O_APPEND is always appended to.

    Returns:
        int: the number of bytes moved; 0 at the end of the file.

    Raises:
        TypeError: an argument is neither a descriptor nor an object whose descriptor carries the same bytes.
        ValueError: a descriptor is closed or not open for reading or writing, or a socket carries TLS; nothing was
            moved.
        OverflowError: ``offset`` or ``nbytes`` is beyond the size of the file.
        BlockingIOError: with SPLICE_F_NONBLOCK, nothing could be moved, or bytes are left over.
        OSError: the transfer failed. Every exception from it has ``moved``, the number of bytes that ``out_fd`` took
            (not all of which the peer of a socket may have read), and ``undelivered``, bytes that were read from a pipe
            or socket and that ``out_fd`` did not accept (b"" if ``in_fd`` is a file, whose position is right).
    """
    src, dst = in_fd, out_fd
    if not plain(src, dst, 0 if nbytes is None else nbytes, offset, out_offset):
        src, dst = descriptor(in_fd, "in_fd"), descriptor(out_fd, "out_fd")
        nbytes = not_negative(nbytes, "nbytes")
        offset, out_offset = not_negative(offset, "offset"), not_negative(out_offset, "out_offset")
    flags = flag_bits(flags)
    done = move(src, dst, offset, out_offset, nbytes, flags, SPLICE_METHODS, ordinary=True)
    if done is None:
        src, dst = descriptor(in_fd, "in_fd"), descriptor(out_fd, "out_fd")
        done = _splice_checked(src, dst, offset, out_offset, nbytes, flags)
    return done[0]


def _splice_checked(in_fd, out_fd, offset, out_offset, nbytes, flags):
    """splice() for unusual descriptors and arguments, which are checked first. Returns as move() does."""
    src, dst = readable(in_fd, "in_fd"), writable(out_fd, "out_fd")
    offset = place(src, offset, "offset")
    out_offset = place(dst, out_offset, "out_offset")
    if src.kind == FILE:
        _check_size(in_fd, src, offset, nbytes)
        if dst.kind == FILE and (src.device, src.inode) == (dst.device, dst.inode):
            begin = in_fd.call(os.lseek, 0, os.SEEK_CUR) if offset is None else offset
            target = out_fd.call(os.lseek, 0, os.SEEK_CUR) if out_offset is None else out_offset
            nbytes = within_one_file(src.size, begin, target, nbytes)
    if nbytes == 0:
        return 0, 0
    return move(src, dst, offset, out_offset, nbytes, flags, SPLICE_METHODS)


def place(about, offset, name):
    """The offset to use: that of a file, else None. Raises OSError (ESPIPE) for another offset than 0 if not a file."""
    if about.kind == FILE:
        return offset
    if offset:
        raise OSError(ESPIPE, "%s: %s" % (os.strerror(ESPIPE), name))
    return None


def _check_size(fd, about, offset, nbytes):
    # Virtual files (/proc) and devices have a size of 0 whatever their content; reading one byte tells.
    size = about.size
    if size == 0 and (offset or nbytes) and fd.call(os.pread, 1, offset or 0):
        return
    if nbytes is not None and nbytes > size:
        raise OverflowError("nbytes is %d, but the file has %d bytes" % (nbytes, size))
    if offset is not None and offset > size:
        raise OverflowError("offset is %d, but the file has %d bytes" % (offset, size))


def within_one_file(size, begin, target, nbytes):
    """The number of bytes to move within one file: at most up to its present end, since writing moves the end away.

    Raises OSError (EINVAL) if the source and the destination overlap.
    """
    there = max(0, size - begin)
    count = there if nbytes is None else min(nbytes, there)
    if begin < target + count and target < begin + count:
        raise OSError(EINVAL, "%s: source and destination overlap" % os.strerror(EINVAL))
    return count
