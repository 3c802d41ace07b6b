"""The module ``mmap`` of CPython 3.15 on every interpreter, with searches at memory speed.

``import zcio.mmap as mmap`` is the whole migration. Beside the standard names: ``open_path``; ``GuardedMmap``, which
raises ``MappingFault`` where a truncated file would end the process; and the constants of the Linux headers that the
standard library lacks.
"""

from zcio._faults import MappingFault
from zcio._mapping.constants import NAMES as _NAMES
from zcio._mapping.guarded import GuardedMmap
from zcio._mapping.mapping import mmap
from zcio._mapping.opening import open_path

error = OSError
globals().update(_NAMES)
__all__ = ["GuardedMmap", "MappingFault", "error", "mmap", "open_path"]
__all__ += _NAMES
__all__.sort()


def __dir__():
    return list(__all__)
