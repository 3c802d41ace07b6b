"""The module ``mmap`` of CPython 3.15 on every interpreter, with searches at memory speed.

``import zcio.mmap as mmap`` is the whole migration. Beside the standard names: ``open_path``, and the constants of the
Linux headers that the standard library lacks.
"""

from zcio._mapping.constants import NAMES
from zcio._mapping.mapping import mmap
from zcio._mapping.opening import open_path

error = OSError
globals().update(NAMES)
__all__ = sorted(NAMES) + ["error", "mmap", "open_path"]

del NAMES
