"""Replaces modules and classes of the standard library by zcio's, for programs that know nothing of zcio.

``import mmap`` then gives ``zcio.mmap``, ``io.BytesIO`` is ``zcio.BytesIO``, asyncio's streams are those of
``zcio.aio``, and ``import shutil`` gives ``zcio.shutil``. ``install()`` and ``uninstall()`` work for the whole process,
with all its threads; ``with shadowed():`` for a block. ``python -m zcio run`` does it for a program without changing
its code.
"""

import contextlib
import functools
import io
import sys
from _io import BytesIO as _StandardBytesIO
from _thread import RLock

from zcio._stdlib_mmap import mmap as _standard_mmap

__all__ = ["BoundEarlier", "bound_earlier", "install", "shadowed", "uninstall"]


def __dir__():
    return list(__all__)


_lock = RLock()
_former = []  # [_state()] before the first install(), while anything is installed
_NAMES = ("mmap", "bytesio", "aio", "shutil")

# The modules that define the names.
_OWNERS = ("mmap", "io", "_io", "_pyio", "shutil")
# The functions of shutil that zcio replaces.
_COPYING = ("copyfile", "copyfileobj", "copy", "copy2", "copytree", "move")


class BoundEarlier(RuntimeError):
    """Modules that were loaded earlier refer to objects that install() would replace.

    Args:
        names: the references, as "module.name".

    Attributes:
        names (list of str): the references, as "module.name".
    """

    def __init__(self, names):
        super().__init__("bound before zcio was installed: " + ", ".join(names))
        self.names = names

    def __reduce__(self):
        return type(self), (self.names,), self.__dict__


def _state():
    installing = sys.modules.get("zcio._aio.installing")
    aio = installing is not None and installing.is_installed()
    return sys.modules.get("mmap", _standard_mmap), sys.modules.get("shutil"), io.BytesIO, aio


def _restore(state):
    sys.modules["mmap"], shutil, io.BytesIO, aio = state
    if shutil is not None:
        sys.modules["shutil"] = shutil
    elif "zcio.shutil" in sys.modules and sys.modules.get("shutil") is sys.modules["zcio.shutil"]:
        del sys.modules["shutil"]
    installing = sys.modules.get("zcio._aio.installing")
    if installing is not None and installing.is_installed() is not aio:
        (installing.install if aio else installing.uninstall)()


def _chosen(names, bytesio):
    for name in names:
        if name not in _NAMES:
            raise ValueError("expected one of %s, not %r" % (", ".join(map(repr, _NAMES)), name))
    return set(names or ("mmap",)) | ({"bytesio"} if bytesio else set())


def bound_earlier(*names, bytesio=False):
    """Find the references in loaded modules to objects that ``install()`` would replace; it does not change those.

    References by subclasses, instances and functions are not found.

    Args:
        *names: as for install().
        bytesio: as for install().

    Returns:
        list of str: sorted, as "module.name".
    """
    chosen = _chosen(names, bytesio)
    sought = []
    if "mmap" in chosen:
        sought += [_standard_mmap, _standard_mmap.mmap]
    if "bytesio" in chosen:
        sought.append(_StandardBytesIO)
    if "aio" in chosen:
        from zcio._aio.installing import replaced

        sought += replaced()
    if "shutil" in chosen:
        from zcio._transfer.tree import standard_shutil

        sought += [standard_shutil] + [getattr(standard_shutil, name) for name in _COPYING]
    found = []
    for module_name, module in list(sys.modules.items()):
        if module_name in _OWNERS or module_name.partition(".")[0] in ("asyncio", "zcio"):
            continue
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if any(value is one for one in sought):
                found.append("%s.%s" % (module_name, name))
    return sorted(found)


def install(*names, strict=False, bytesio=False):
    """Replace modules and classes of the standard library by zcio's from now on. It may be called again.

    Args:
        *names: ``"mmap"``: ``import mmap`` gives ``zcio.mmap``. ``"bytesio"``: ``io.BytesIO`` is ``zcio.BytesIO``.
            ``"aio"``: asyncio's streams and subprocesses are ``zcio.aio``'s. ``"shutil"``: ``import shutil`` gives
            ``zcio.shutil``. ``"mmap"`` alone if none is given.
        strict: raise BoundEarlier, and install nothing, if loaded modules refer to the standard library's objects,
            which they would continue to use.
        bytesio: the same as the additional name ``"bytesio"``.

    Raises:
        BoundEarlier: see ``strict``.
        ValueError: an unknown name.
    """
    chosen = _chosen(names, bytesio)
    with _lock:
        if strict:
            bound = bound_earlier(*chosen)
            if bound:
                raise BoundEarlier(bound)
        before = _state()
        replacements = []
        if "mmap" in chosen:
            import zcio.mmap

            replacements.append((sys.modules.__setitem__, "mmap", zcio.mmap))
        if "bytesio" in chosen:
            from zcio.bytesio import BytesIO

            replacements.append((functools.partial(setattr, io), "BytesIO", BytesIO))
        if "shutil" in chosen:
            import zcio.shutil

            replacements.append((sys.modules.__setitem__, "shutil", zcio.shutil))
        if "aio" in chosen:
            from zcio._aio import installing

            installing.install()
        if not _former:
            _former.append(before)
        for replace, name, value in replacements:
            replace(name, value)


def uninstall():
    """Restore the state before the first ``install()``. Does nothing if nothing is installed."""
    with _lock:
        if _former:
            _restore(_former.pop())


@contextlib.contextmanager
def shadowed(*names, strict=False, bytesio=False):
    """Install zcio's modules and classes for the duration of a ``with`` block.

    At its end the state is restored. The change affects other threads too.

    Args:
        *names: as for install().
        strict: as for install().
        bytesio: as for install().

    Returns:
        A context manager, which gives None.

    Raises:
        BoundEarlier: as install().
    """
    with _lock:
        before, former = _state(), list(_former)
    install(*names, strict=strict, bytesio=bytesio)
    try:
        yield
    finally:
        with _lock:
            _restore(before)
            _former[:] = former
