"""Replaces modules and classes of the standard library by zcio's, for programs that know nothing of zcio.

``import mmap`` then gives ``zcio.mmap``, ``io.BytesIO`` is ``zcio.BytesIO``, asyncio's streams are those of
``zcio.aio``, and ``import shutil`` gives ``zcio.shutil``. ``install()`` and ``uninstall()`` work for the whole process,
with all its threads; ``with shadowed():`` for a block. ``python -m zcio run`` does it for a program without changing
its code.
"""

import contextlib
import io
import sys
from _io import BytesIO as _StandardBytesIO

from zcio._replacing import Replacements
from zcio._stdlib_mmap import mmap as _standard_mmap

__all__ = ["BoundEarlier", "bound_earlier", "install", "shadowed", "uninstall"]


def __dir__():
    return list(__all__)


_made = {}  # the Replacements of each name that install() was called for
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


def _replacements(name):
    """Make the Replacements of one of _NAMES."""
    if name == "mmap":
        import zcio.mmap

        return Replacements([(sys.modules, "mmap", zcio.mmap)])
    if name == "bytesio":
        from zcio.bytesio import BytesIO

        return Replacements([(vars(io), "BytesIO", BytesIO)])
    if name == "shutil":
        import zcio.shutil

        return Replacements([(sys.modules, "shutil", zcio.shutil)])
    from zcio._aio.installing import STREAMS

    return STREAMS


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
        from zcio._aio.installing import STREAMS

        sought += STREAMS.originals()
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
    if strict:
        bound = bound_earlier(*chosen)
        if bound:
            raise BoundEarlier(bound)
    for name in sorted(chosen):
        if name not in _made:
            _made.setdefault(name, _replacements(name))
        _made[name].install()


def uninstall():
    """Restore the state before the first ``install()``. Does nothing if nothing is installed."""
    for replacements in list(_made.values()):
        replacements.uninstall()


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
    before = {name: replacements.present() for name, replacements in list(_made.items())}
    try:
        install(*names, strict=strict, bytesio=bytesio)
        yield
    finally:
        for name, replacements in list(_made.items()):
            if name in before:
                replacements.restore(before[name])
            else:
                replacements.uninstall()
