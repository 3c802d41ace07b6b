"""The exception of records longer than the limit."""

import asyncio

from zcio._pipe.errors import LimitOverrunError as PipeLimitOverrunError

__all__ = ["LimitOverrunError"]


class LimitOverrunError(asyncio.LimitOverrunError, PipeLimitOverrunError):
    """A record is longer than the limit; nothing was consumed.

    It is asyncio's LimitOverrunError, which ``readuntil()`` raises, and also a ValueError, which ``readline()`` raises.

    Attributes:
        consumed: the number of bytes received so far that belong to the record, without its separator.
    """

    def __init__(self, message, consumed):
        PipeLimitOverrunError.__init__(self, message, consumed)

    def __reduce__(self):
        return type(self), (self.args[0], self.consumed), self.__dict__
