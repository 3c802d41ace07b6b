"""Both directions between two sockets."""

from collections import namedtuple as _namedtuple

from zcio._core.transfer import AGAIN, DONE, WAITS, free, new_progress, proxy_new, proxy_run, proxy_take_back
from zcio._transfer.descriptors import descriptor, readable
from zcio._transfer.moving import report

__all__ = ["Proxied", "Proxying", "proxy"]

Proxied = _namedtuple("Proxied", "a_to_b b_to_a")
Proxied.__doc__ = "Bytes each way."


class Proxying:
    """A proxy under way; a context manager, which tells every exception that leaves what became of the bytes."""

    def __init__(self, a, b):
        self._owners = a, b  # their descriptors are used to the end
        a, b = descriptor(a, "a"), descriptor(b, "b")
        if a == b:
            raise ValueError("a socket cannot be its own peer")
        readable(a, "a")
        readable(b, "b")
        self._where = new_progress()
        self._waits = False
        self._proxy = proxy_new(a, b)

    def step(self):
        """Go on without waiting. Returns whether both directions have ended. Raises OSError."""
        code = proxy_run(self._proxy, False, self._where)
        self._waits = code == WAITS
        return code == DONE

    def run(self):
        """Go on to the end. Raises OSError."""
        while proxy_run(self._proxy, True, self._where) == AGAIN:
            pass

    def wants(self):
        """After a step: the descriptors to be readable, and those to be writable, of which one has to become so. None
        at all: let others run and go on."""
        if not self._waits:  # one direction may wait, but the other has not come to an end
            return set(), set()
        where = self._where
        return {fd for fd in where.read if fd >= 0}, {fd for fd in where.write if fd >= 0}

    @property
    def moved(self):
        """Bytes delivered each way."""
        return Proxied(*self._where.moved)

    def _taken_back(self, way):
        pending = self._where.pending[way]
        return proxy_take_back(self._proxy, way, pending) if pending else b""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            if error is not None:
                report(error, self.moved, Proxied(self._taken_back(0), self._taken_back(1)))
        finally:
            free(self._proxy)


def proxy(a, b):
    """Carry bytes both ways between two connected sockets in the kernel, until both sides have ended.

    The end of one side is passed on to the other (``shutdown(SHUT_WR)``) while the way back goes on. The sockets are
    non-blocking meanwhile, get their mode back, and stay open. Signal handlers run. No other thread may use the sockets
    meanwhile: its bytes would come in between.

    Args:
        a: a connected socket, or its descriptor.
        b: the other one.

    Returns:
        (int, int): the bytes carried each way, as ``a_to_b`` and ``b_to_a``.

    Raises:
        ValueError: a socket is closed, or carries TLS.
        OSError: one direction failed; the other one then still delivers what is there without waiting. Every exception
            has ``moved``, the counts as above, and ``undelivered``, for each way the bytes that were taken and could
            not be delivered.
    """
    with Proxying(a, b) as proxying:
        proxying.run()
        return proxying.moved
