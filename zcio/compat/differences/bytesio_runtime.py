"""Where the running interpreter's own io.BytesIO is not CPython 3.15's, and zcio's is: what changes for those who
shadow it. The machine drives that class beside zcio's, but for these.
"""

from zcio.compat.differences import Difference
from zcio.compat.differences.bytesio import DATED, EXPORTED, VERSION, closed_stream, raised

__all__ = ["RUNTIME"]

MENDED = "changed in a later CPython"


def loses_its_value(cls):
    stream = cls(b"abc")
    with stream.getbuffer():
        refused = raised(stream.__init__, b"x") == (BufferError, EXPORTED)
    return refused and stream.getvalue() == b""


RUNTIME = [
    Difference(
        "own-init",
        DATED,
        "CPython up to 3.13",
        "__init__() called again under a view is refused, but the value is gone",
        MENDED,
        witness=loses_its_value,
    ),
    Difference(
        "own-truncate-words",
        DATED,
        "CPython up to 3.13",
        "truncate has other words for what is no size, and looks at it before it tells of a closed stream or of views",
        MENDED,
        witness=lambda cls: raised(cls().truncate, "x")[1] != "'str' object cannot be interpreted as an integer",
    ),
    Difference(
        "own-truncate-index",
        VERSION == (3, 6) and DATED,
        "CPython 3.6",
        "truncate refuses an object that has only __index__",
        MENDED,
        witness=lambda cls: raised(cls().truncate, type("Index", (), {"__index__": lambda self: 0})())[0] is TypeError,
    ),
    Difference(
        "own-read1",
        VERSION == (3, 6) and DATED,
        "CPython 3.6",
        "read1 must be told a size",
        MENDED,
        witness=lambda cls: raised(cls(b"x").read1)[0] is TypeError,
    ),
    Difference(
        "own-closed-first",
        DATED,
        "CPython up to 3.13",
        "__init__ of a closed stream is a ValueError, whatever its argument",
        MENDED,
        witness=lambda cls: raised(closed_stream(cls).__init__, 5)[0] is ValueError,
    ),
]
