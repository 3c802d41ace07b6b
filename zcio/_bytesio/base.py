"""Chooses ``Base``, the base class of ``zcio.BytesIO``: the runtime's own BytesIO, or a backport of CPython 3.15's."""

from zcio._bytesio.stdlib import StdlibBytesIO
from zcio._call_guard import PYPY

__all__ = ["Base"]


def _loses_its_value():
    """Whether a failed ``__init__`` empties the stream, as up to 3.13. In 3.14 that depends on the patch release."""
    stream = StdlibBytesIO(b"x")
    with stream.getbuffer():
        try:
            stream.__init__()
        except BufferError:
            pass
    return not stream.getvalue()


if PYPY:
    from zcio._bytesio.pypy import PyPyMethods as Base
elif _loses_its_value():
    from zcio._bytesio.backports import Backports as Base
else:
    Base = StdlibBytesIO
