"""What the read methods of a Pipe raise."""

__all__ = ["LimitOverrunError", "PartialReadError"]


class PartialReadError(EOFError):
    """The end was reached before what was asked for had arrived; nothing was consumed.

    ``leftover``: the bytes that are there, which ``read()`` still returns.
    """

    def __init__(self, message, leftover):
        EOFError.__init__(self, message)
        self.leftover = leftover

    def __reduce__(self):
        return type(self), (self.args[0], self.leftover)


class LimitOverrunError(ValueError):
    """A record is longer than the limit; nothing was consumed, and a higher limit or ``read()`` still gets the data.

    ``consumed``: how many bytes belong to the record without its separator, as far as is known; as in asyncio.
    """

    def __init__(self, message, consumed):
        ValueError.__init__(self, message)
        self.consumed = consumed

    def __reduce__(self):
        return type(self), (self.args[0], self.consumed)
