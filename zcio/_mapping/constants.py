"""The constants of the module ``mmap`` of CPython 3.15, and those its Linux headers have beside them.

A name the running interpreter has keeps the interpreter's value, the others are as the core's platform numbers them.
What a system lacks is absent, as in the standard library.
"""

from zcio._core import mapping as core_mapping
from zcio._stdlib_mmap import mmap as _runtime

__all__ = ["NAMES"]

# What PyPy's module has beside the standard names.
_NOT_STANDARD = ("has_madvise", "has_mremap")


def _collect():
    names = {"ACCESS_DEFAULT": 0}
    names.update(core_mapping.map_constants())
    for name, value in vars(_runtime).items():
        if isinstance(value, int) and not name.startswith("_") and name not in _NOT_STANDARD:
            names[name] = value
    return names


#: Every constant of ``zcio.mmap``, by name.
NAMES = _collect()
