"""Receive buffers for protocols: the writer asks for memory and fills it, the reader takes complete records.

    pipe = Pipe()
    while pipe.recv_from(sock):
        for line in pipe.records(b"\\r\\n"):
            ...

Nothing here waits. Only ``recv_from`` and ``writev_to`` do I/O, with one system call each.
"""

from zcio._pipe.errors import LimitOverrunError, PartialReadError
from zcio._pipe.pool import Pool
from zcio._pipe.sending import Sending
from zcio._positional_only import name_methods as _name_methods

__all__ = ["LimitOverrunError", "PartialReadError", "Pipe", "Pool"]


def __dir__():
    return list(__all__)


class Pipe(Sending):
    """A stream of bytes in chunks of memory.

    One thread may write while another one reads; neither waits for the other. Two threads on the same side need a lock:
    without one, bytes may be read twice or lost (but nothing crashes), and RuntimeError is raised if that is noticed.
    Any thread may use len(), closed(), reached_eof() and wants_pause.

    Args:
        pool: the Pool that the chunks come from; one that all Pipes share if None.
        limit: the largest number of bytes in a record, without its separator; any number if None.
        high_water: the number of unexamined bytes above which ``wants_pause`` becomes true; never if None.
        low_water: the number at which it becomes false again; a quarter of ``high_water`` if None.

    Raises:
        TypeError: ``pool`` is not a Pool.
        ValueError: ``limit`` is negative, or 0 < low_water < high_water does not hold.
    """

    __slots__ = ("__weakref__",)

    def __init__(self, pool=None, limit=None, high_water=None, low_water=None):
        if pool is not None and not isinstance(pool, Pool):
            raise TypeError("pool must be a zcio Pool, not %r" % type(pool).__name__)
        Sending.__init__(self, pool, high_water, low_water, limit)

    # The spellings of chunkedbuffer, whose interface this class extends.
    peakexact = Sending.peekexact
    peakexact_zerocopy = Sending.peekexact_zerocopy

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle %r object" % type(self).__name__)

    def __repr__(self):
        return "<zcio.Pipe: %d bytes unread%s>" % (len(self), ", closed" if self._eof else "")


_name_methods(Pipe)
