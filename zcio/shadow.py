"""Let programs that ``import mmap`` get ``zcio.mmap``, and those that use ``io.BytesIO`` get ``zcio.BytesIO``.

``install()`` and ``uninstall()`` for the whole process, ``with shadowed():`` for a while. Of other threads, too: the
table of modules is one. ``python -m zcio run`` does it for a program that is not to be touched.
"""

import contextlib
import io
import sys
from _io import BytesIO as _StandardBytesIO
from _thread import RLock

from zcio._stdlib_mmap import mmap as _standard_mmap

__all__ = ["BoundEarlier", "bound_earlier", "install", "shadowed", "uninstall"]

_lock = RLock()
_former = []  # (mmap of sys.modules, io.BytesIO) before the first install(), while anything is installed

# Those that the names belong to.
_OWNERS = ("mmap", "io", "_io", "_pyio")


class BoundEarlier(RuntimeError):
    """Modules hold the standard library's ``mmap`` or ``BytesIO`` already. ``names``: where, as "module.name"."""

    def __init__(self, names):
        super().__init__("bound before zcio was installed: " + ", ".join(names))
        self.names = names


def bound_earlier(bytesio=False):
    """Where loaded modules hold the standard library's ``mmap`` module or class, which ``install()`` does not reach.

    ``bytesio``: and its ``BytesIO``. Returns a sorted list of "module.name". Classes derived from them, instances, and
    what functions hold is not seen.
    """
    sought = [_standard_mmap, _standard_mmap.mmap] + ([_StandardBytesIO] if bytesio else [])
    found = []
    for module_name, module in list(sys.modules.items()):
        if module_name in _OWNERS or module_name.partition(".")[0] == "zcio":
            continue
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if any(value is one for one in sought):
                found.append("%s.%s" % (module_name, name))
    return sorted(found)


def install(strict=False, bytesio=False):
    """Make ``import mmap`` give ``zcio.mmap`` from here on, and with ``bytesio`` ``io.BytesIO`` be ``zcio.BytesIO``.

    Again is no harm. ``strict``: raise BoundEarlier, and install nothing, where loaded modules hold the standard
    library's: they would go on using it.
    """
    with _lock:
        if strict:
            names = bound_earlier(bytesio)
            if names:
                raise BoundEarlier(names)
        before = (sys.modules.get("mmap", _standard_mmap), io.BytesIO)
        import zcio.mmap

        if bytesio:
            from zcio.bytesio import BytesIO

            io.BytesIO = BytesIO
        if not _former:
            _former.append(before)
        sys.modules["mmap"] = zcio.mmap


def uninstall():
    """Put back what was there before the first ``install()``. Without one, do nothing."""
    with _lock:
        if _former:
            sys.modules["mmap"], io.BytesIO = _former.pop()


@contextlib.contextmanager
def shadowed(strict=False, bytesio=False):
    """A context in which ``install(strict, bytesio)`` holds; at its end all is as it was at its beginning."""
    with _lock:
        before, former = (sys.modules.get("mmap", _standard_mmap), io.BytesIO), list(_former)
    install(strict, bytesio)
    try:
        yield
    finally:
        with _lock:
            sys.modules["mmap"], io.BytesIO = before
            _former[:] = former
