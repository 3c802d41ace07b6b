"""The runtime's own BytesIO, from which zcio's derives."""

# Not imported from io, in which zcio.shadow may have replaced it.
from _io import BytesIO as StdlibBytesIO

__all__ = ["StdlibBytesIO"]
