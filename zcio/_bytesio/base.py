"""``Base``: the runtime's own BytesIO, made that of CPython 3.15 where it is not."""

from zcio._bytesio.stdlib import StdlibBytesIO
from zcio._call_guard import PYPY

__all__ = ["Base"]


def _loses_its_value():
    """Whether the class is that of CPython up to 3.13; 3.14 changed in some patch release."""
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
