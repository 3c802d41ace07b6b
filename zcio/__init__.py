"""Zero-copy I/O for Python, on every interpreter.

``zcio.mmap`` is a faster drop-in for the standard library's ``mmap`` with the interface of CPython 3.15.
"""

__all__ = ["__version__"]


def __getattr__(name):
    # Asked of the core only when wanted (on 3.7 and up), so that importing zcio costs nothing.
    if name == "__version__":
        from zcio._lib import version

        return version()
    raise AttributeError("module %r has no attribute %r" % (__name__, name))
