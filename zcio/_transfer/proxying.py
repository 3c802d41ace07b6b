"""``proxy()``, which moves bytes in both directions between two sockets."""

from collections import namedtuple as _namedtuple

from zcio._core.transfer import AGAIN, DONE, WAITS, free, new_progress, proxy_new, proxy_run, proxy_take_back
from zcio._transfer.descriptors import descriptor, readable
from zcio._transfer.moving import report

__all__ = ["Proxied", "Proxying", "proxy"]

Proxied = _namedtuple("Proxied", "a_to_b b_to_a")
Proxied.__doc__ = "The number of bytes in each direction."


class Proxying:
    """A running proxy. As a context manager, it sets ``moved`` and ``undelivered`` of an exception (see report())."""

    def __init__(self, a, b):
        self._owners = a, b  # their descriptors are used to the end
        a, b = descriptor(a, "a"), descriptor(b, "b")
        if list(a) == list(b):
            raise ValueError("a socket cannot be its own peer")
        readable(a, "a")
        readable(b, "b")
        self._where = new_progress()
        self._waits = False
        proxy_new(a, b, self._where)

    def step(self):
        """Move what can be moved without waiting. Returns whether both directions have ended. Raises OSError."""
        code = proxy_run(self._where, False)
        self._waits = code == WAITS
        return code == DONE

    def run(self):
        """Move bytes until both directions have ended. Raises OSError."""
        while proxy_run(self._where, True) == AGAIN:
            pass

    def wants(self):
        """After a step: the sets of descriptors to wait for, to read and to write. Both empty: do not wait."""
        if not self._waits:  # the time slice of the step was over before both directions had to wait
            return set(), set()
        where = self._where
        return {fd for fd in where.read if fd >= 0}, {fd for fd in where.write if fd >= 0}

    @property
    def moved(self):
        """The number of bytes delivered in each direction."""
        return Proxied(*self._where.moved)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            if error is not None:
                report(error, self.moved, Proxied(*[proxy_take_back(self._where, way) for way in (0, 1)]))
        finally:
            free(self._where)


def proxy(a, b):
    """Move bytes in both directions between two connected sockets in the kernel, until both have ended.

    When one side ends, the other one is told (``shutdown(SHUT_WR)``), and the opposite direction continues. The sockets
    are set to non-blocking mode meanwhile and get their mode back at the end; they stay open. Signal handlers run. No
    other thread may use the sockets meanwhile, or bytes get mixed up.

    Args:
        a: a connected socket, or its descriptor.
        b: the other one.

    Returns:
        (int, int): the number of bytes in each direction, as ``a_to_b`` and ``b_to_a``.

    Raises:
        ValueError: a socket is closed, or carries TLS.
        OSError: one direction failed. The other one first delivered what it could without waiting. Every exception has
            ``moved``, the numbers as above, and ``undelivered``, for each direction the bytes that were received and
            could not be delivered.
    """
    with Proxying(a, b) as proxying:
        proxying.run()
        return proxying.moved
