"""The exceptions of the read methods of a Pipe."""

__all__ = ["LimitOverrunError", "PartialReadError"]


class PartialReadError(EOFError):
    """The stream ended before the requested data was complete. Nothing was consumed.

    Attributes:
        leftover (bytes): the remaining data, which ``read()`` still returns.
    """

    def __init__(self, message, leftover):
        EOFError.__init__(self, message)
        self.leftover = leftover

    def __reduce__(self):
        return type(self), (self.args[0], self.leftover), self.__dict__


class LimitOverrunError(ValueError):
    """A record is longer than the limit. Nothing was consumed: a higher limit or ``read()`` still gets the data.

    Attributes:
        consumed (int): the number of bytes known to belong to the record, without its separator, as in asyncio.
    """

    def __init__(self, message, consumed):
        ValueError.__init__(self, message)
        self.consumed = consumed

    def __reduce__(self):
        return type(self), (self.args[0], self.consumed), self.__dict__
