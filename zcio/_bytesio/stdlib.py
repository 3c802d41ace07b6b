"""The runtime's own class underneath."""

# Not from io, where zcio.shadow may have put zcio's.
from _io import BytesIO as StdlibBytesIO

__all__ = ["StdlibBytesIO"]
