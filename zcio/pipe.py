"""One receive buffer for every protocol: the writer asks for memory and fills it, the reader takes what is complete.

    pipe = Pipe()
    while pipe.recv_from(sock):
        for line in pipe.records(b"\\r\\n"):
            ...

Nothing here waits or does I/O of its own (but for ``recv_from`` and ``writev_to``, one system call each). One thread
may write and another read at the same time; more than one on a side need a lock.
"""

from zcio._pipe.errors import LimitOverrunError, PartialReadError
from zcio._pipe.pool import Pool
from zcio._pipe.views import Views

__all__ = ["LimitOverrunError", "PartialReadError", "Pipe", "Pool"]


class Pipe(Views):
    """A stream of bytes in chunks of a Pool.

    ``pool``: where the chunks come from; None: one that all Pipes share. ``limit``: the most bytes of a record for the
    methods that look for a separator. ``high_water``, ``low_water``: see ``wants_pause``; by default the writer is
    never to pause, and the low mark is a quarter of the high one. Raises ValueError unless 0 < low_water < high_water.
    """

    __slots__ = ("__weakref__",)

    def __init__(self, pool=None, limit=None, high_water=None, low_water=None):
        if pool is not None and not isinstance(pool, Pool):
            raise TypeError("pool must be a zcio Pool, not %r" % type(pool).__name__)
        Views.__init__(self, pool, high_water, low_water, limit)

    # As the seed spells them.
    peakexact = Views.peekexact
    peakexact_zerocopy = Views.peekexact_zerocopy

    def __repr__(self):
        return "<zcio.Pipe: %d bytes unread%s>" % (len(self), ", closed" if self._eof else "")
