"""Zero-copy I/O for Python, on every interpreter.

``zcio.mmap`` is a faster drop-in for the standard library's ``mmap`` with the interface of CPython 3.15,
``zcio.BytesIO`` is 3.15's ``io.BytesIO`` on every interpreter, with zero-copy reads,
``zcio.Cursor`` a file object over any memory, which is not copied,
``zcio.Pipe`` one receive buffer for every protocol, in chunks of a ``zcio.Pool``.
"""

import sys

# The module of each public class. It is imported when the class is asked for, so that importing zcio costs nothing.
_MODULES = {
    "BytesIO": "zcio.bytesio",
    "Cursor": "zcio.cursor",
    "PartialReadError": "zcio.pipe",
    "Pipe": "zcio.pipe",
    "Pool": "zcio.pipe",
}

__all__ = ["__version__"] + sorted(_MODULES)


def __getattr__(name):
    if name == "__version__":
        from zcio._core import version

        return version()
    if name in _MODULES:
        module = _MODULES[name]
        __import__(module)
        value = globals()[name] = getattr(sys.modules[module], name)
        return value
    raise AttributeError("module %r has no attribute %r" % (__name__, name))


def __dir__():
    return list(__all__)


if sys.version_info < (3, 7):
    # Only a class can give a module a __getattr__ and a __dir__ there.
    class _Module(type(sys)):
        def __getattr__(self, name):
            return __getattr__(name)

        def __dir__(self):
            return __dir__()

    sys.modules[__name__].__class__ = _Module
