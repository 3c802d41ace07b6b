"""What the streams raise beside asyncio.IncompleteReadError."""

import asyncio

from zcio._pipe.errors import LimitOverrunError as PipeLimitOverrunError

__all__ = ["LimitOverrunError"]


class LimitOverrunError(asyncio.LimitOverrunError, PipeLimitOverrunError):
    """A record is longer than the limit; nothing was consumed.

    asyncio's class, and a ValueError as asyncio's readline() raises. ``consumed``: how many bytes belong to the record
    without its separator, as far as is known.
    """

    def __init__(self, message, consumed):
        PipeLimitOverrunError.__init__(self, message, consumed)

    def __reduce__(self):
        return type(self), (self.args[0], self.consumed), self.__dict__
