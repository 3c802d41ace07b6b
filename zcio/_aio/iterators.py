"""Asynchronous iterators over records, one by one or in batches.

They are classes and not asynchronous generators, because an asynchronous generator that a loop leaves early has to be
closed by the event loop.
"""

import asyncio

__all__ = ["Batches", "Records"]


class Batches:
    """The iterator that StreamReader.batches() returns."""

    __slots__ = ("_reader", "_separator", "_keepends")

    def __init__(self, reader, separator, keepends):
        self._reader = reader
        self._separator = separator
        self._keepends = bool(keepends)

    def __aiter__(self):
        return self

    async def __anext__(self):
        records = await self._reader.split(self._separator, self._keepends)
        if records:
            return records
        raise StopAsyncIteration


class Records:
    """The iterator that StreamReader.records() returns."""

    __slots__ = ("_reader", "_separator", "_skip_separator")

    def __init__(self, reader, separator, keepends):
        self._reader = reader
        self._separator = separator
        self._skip_separator = not keepends

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return await self._reader._record("records", self._separator, self._skip_separator)
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise
            raise StopAsyncIteration from None
