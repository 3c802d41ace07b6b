"""The base of iterators over items that are found in batches."""

from itertools import chain

__all__ = ["BatchIterator", "iterate"]


class BatchIterator(chain):
    """Iterates over the items of one batch after the other, in C.

    One thread at a time. A second one, or a signal handler, that asks for an item while the generator of the batches
    runs gets the generator's ValueError, and the iterator ends early.

    ``chain`` drops its reference to the generator then, although the first thread still runs it, and the interpreter
    crashes if that was the last reference. So the iterator has another one.
    """

    __slots__ = ("_batches",)

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle %r object" % type(self).__name__)


def iterate(kind, batches):
    """An instance of ``kind``, a subclass of BatchIterator, over the items of ``batches``, a generator."""
    self = kind.from_iterable(batches)
    self._batches = batches
    return self
