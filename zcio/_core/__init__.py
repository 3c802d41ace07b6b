"""The only importer of ``zcio._native``. Converts error codes to exceptions, and buffers to pointers and lengths.

Every native call runs without the GIL. While it reads memory, a buffer export is held (``ffi.from_buffer``), so that
the mapping or bytearray cannot be closed or resized; the export is released before the function returns. A call that
can take long returns after about 50 ms and is repeated from the position where it stopped, so that signal handlers run
in between.
"""

import os
import sys

from zcio._faults import MappingFault


def _reason(error, here):
    """The text of the ImportError: why the native module could not be imported, and what to do."""
    text = str(error)
    if "_cffi_backend" in text:
        return "zcio needs cffi (%s): python -m pip install cffi" % text
    if "GLIBC_" in text or "GLIBCXX_" in text:
        return "this system's C library is too old for this build of zcio (%s): build zcio here from source" % text
    if not os.path.isdir(os.path.dirname(here)):
        return "zcio has a native module, which Python cannot import from a zip file: unpack zcio or install it"
    if not os.path.exists(os.path.join(os.path.dirname(here), "..", "..", "setup.py")):
        return "zcio's native module is missing or was built for another interpreter (%s): reinstall zcio" % text
    return "zcio's native module is not built (%s): run `python -m pip install -e .` in the source tree" % text


try:
    from zcio import _native
except ImportError as error:
    if "subinterpreter" in str(error):
        raise  # subinterpreters with their own GIL (3.12) cannot import modules made by cffi
    raise ImportError(_reason(error, __file__)) from None


ffi, lib = _native.ffi, _native.lib

__all__ = [
    "BYTES",
    "COPIES_BYTES",
    "CoreError",
    "DIRECT",
    "cffi_version",
    "fail",
    "ffi",
    "from_buffer",
    "lib",
    "native_path",
    "offsets_of",
    "own",
    "own_new",
    "owner_of_next",
    "panic_probe",
    "pause",
    "search_level",
    "version",
]

if lib.zcio_init() < 0:
    raise MemoryError("no memory for zcio's native module")
if not getattr(sys, "_is_gil_enabled", lambda: True)():
    # cffi makes each function when it is first used, under a lock. A child forked meanwhile would wait for ever.
    for _name in dir(lib):
        getattr(lib, _name)

BYTES = ffi.typeof("uint8_t[]")
_MEMORY = ffi.typeof("struct zcio_memory *")


if sys.implementation.name == "pypy":
    # PyPy runs the __del__ of an object before it frees what the object refers to.
    def own(pointer, free, size=0):
        return ffi.gc(pointer, free, size)

    def own_new(kind, free, new, *arguments):
        pointer = next(map(ffi.gc, map(new, *zip(arguments)), (free,)))
        if pointer == ffi.NULL:
            raise MemoryError("no memory for a %s" % kind.item.cname)
        return pointer

    def owner_of_next(pointers, free, size):
        return map(ffi.gc, pointers, (free,), (size,)).__next__

    def pause():
        """Let signal handlers run: between two slices of a long call, and after a call that a signal interrupted."""
        # If another thread received the signal, PyPy's main thread runs the handler only after thousands of bytecodes.
        # A loop over slices of 50 ms executes too few.
        for _ in range(2000):
            pass

    _uncleared = ffi.new_allocator(should_clear_after_alloc=False)

    def from_buffer(kind, buffer):
        if type(buffer) is bytes:
            # PyPy may move bytes, so they have to be copied. Its from_buffer() keeps the copy until gc.collect() is
            # called, since the garbage collector does not know how large it is. It still does so for a memoryview of
            # bytes, which would have to be copied on each call.
            memory = _uncleared(kind, len(buffer))
            if buffer:
                ffi.buffer(memory)[0 : len(buffer)] = buffer
            return memory
        # PyPy's from_buffer() ignores the strides of a view, and would also read the bytes between its items.
        with memoryview(buffer) as view:
            if not view.c_contiguous:
                raise BufferError("memoryview: underlying buffer is not C-contiguous")
        return ffi.from_buffer(kind, buffer)

else:
    from _functools import partial  # functools takes longer to import

    def own(pointer, free, size=0):
        """Return an object like ``pointer`` that calls ``free(pointer)`` when the last reference to it is gone.

        As ``ffi.gc``, except in a reference cycle: there the garbage collector may finalize an object of ``ffi.gc``
        before an object whose ``__del__`` still uses it, so that the ``__del__`` finds freed memory. Here the object
        that calls ``free`` lies behind a pointer to a struct. The collector does not look through that pointer, so only
        the last reference frees it.

        Args:
            pointer: a pointer that the core returned.
            free: the core's function that frees it.
            size: for memory, its number of bytes; the result is then a pointer to a struct of that size. PyPy's garbage
                collector learns from it how much memory the small object holds.
        """
        allocate = ffi.new_allocator(lambda size: pointer, free, False)
        return allocate(_MEMORY, {"rest": size - 1}) if size else allocate(ffi.typeof(pointer))

    def own_new(kind, free, new, *arguments):
        """Return ``own(new(*arguments), free)``, a pointer of type ``kind``.

        No signal handler can run between the two calls: it runs between two bytecode instructions, and here both calls
        are made in one. Raises MemoryError if ``new`` returns NULL.
        """
        allocate = ffi.new_allocator(partial(next, map(new, *zip(arguments))), free, False)
        try:
            return allocate(kind)
        except MemoryError as error:
            if error.__traceback__.tb_next is not None:
                raise  # a signal handler's
            raise MemoryError("no memory for a %s" % kind.item.cname) from None

    def owner_of_next(pointers, free, size):
        """Return a function that returns own() of the next of ``pointers``, an iterator written in C, as own_new()."""
        allocate = ffi.new_allocator(partial(next, pointers), free, False)
        return partial(allocate, _MEMORY, {"rest": size - 1})

    def pause():
        """Do nothing: CPython runs signal handlers between two bytecodes."""

    from_buffer = ffi.from_buffer


_OFFSETS = ffi.typeof("uint64_t[]")


def offsets_of(out):
    """``out``, a writable buffer of 64-bit integers or of bytes, as a ``uint64_t[]``, which is a context manager.

    Raises TypeError if it is a buffer of other items, or read-only.
    """
    with memoryview(out) as view:
        if view.readonly:
            raise TypeError("out must be a read-write bytes-like object, not %s" % type(out).__name__)
        kind = view.format
        if view.itemsize != 1 and (view.itemsize != 8 or kind[-1:] not in "qQlLnN"):
            raise TypeError("out must be a buffer of 64-bit integers, not of items of the format %r" % kind)
    return ffi.from_buffer(_OFFSETS, out, require_writable=True)


# Whether from_buffer() copies all of a bytes object.
COPIES_BYTES = sys.implementation.name == "pypy"

# Classes that cffi converts to a pointer by itself, which takes half the time. Bytes need no export, since they cannot
# move during a call.
DIRECT = (bytes,)


class CoreError(RuntimeError):
    """The native core failed in a way that is a bug of zcio: please report it with this text."""


def fail(code):
    """Raise the exception for the negative ``code`` of a native call."""
    if code == lib.ZCIO_PANIC:
        text = ffi.new("uint8_t[]", 1024)
        said = bytes(ffi.buffer(text, lib.zcio_panic_message(text, 1024))).decode("utf-8", "replace")
        raise CoreError("the zcio core panicked: " + said)
    if code == lib.ZCIO_FAULT:
        raise MappingFault.at(None)
    if code == lib.ZCIO_UNSUPPORTED:
        raise NotImplementedError("not available on this platform")
    if code == lib.ZCIO_BAD_ARGUMENT:
        raise CoreError("the zcio core was given an impossible argument")
    raise OSError(-code, os.strerror(-code))


def version():
    """The version of the core, which is that of zcio."""
    return ffi.string(lib.zcio_version()).decode("ascii")


def cffi_version():
    """The version of cffi's runtime."""
    import _cffi_backend

    return _cffi_backend.__version__


def native_path():
    """The path of the native module."""
    return _native.__file__


def search_level():
    """The instruction set the searches use on this processor, such as ``"avx2"``."""
    return ffi.string(lib.zcio_search_level()).decode("ascii")


def panic_probe():
    """Make the core panic on purpose. Raises CoreError; for tests."""
    code = lib.zcio_panic_probe()
    if code < 0:
        fail(code)
