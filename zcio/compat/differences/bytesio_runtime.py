"""The differences of the running interpreter's own io.BytesIO from CPython 3.15's that zcio's class does not have.

They are what changes for programs that shadow it. The machine compares that class too, except for these.
"""

from zcio.compat.differences import VERSION, Difference, raised
from zcio.compat.differences.bytesio import DATED

__all__ = ["RUNTIME"]

MENDED = "changed in a later CPython"


RUNTIME = [
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
]
