"""The constructor of CPython 3.15 on an older runtime: its arguments, its checks, and ``trackfd=False``."""

import os
import stat
import sys

from zcio._call_guard import PYPY, CallGuard, guarded_call
from zcio._converters import c_int, c_long, ssize
from zcio._core import mapping as core_mapping
from zcio._mapping.constants import NAMES
from zcio._mapping.stdlib import StdlibMmap

__all__ = ["RUNTIME_TRACKFD", "Constructor"]

ACCESS_DEFAULT = NAMES["ACCESS_DEFAULT"]
ACCESS_READ = NAMES["ACCESS_READ"]
ACCESS_WRITE = NAMES["ACCESS_WRITE"]
ACCESS_COPY = NAMES["ACCESS_COPY"]
MAP_SHARED = NAMES["MAP_SHARED"]
MAP_PRIVATE = NAMES["MAP_PRIVATE"]
MAP_ANONYMOUS = NAMES["MAP_ANONYMOUS"]
PROT_READ = NAMES["PROT_READ"]
PROT_WRITE = NAMES["PROT_WRITE"]
_GRANULARITY = NAMES["ALLOCATIONGRANULARITY"]

_PARAMETERS = (
    ("fileno", c_int),
    ("length", ssize),
    ("flags", c_int),
    ("prot", c_int),
    ("access", c_int),
    ("offset", c_long),
    ("trackfd", bool),
)
_DEFAULTS = (None, None, MAP_SHARED, PROT_READ | PROT_WRITE, ACCESS_DEFAULT, 0, True)
_KNOWN = frozenset(name for name, _ in _PARAMETERS)

# The runtime can keep a mapping without a descriptor by itself (3.13).
try:
    StdlibMmap(-1, 1, trackfd=False).close()
    RUNTIME_TRACKFD = True
except TypeError:
    RUNTIME_TRACKFD = False

_map_file = guarded_call(core_mapping.map_file)
_set_name = guarded_call(core_mapping.set_name)
_DEV_MODE = getattr(sys.flags, "dev_mode", False)


def _parsed(args, kwargs):
    """All seven arguments, converted one after another as PyArg_ParseTupleAndKeywords does.

    Raises TypeError and OverflowError. If several arguments are wrong, the one reported is the same as in C.
    """
    given = len(args)
    if given + len(kwargs) > len(_PARAMETERS):
        kind = "" if given else "keyword "
        raise TypeError("function takes at most 7 %sarguments (%d given)" % (kind, given + len(kwargs)))
    values = list(_DEFAULTS)
    for at, (name, convert) in enumerate(_PARAMETERS):
        if at < given:
            if at == 6:
                raise TypeError("function takes at most 6 positional arguments (%d given)" % given)
            values[at] = convert(args[at])
        elif name in kwargs:
            values[at] = convert(kwargs[name])
        elif at < 2:
            raise TypeError("function missing required argument %r (pos %d)" % (name, at + 1))
    if kwargs:
        for at, (name, _) in enumerate(_PARAMETERS[:given], 1):
            if name in kwargs:
                raise TypeError("argument for function given by name (%r) and position (%d)" % (name, at))
        for name in kwargs:
            if name not in _KNOWN:
                raise TypeError("this function got an unexpected keyword argument %r" % (name,))
    return values


def _resolved(flags, prot, access):
    """Flags, protection and access as the C constructor makes them. Raises ValueError."""
    if access != ACCESS_DEFAULT and (flags != MAP_SHARED or prot != PROT_READ | PROT_WRITE):
        raise ValueError("mmap can't specify both access and flags, prot.")
    if access == ACCESS_READ:
        return MAP_SHARED, PROT_READ, access
    if access == ACCESS_WRITE:
        return MAP_SHARED, PROT_READ | PROT_WRITE, access
    if access == ACCESS_COPY:
        return MAP_PRIVATE, PROT_READ | PROT_WRITE, access
    if access != ACCESS_DEFAULT:
        raise ValueError("mmap invalid access parameter.")
    if prot & PROT_WRITE:
        return flags, prot, ACCESS_DEFAULT if prot & PROT_READ else ACCESS_WRITE
    return flags, prot, ACCESS_READ


def _fitting_length(fileno, length, offset):
    """The length to map of a regular file, 0 meaning the rest of it. Raises ValueError."""
    try:
        status = os.fstat(fileno)
    except OSError as error:
        if type(error) is not OSError:
            raise  # a signal handler's
        return length  # mmap(2) reports what is wrong with the descriptor
    if not stat.S_ISREG(status.st_mode):
        return length
    if length == 0:
        if status.st_size == 0:
            raise ValueError("cannot mmap an empty file")
        if offset >= status.st_size:
            raise ValueError("mmap offset is greater than file size")
        return status.st_size - offset
    if offset > status.st_size or status.st_size - offset < length:
        raise ValueError("mmap length is greater than file size")
    return length


def _without_descriptor(cls, fileno, length, flags, prot, access, offset):
    """A mapping of a file that keeps no descriptor, on a runtime that always keeps one.

    The runtime makes an anonymous mapping, and the file is mapped over its memory. From then on the runtime's object
    owns that memory and unmaps the file when it is closed or collected.
    """
    if hasattr(sys, "audit"):
        sys.audit("mmap.__new__", fileno, length, access, offset)  # novm: asked for above
    # The kernel checks the descriptor first, except with MAP_ANONYMOUS or a wrong offset. Do the same, so that EBADF is
    # raised and not another error that the anonymous mapping may fail with.
    if not flags & MAP_ANONYMOUS and offset % _GRANULARITY == 0:
        os.fstat(fileno)
    length = _fitting_length(fileno, length, offset)
    # MAP_SHARED | MAP_PRIVATE is MAP_SHARED_VALIDATE, which the kernel accepts only for files.
    private = flags & (MAP_SHARED | MAP_PRIVATE) == MAP_PRIVATE
    anonymous = MAP_ANONYMOUS | (MAP_PRIVATE if private else MAP_SHARED)
    if access == ACCESS_DEFAULT or access == ACCESS_READ and prot != PROT_READ:
        self = StdlibMmap.__new__(cls, -1, length, anonymous, prot, offset=offset)
    else:
        self = StdlibMmap.__new__(cls, -1, length, access=access, offset=offset)
    if PYPY:
        self._call_guard = CallGuard()
    # If this fails, the mapping is unmapped when ``self`` is collected. close() might raise BufferError, because a
    # frame of the exception may still hold the buffer export.
    _map_file(self, fileno, offset, prot, flags)
    return self


if PYPY:

    def _runtime_new(cls, fileno, length, flags, prot, access, offset):
        if fileno == -1:
            return StdlibMmap.__new__(cls, -1, length, flags, prot, access, offset)
        length = _fitting_length(fileno, length, offset)
        # PyPy's duplicate of the descriptor is inheritable, and nothing tells its number. That will be the lowest free
        # one, which this dup() finds. If another thread takes that number meanwhile, sameopenfile() notices, and PyPy's
        # descriptor stays inheritable.
        own = os.dup(fileno)
        os.close(own)
        self = StdlibMmap.__new__(cls, fileno, length, flags, prot, access, offset)
        try:
            if os.path.sameopenfile(own, fileno):
                os.set_inheritable(own, False)
        except OSError as error:
            if error.errno is None:
                raise
        return self

else:
    _runtime_new = StdlibMmap.__new__


class Constructor:
    """The constructor of ``zcio.mmap.mmap``, which stores its arguments for other methods."""

    __slots__ = ()

    #: The slots of the final class: the flags and access in effect, the offset, the argument trackfd, whether the
    #: mapping keeps a descriptor, the attribute ``start``, and on PyPy the CallGuard.
    _STATE = ("_flags", "_access", "_offset", "_trackfd", "_has_file", "_start") + (("_call_guard",) if PYPY else ())

    def __new__(cls, *args, **kwargs):
        fileno, length, flags, prot, access, offset, trackfd = _parsed(args, kwargs)
        if length < 0:
            raise OverflowError("memory mapped length must be positive")
        if offset < 0:
            raise OverflowError("memory mapped offset must be positive")
        real_flags, real_prot, real_access = _resolved(flags, prot, access)
        if not trackfd and RUNTIME_TRACKFD:
            self = StdlibMmap.__new__(cls, fileno, length, flags, prot, access, offset, trackfd=False)
        elif trackfd or fileno == -1:
            self = _runtime_new(cls, fileno, length, flags, prot, access, offset)
        else:
            self = _without_descriptor(cls, fileno, length, real_flags, real_prot, real_access, offset)
        self._flags = real_flags | MAP_ANONYMOUS if fileno == -1 else real_flags
        self._access = real_access
        self._offset = offset
        self._trackfd = trackfd
        self._has_file = trackfd and fileno != -1
        self._start = 0
        if PYPY:
            self._call_guard = CallGuard()
        if _DEV_MODE and fileno == -1:
            try:
                _set_name(self, b"cpython:mmap")
            except OSError as error:
                if error.errno is None:
                    raise
                # Otherwise the kernel cannot name mappings.
        return self

    def _signature(
        cls,
        fileno,
        length,
        flags=MAP_SHARED,
        prot=PROT_READ | PROT_WRITE,
        access=ACCESS_DEFAULT,
        offset=0,
        *,
        trackfd=True,
    ):
        """Gives ``__new__`` its signature; never called. ``__new__`` parses its arguments to raise the errors of C."""

    __new__.__wrapped__ = _signature
    del _signature
