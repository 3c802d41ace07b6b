"""What tells ``__init__()`` from ``__init__(b"")``."""

__all__ = ["UNSET"]


class _Unset(bytes):
    """Reads as b'' where a signature is shown."""


#: The default of ``initial_bytes``: without it a closed stream stays closed.
UNSET = _Unset()
