"""The conversions and checks of arguments that C makes in ``mmap.mmap`` of CPython 3.15, for the model."""

import errno
import os
import sys

PAGE = 4096
MAXSIZE = sys.maxsize
INT_MAX = 2**31 - 1
SHARED, PRIVATE, ANONYMOUS, TYPE = 1, 2, 0x20, 0xF
READ, WRITE = 1, 2
ACCESS_DEFAULT, ACCESS_READ, ACCESS_WRITE, ACCESS_COPY = range(4)


class File:
    """A model of an open file: its kind, its mode ("r", "w" or "rw"), its bytes. It takes the place of a descriptor."""

    def __init__(self, kind="regular", mode="rw", data=b""):
        self.kind = kind
        self.mode = mode
        self.data = bytearray(data)


def index(value):
    if not hasattr(type(value), "__index__"):
        raise TypeError("'%s' object cannot be interpreted as an integer" % type(value).__name__)
    return int(value.__index__())


def in_range(value, low, high, text):
    if not low <= value <= high:
        raise OverflowError(text)
    return value


def ssize(value):
    return in_range(index(value), -MAXSIZE - 1, MAXSIZE, "Python int too large to convert to C ssize_t")


def c_long(value):
    return in_range(index(value), -MAXSIZE - 1, MAXSIZE, "Python int too large to convert to C long")


def clinic_int(value):
    return in_range(index(value), -INT_MAX - 1, INT_MAX, "Python int too large to convert to C int")


def format_i(value):
    value = c_long(value)
    in_range(value, -MAXSIZE - 1, INT_MAX, "signed integer is greater than maximum")
    return in_range(value, -INT_MAX - 1, INT_MAX, "signed integer is less than minimum")


def unsigned_char(value):
    value = c_long(value)
    in_range(value, 0, MAXSIZE, "unsigned byte integer is less than minimum")
    return in_range(value, 0, 255, "unsigned byte integer is greater than maximum")


def subscript(value, error):
    number = index(value)
    if not -MAXSIZE - 1 <= number <= MAXSIZE:
        raise error("cannot fit '%s' into an index-sized integer" % type(value).__name__)
    return number


def bound(value):
    if value is not None and not hasattr(type(value), "__index__"):
        raise TypeError("slice indices must be integers or have an __index__ method")
    return None if value is None else index(value)


def unpacked(key):
    step = bound(key.step)
    if step == 0:
        raise ValueError("slice step cannot be zero")
    return slice(bound(key.start), bound(key.stop), step)


def buffer(value):
    """The bytes of any C-contiguous buffer, as PyObject_GetBuffer(PyBUF_SIMPLE) sees them."""
    if hasattr(value, "modelled"):  # a Model
        return value[:]
    try:
        view = memoryview(value)
    except TypeError:
        if not hasattr(type(value), "__buffer__"):
            raise TypeError("a bytes-like object is required, not '%s'" % type(value).__name__)
        view = value.__buffer__(0)
    if not view.c_contiguous:
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    return bytes(bytearray(view))  # not bytes(view): slow on PyPy


def oserror(number):
    return OSError(number, os.strerror(number))


def pages(size):
    return -(-size // PAGE) * PAGE


# ---- the constructor ----

PARAMETERS = (
    ("fileno", lambda value: value if isinstance(value, File) else format_i(value)),
    ("length", ssize),
    ("flags", format_i),
    ("prot", format_i),
    ("access", format_i),
    ("offset", c_long),
    ("trackfd", bool),
)


def parsed(args, kwargs):
    """PyArg_ParseTupleAndKeywords of "in|iiil$p"."""
    total = len(args) + len(kwargs)
    if total > 7:
        kind = "" if args else "keyword "
        raise TypeError("function takes at most 7 %sarguments (%d given)" % (kind, total))
    values = [None, None, SHARED, READ | WRITE, ACCESS_DEFAULT, 0, True]
    left = len(kwargs)
    for at, (name, convert) in enumerate(PARAMETERS):
        if at == 6 and len(args) > 6:
            raise TypeError("function takes at most 6 positional arguments (%d given)" % len(args))
        if at < len(args):
            values[at] = convert(args[at])
        elif name in kwargs:
            values[at] = convert(kwargs[name])
            left -= 1
        elif at < 2:
            raise TypeError("function missing required argument '%s' (pos %d)" % (name, at + 1))
    names = [name for name, _ in PARAMETERS]
    if left:
        for at, name in enumerate(names[: len(args)], 1):
            if name in kwargs:
                raise TypeError("argument for function given by name ('%s') and position (%d)" % (name, at))
        for name in kwargs:
            if name not in names:
                raise TypeError("this function got an unexpected keyword argument '%s'" % name)
    return values


def kernel_refusal(file, length, flags, prot, offset):
    """The errno of mmap(2), or 0."""
    if offset % PAGE:
        return errno.EINVAL
    if not flags & ANONYMOUS and not isinstance(file, File):
        return errno.EBADF
    if length == 0:
        return errno.EINVAL
    if length > 2**46:
        return errno.ENOMEM
    kind = flags & TYPE
    if flags & ANONYMOUS:
        return 0 if kind in (SHARED, PRIVATE) else errno.EINVAL
    if kind not in (SHARED, PRIVATE, SHARED | PRIVATE):
        return errno.EINVAL
    if kind != PRIVATE and prot & WRITE and "w" not in file.mode:
        return errno.EACCES
    if "r" not in file.mode:
        return errno.EACCES
    return 0 if file.kind == "regular" else errno.ENODEV
