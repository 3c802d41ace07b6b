"""What a copy reports while it runs, and when it has waited too long."""

import time

__all__ = ["INTERVAL", "Progress"]

# Seconds between two reports.
INTERVAL = 0.1


class Progress:
    """Calls ``callback(done, total)`` at most every INTERVAL seconds, and once at the end; looks after a socket's
    timeout meanwhile. Without either it costs nothing."""

    def __init__(self, callback, total, timeout):
        self._callback = callback
        self._total = total
        self._timeout = timeout
        self._done = 0
        self._next = self._since = time.monotonic()
        self._told = None

    def between(self, base):
        """What is to be called with the bytes moved since ``base``, or None where nothing has to be."""
        if self._callback is None and self._timeout is None:
            return None
        return lambda moved: self.at(base + moved)

    def at(self, done):
        """``done`` bytes are with the destination. Raises socket.timeout, and what the callback raises."""
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
        """All is done: the last report, whatever the time."""
        if self._callback is not None:
            if self._total is None or self._total < done:
                self._total = done
            if self._told != (done, self._total):
                self._tell(done)

    def _tell(self, done):
        self._told = done, self._total
        self._callback(done, self._total)
