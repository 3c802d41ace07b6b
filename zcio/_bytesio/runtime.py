"""The runtime's own class underneath."""

# Not from io, where zcio.shadow may have put zcio's.
from _io import BytesIO as Runtime

__all__ = ["Runtime"]
