"""Splicer, a transfer in one direction that an event loop drives step by step."""

import warnings

from zcio._core.transfer import (
    DONE,
    METHODS,
    new_progress,
    transfer_close,
    transfer_new,
    transfer_result,
    transfer_run,
)
from zcio._transfer.descriptors import SPLICE_F_NONBLOCK, descriptor, flag_bits, not_negative, readable, writable
from zcio._transfer.moving import SPLICE_METHODS, place, report

__all__ = ["Splicer"]


class Splicer:
    """A transfer in one direction that never waits, for use with an event loop.

    Repeat until ``done``: call ``step()``. Then, if ``wants_read`` is not None, wait until that descriptor is readable;
    if ``wants_write`` is not None, until that one is writable; if both are None, let other tasks run and continue.
    Descriptors may be in blocking mode (but with a blocking socket as ``dst`` the bytes are copied through memory).

    Close it, or use it as a context manager. Bytes that are then still pending go back to the file they came from or,
    if ``src`` is a pipe or socket, are in ``undelivered``. An exception that leaves the context gets ``moved`` and
    ``undelivered``.

    One thread at a time: a step() or close() while another thread is in step() raises RuntimeError and changes nothing.
    Any thread may read the properties. A Splicer keeps ``src`` and ``dst`` until it is closed, and cannot be copied or
    pickled.

    Args:
        src: a descriptor, a plain socket, or a binary file of the io module, whose buffer is ignored.
        dst: the same.
        nbytes: the largest number of bytes to move; up to the end if None.
        offset: the offset in ``src`` to begin at, in bytes, without moving its position. None uses the position and
            moves it.
        out_offset: the same for ``dst``.
        flags: SPLICE_F_ constants, as for splice().

    Attributes:
        done (bool): whether everything was moved.
        undelivered (bytes): after close(), the bytes that were read from ``src`` and not delivered to ``dst``.

    Raises:
        TypeError: as splice().
        ValueError: as splice().
        OverflowError: as splice().
        OSError: as splice().
    """

    def __init__(self, src, dst, nbytes=None, *, offset=None, out_offset=None, flags=0):
        self._owners = src, dst  # their descriptors are used until close()
        src, dst = descriptor(src, "src"), descriptor(dst, "dst")
        nbytes = not_negative(nbytes, "nbytes")
        offset, out_offset = not_negative(offset, "offset"), not_negative(out_offset, "out_offset")
        src, dst = readable(src, "src"), writable(dst, "dst")
        offset, out_offset = place(src, offset, "offset"), place(dst, out_offset, "out_offset")
        self.done = False
        self.undelivered = b""
        self._where = where = new_progress()
        flags = flag_bits(flags) | SPLICE_F_NONBLOCK
        transfer_new(src, dst, offset, out_offset, nbytes, flags, SPLICE_METHODS, where)
        where.read[0] = where.write[0] = -1
        where.method[0] = METHODS.index("splice")

    def step(self):
        """Move what can be moved without waiting, for at most 2 ms.

        Returns:
            int: the number of bytes that ``dst`` got in this step.

        Raises:
            OSError: the transfer failed; ``moved`` is ``bytes_moved``. Pending bytes stay pending, and another step
                tries again.
            RuntimeError: another thread is in step().
            ValueError: the Splicer is closed.
        """
        if self.closed:
            raise ValueError("step() of a closed Splicer")
        where = self._where
        before = where.moved[0]
        try:
            self.done = transfer_result(transfer_run(where, False)) == DONE
        except OSError as error:
            error.moved = where.moved[0]
            raise
        return where.moved[0] - before

    @property
    def wants_read(self):
        """The descriptor that has to become readable before the next step, or None."""
        return self._wanted(self._where.read[0])

    @property
    def wants_write(self):
        """The descriptor that has to become writable before the next step, or None."""
        return self._wanted(self._where.write[0])

    def _wanted(self, fd):
        return None if fd < 0 or self.closed else fd

    @property
    def bytes_moved(self):
        """The number of bytes that ``dst`` got."""
        return self._where.moved[0]

    @property
    def pending(self):
        """The number of bytes that were read from ``src`` and not yet delivered to ``dst``."""
        return self._where.pending[0]

    @property
    def method(self):
        """The call that moved the last bytes or will be tried first: "sendfile", "splice" or "read/write"."""
        return METHODS[self._where.method[0]]

    @property
    def closed(self):
        """Whether close() was called."""
        return self._owners is None

    def close(self):
        """End the transfer, whether or not it is done. ``src`` and ``dst`` stay open. A second close() does nothing.

        Returns:
            bytes: ``undelivered``; b"" in a child that was forked meanwhile, since the bytes are the parent's.

        Raises:
            OSError: pending bytes could not go back to ``src``; the Splicer is closed nevertheless.
            RuntimeError: another thread is in step(); nothing has changed.
        """
        if not self.closed:
            try:
                self.undelivered = transfer_close(self._where)
            except OSError as error:
                if error.errno is not None:  # not a signal handler's
                    self._end()
                raise
            self._end()
        return self.undelivered

    def _end(self):
        self._where.pending[0] = 0
        self._owners = None

    def __reduce__(self):
        raise TypeError("cannot pickle %r object" % type(self).__name__)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.close()
        if error is not None:
            report(error, self.bytes_moved, self.undelivered)

    def __del__(self):
        where = getattr(self, "_where", None)
        lost = where is not None and not self.closed and where.pending[0]
        if lost:
            warnings.warn("unclosed Splicer: %d pending bytes are lost" % lost, ResourceWarning, stacklevel=2)

    def __repr__(self):
        state = "closed" if self.closed else "done" if self.done else "%d pending" % self.pending
        return "<zcio.splice.Splicer: %d bytes moved, %s>" % (self.bytes_moved, state)
