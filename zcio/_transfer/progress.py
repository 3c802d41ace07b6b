"""Progress reports of a copy, and the timeout of a socket that is copied from or to."""

import time

__all__ = ["INTERVAL", "Progress"]

# The least number of seconds between two reports.
INTERVAL = 0.1


class Progress:
    """Calls ``callback(done, total)`` at most every INTERVAL seconds and once at the end, and checks the timeout.

    ``callback`` and ``timeout`` (seconds without progress) may be None.
    """

    def __init__(self, callback, total, timeout):
        self._callback = callback
        self._total = total
        self._timeout = timeout
        self._done = 0
        self._next = self._since = time.monotonic()
        self._told = None

    def between(self, base):
        """A function to call with the number of bytes moved since ``base``, or None if there is nothing to do."""
        if self._callback is None and self._timeout is None:
            return None
        return lambda moved: self.at(base + moved)

    def at(self, done):
        """Note that ``done`` bytes were copied. Raises socket.timeout, or an exception of the callback."""
        now = time.monotonic()
        if done != self._done:
            self._done, self._since = done, now
        elif self._timeout is not None and now - self._since > self._timeout:
            from socket import timeout

            raise timeout("timed out")
        if self._callback is not None and now >= self._next and done:
            self._next = now + INTERVAL
            self._tell(done)

    def end(self, done):
        """Make the last report, unless it would repeat the previous one."""
        if self._callback is not None:
            if self._total is None or self._total < done:
                self._total = done
            if self._told != (done, self._total):
                self._tell(done)

    def _tell(self, done):
        self._told = done, self._total
        self._callback(done, self._total)
