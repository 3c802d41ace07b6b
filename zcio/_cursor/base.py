"""The public class ``Cursor``: it picks its implementation by what it is made over."""

import io
from functools import partial

from zcio._positional_only import positional_only

__all__ = ["Cursor", "implement"]

_implementations = ()
_new_of_bytes = None
_new = io.BufferedIOBase.__new__


def implement(over_bytes, over_memory):
    """Say which two classes a Cursor may be of."""
    global _implementations, _new_of_bytes
    _implementations = (over_bytes, over_memory)
    if over_bytes is not over_memory:
        _new_of_bytes = partial(over_bytes.__new__, over_bytes)


class _CursorKind(type(io.BufferedIOBase)):
    """A subclass written by a user, whose buffers may be of any kind, gets the implementation over memory."""

    def __new__(mcls, name, bases, namespace, **options):
        if _implementations:
            bases = tuple([_implementations[1] if base is Cursor else base for base in bases])
        return super().__new__(mcls, name, bases, namespace, **options)


class Cursor(io.BufferedIOBase, metaclass=_CursorKind):
    """Cursor(buffer, readonly=False)

    A file object over memory that it neither owns nor copies: ``buffer`` is any C-contiguous buffer of any item type
    and shape, seen as its bytes. Writes land in the memory itself, whose size is fixed. It is all of
    io.BufferedIOBase, with ``peek``, ``remaining``, ``read_view``, ``read_buffer``, ``find`` and ``readuntil`` added.
    Arguments, results and errors are those of CPython 3.15's io.BytesIO where that has a say, else those of iocursor's
    Cursor.

    Raises TypeError where ``buffer`` is no buffer, BufferError where it is not contiguous. close() gives it back at
    once.
    """

    __module__ = "zcio"
    __slots__ = ()

    def __new__(cls, buffer, readonly=False):
        if type(buffer) is bytes and _new_of_bytes is not None:
            return _new_of_bytes()
        self = _new(_implementations[1])
        self._view = None  # the rest is left to __init__
        return self

    def __repr__(self):
        name = _public(type(self)).__name__
        if self.closed:
            return "<closed %s>" % name
        return "%s(%r%s)" % (name, self.getvalue(), ", readonly=True" if self._narrowed else "")

    # ---- pickle and copy: another cursor over the same object, or over its copy where that is what was asked for ----

    @positional_only
    def __reduce_ex__(self, protocol):
        return _public(type(self)), (self.getvalue(), self._narrowed), self.__getstate__()

    def __getstate__(self):
        """The position and the instance's attributes, or None. Raises ValueError where it is closed."""
        return self.tell(), dict(self.__dict__) or None

    @positional_only
    def __setstate__(self, state):
        """Take the position and attributes of ``__getstate__``. Raises TypeError, ValueError."""
        if type(state) is not tuple or len(state) != 2:
            raise TypeError("a Cursor's state is a tuple of position and attributes, not %r" % type(state).__name__)
        position, attributes = state
        self.seek(position)
        if attributes is not None:
            self.__dict__.update(attributes)


def _public(cls):
    return Cursor if cls in _implementations else cls
