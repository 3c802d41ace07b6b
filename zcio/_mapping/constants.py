"""The constants of CPython 3.15's module ``mmap``, and others of the Linux headers.

The value is that of the running interpreter's module or, if it lacks the name, that of the platform for which the core
was compiled. Names that a system lacks are absent, as in the standard library.
"""

from zcio._core import mapping as core_mapping
from zcio._stdlib_mmap import mmap as _runtime

__all__ = ["NAMES"]

# Names of PyPy's module that the standard library does not have.
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
