"""The base of iterators over items that are found in batches."""

from itertools import chain

__all__ = ["BatchIterator", "iterate"]


class BatchIterator(chain):
    """Iterates over the items of one batch after the other, in C.

    Only one thread may use it. If another one, or a signal handler, asks for an item while the generator of the batches
    is running, it gets ValueError from the generator, and the iterator ends early.

    In that case ``chain`` drops its reference to the generator although the first thread is still running it, and the
    interpreter would crash if no other reference were left. ``_batches`` is that other reference.
    """

    __slots__ = ("_batches",)

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle %r object" % type(self).__name__)


def iterate(kind, batches):
    """An instance of ``kind``, a subclass of BatchIterator, over the items of ``batches``, a generator."""
    self = kind.from_iterable(batches)
    self._batches = batches
    return self
