"""A model of CPython 3.15's ``mmap.mmap`` on Linux: bytes in a bytearray, with the checks and error texts of C in
order.

It is the reference on every interpreter, and on CPython 3.15 the standard library's class is compared with it too. It
does not model several mappings of one file, ``-X dev``, and memory that cannot be read.
"""

import errno

from zcio.compat.mmap_model_arguments import (
    ACCESS_COPY,
    ACCESS_DEFAULT,
    ACCESS_READ,
    ACCESS_WRITE,
    ANONYMOUS,
    INT_MAX,
    MAXSIZE,
    PAGE,
    PRIVATE,
    READ,
    SHARED,
    TYPE,
    WRITE,
    File,
    buffer,
    clinic_int,
    in_range,
    kernel_refusal,
    oserror,
    pages,
    parsed,
    ssize,
    subscript,
    unpacked,
    unsigned_char,
)

__all__ = ["Model", "ModelView"]

ACCESS = ("ACCESS_DEFAULT", "ACCESS_READ", "ACCESS_WRITE", "ACCESS_COPY")
MADV_WILLNEED, MADV_DONTNEED = 3, 4
# Advice that the kernel accepts for every mapping and that changes no bytes; the model knows no other.
MADV_HARMLESS = frozenset([0, 1, 2, 3, 10, 11, 16, 17])
CLOSED = "mmap closed or invalid"


class Model:
    modelled = True

    def __init__(self, *args, **kwargs):
        file, length, flags, prot, access, offset, trackfd = parsed(args, kwargs)
        if length < 0:
            raise OverflowError("memory mapped length must be positive")
        if offset < 0:
            raise OverflowError("memory mapped offset must be positive")
        if access != ACCESS_DEFAULT and (flags != SHARED or prot != READ | WRITE):
            raise ValueError("mmap can't specify both access and flags, prot.")
        if access == ACCESS_READ:
            flags, prot = SHARED, READ
        elif access == ACCESS_WRITE:
            flags, prot = SHARED, READ | WRITE
        elif access == ACCESS_COPY:
            flags, prot = PRIVATE, READ | WRITE
        elif access != ACCESS_DEFAULT:
            raise ValueError("mmap invalid access parameter.")
        elif not prot & WRITE:
            access = ACCESS_READ
        elif not prot & READ:
            access = ACCESS_WRITE
        if isinstance(file, File):
            if file.kind == "regular":
                size = len(file.data)
                if length == 0:
                    if size == 0:
                        raise ValueError("cannot mmap an empty file")
                    if offset >= size:
                        raise ValueError("mmap offset is greater than file size")
                    length = size - offset
                elif offset > size or size - offset < length:
                    raise ValueError("mmap length is greater than file size")
        elif file == -1:
            flags |= ANONYMOUS
        elif trackfd:
            raise oserror(errno.EBADF)
        refusal = kernel_refusal(file, length, flags, prot, offset)
        if refusal:
            raise oserror(refusal)
        self.length = length
        self.flags = flags
        self.access = access
        self.offset = offset
        self.trackfd = trackfd
        self.file = file if isinstance(file, File) and trackfd else None
        self.position = 0
        self.exports = 0
        self.closed = False
        self._parted = False  # whether there was advice for a part, for which the kernel splits the mapping
        self.mapped = None  # the file whose bytes a private mapping shows until they are written
        if flags & ANONYMOUS:
            self.store, self.base = bytearray(pages(length)), 0
        elif flags & TYPE == PRIVATE:
            self.mapped = file
            self.store, self.base = bytearray(pages(length)), 0
            self._revert(0, len(self.store))
        else:
            self.store, self.base = file.data, offset

    # ---- memory ----

    def _revert(self, low, high):
        fresh = b""
        if self.mapped is not None:
            fresh = bytes(self.mapped.data[self.offset + low : self.offset + high])
        self.store[low:high] = fresh.ljust(high - low, b"\0")

    def _all(self):
        return bytes(self.store[self.base : self.base + self.length])

    def _put(self, at, data):
        self.store[self.base + at : self.base + at + len(data)] = data

    def _check_open(self):
        if self.closed:
            raise ValueError(CLOSED)

    def _check_writable(self):
        if self.access == ACCESS_READ:
            raise TypeError("mmap can't modify a readonly memory map.")

    def _rest(self):
        return max(0, self.length - self.position)

    # ---- searching ----

    def _window(self, view, start, end):
        needle = buffer(view)
        self._check_open()
        start = self.position if start is None else ssize(start)
        end = self.length if end is None else ssize(end)
        self._check_open()
        if start < 0:
            start = max(0, start + self.length)
        if end < 0:
            end = max(0, end + self.length)
        return needle, start, min(end, self.length)

    def _found(self, search, view, start, end):
        needle, start, end = self._window(view, start, end)
        at = -1 if start > end else search(needle, self.base + start, self.base + end)
        return at if at < 0 else at - self.base

    def find(self, view, start=None, end=None):
        return self._found(self.store.find, view, start, end)

    def rfind(self, view, start=None, end=None):
        return self._found(self.store.rfind, view, start, end)

    # ---- reading and writing at the position ----

    def read(self, n=None):
        if n is not None:
            if not hasattr(type(n), "__index__"):
                raise TypeError("argument should be integer or None, not '%s'" % type(n).__name__)
            n = subscript(n, OverflowError)
        self._check_open()
        if n is None or n < 0:
            n = self._rest()
        data = self._all()[self.position :][:n]
        self.position += len(data)
        return data

    def read_byte(self):
        self._check_open()
        if not self._rest():
            raise ValueError("read byte out of range")
        return self.read(1)[0]

    def readline(self):
        self._check_open()
        line, newline, _ = self._all()[self.position :].partition(b"\n")
        self.position += len(line + newline)
        return line + newline

    def write(self, data):
        data = buffer(data)
        self._check_open()
        self._check_writable()
        if self.length - self.position < len(data):
            raise ValueError("data out of range")
        self._put(self.position, data)
        self.position += len(data)
        return len(data)

    def write_byte(self, byte):
        byte = unsigned_char(byte)
        self._check_open()
        self._check_writable()
        if not self._rest():
            raise ValueError("write byte out of range")
        self._put(self.position, bytes([byte]))
        self.position += 1

    def seek(self, pos, whence=0):
        pos = ssize(pos)
        whence = clinic_int(whence)
        self._check_open()
        if whence not in (0, 1, 2):
            raise ValueError("unknown seek type")
        pos += (0, self.position, self.length)[whence]
        if not 0 <= pos <= self.length:
            raise ValueError("seek out of range")
        self.position = pos
        return pos

    def tell(self):
        self._check_open()
        return self.position

    def seekable(self):
        return True

    # ---- the mapping as a whole ----

    def move(self, dest, src, count):
        dest, src, count = ssize(dest), ssize(src), ssize(count)
        self._check_open()
        self._check_writable()
        if min(dest, src, count) < 0 or dest + count > self.length or src + count > self.length:
            raise ValueError("source, destination, or count out of range")
        self._put(dest, self._all()[src : src + count])

    def size(self):
        self._check_open()
        if self.file is not None:
            return len(self.file.data)
        if not self.trackfd:
            raise ValueError("can't get size with trackfd=False")
        return self.length

    def flush(self, offset=0, size=-1, **keywords):
        offset, size, flags = ssize(offset), ssize(size), clinic_int(keywords.get("flags", 0))
        self._check_open()
        if size == -1:
            size = self.length - offset
        if offset < 0 or size < 0 or offset + size > self.length:
            raise ValueError("flush values out of range")
        if self.access in (ACCESS_READ, ACCESS_COPY):
            return
        # MS_ASYNC 1, MS_INVALIDATE 2, MS_SYNC 4
        if offset % PAGE or flags & ~7 or flags & 5 == 5:
            raise oserror(errno.EINVAL)

    def madvise(self, option, start=0, length=None):
        option, start = clinic_int(option), ssize(start)
        self._check_open()
        length = self.length if length is None else ssize(length)
        if not 0 <= start < self.length:
            raise ValueError("madvise start out of bounds")
        if length < 0:
            raise ValueError("madvise length invalid")
        if start + length > MAXSIZE:
            raise OverflowError("madvise length too large")
        if start % PAGE or option not in MADV_HARMLESS | {MADV_DONTNEED}:
            raise oserror(errno.EINVAL)
        end = start + min(length, self.length - start)
        if option not in (MADV_WILLNEED, MADV_DONTNEED) and (start or pages(end) < pages(self.length)):
            self._parted = True
        if option == MADV_DONTNEED and self.flags & TYPE == PRIVATE:
            self._revert(start, start + pages(end - start))

    def set_name(self, name):
        if not isinstance(name, str):
            what = "None" if name is None else type(name).__name__
            raise TypeError("set_name() argument must be str, not %s" % what)
        encoded = name.encode("utf-8")
        if b"\0" in encoded:
            raise ValueError("embedded null character")
        if len(encoded) > 66:
            raise ValueError("name is too long")
        if not self.flags & ANONYMOUS:
            raise ValueError("Cannot set annotation on non-anonymous mappings")

    def resize(self, newsize):
        newsize = ssize(newsize)
        self._check_open()
        if self.exports:
            raise BufferError("mmap can't resize with extant buffers exported.")
        if not self.trackfd:
            raise ValueError("mmap can't resize with trackfd=False.")
        if self.access not in (ACCESS_DEFAULT, ACCESS_WRITE):
            raise TypeError("mmap can't resize a readonly or copy-on-write memory map.")
        if newsize < 0 or newsize + self.offset > MAXSIZE:
            raise ValueError("new size out of range")
        if self.file is None and not self.flags & PRIVATE and newsize > self.length:
            raise ValueError("mmap: can't expand a shared anonymous mapping")
        if self.file is not None:
            if "w" not in self.file.mode:
                raise oserror(errno.EINVAL)  # ftruncate(2)
            self._cut(self.file.data, self.offset + newsize)
        if newsize == 0 or newsize > MAXSIZE - PAGE:
            raise oserror(errno.EINVAL)
        if self.store is not getattr(self.file, "data", None):
            self._cut(self.store, pages(newsize))
        self.length = newsize

    @staticmethod
    def _cut(data, size):
        del data[size:]
        data.extend(bytes(size - len(data)))

    def resize_is_defined(self, newsize):
        """Whether the outcome is the same on every kernel, and all of the mapping lies inside its file (else
        SIGBUS)."""
        if self.closed or newsize < 0:
            return True
        if newsize > 2**30:  # some machines have the memory and some have not, and comparing it takes long
            return newsize > 2**47 if self.file is None else newsize + self.offset > MAXSIZE
        if self._parted and newsize > self.length:
            return False  # mremap(2) cannot move a mapping that was split
        if self.file is None:
            return True
        return 0 < newsize <= self.length or self.store is self.file.data and newsize > 0

    def close(self):
        if self.exports:
            raise BufferError("cannot close exported pointers exist")
        self.closed = True

    def __enter__(self):
        self._check_open()
        return self

    def __exit__(self, *exc_info):
        if len(exc_info) != 3:
            raise TypeError("__exit__ expected 3 arguments, got %d" % len(exc_info))
        self.close()

    # ---- a sequence ----

    def __len__(self):
        self._check_open()
        return self.length

    def __iter__(self):
        self._check_open()
        return iter([bytes([byte]) for byte in self._all()])

    def __reversed__(self):
        self._check_open()
        return iter([bytes([byte]) for byte in reversed(self._all())])

    def __contains__(self, item):
        return any(item == member for member in self)

    def __getitem__(self, key):
        self._check_open()
        if isinstance(key, slice):
            key = unpacked(key)
            self._check_open()
            return self._all()[key]
        if not hasattr(type(key), "__index__"):
            raise TypeError("mmap indices must be integers")
        at = subscript(key, IndexError)
        self._check_open()
        return self._all()[self._at(at)]

    def _at(self, at):
        if at < 0:
            at += self.length
        if not 0 <= at < self.length:
            raise IndexError("mmap index out of range")
        return at

    def __setitem__(self, key, value):
        self._check_writable()
        if isinstance(key, slice):
            key = unpacked(key)
            data = buffer(value)
            self._check_open()
            places = range(*key.indices(self.length))
            if len(places) != len(data):
                raise IndexError("mmap slice assignment is wrong size")
            memory = bytearray(self._all())
            memory[key] = data
            self._put(0, memory)
            return
        if not hasattr(type(key), "__index__"):
            raise TypeError("mmap indices must be integer")
        at = subscript(key, IndexError)
        if not hasattr(type(value), "__index__"):
            raise TypeError("mmap item value must be an int")
        byte = subscript(value, TypeError)
        if not 0 <= byte <= 255:
            raise ValueError("mmap item value must be in range(0, 256)")
        self._check_open()
        self._put(self._at(at), bytes([byte]))

    def __delitem__(self, key):
        self._check_writable()
        if isinstance(key, slice):
            unpacked(key)
            raise TypeError("mmap object doesn't support slice deletion")
        if not hasattr(type(key), "__index__"):
            raise TypeError("mmap indices must be integer")
        subscript(key, IndexError)
        raise TypeError("mmap doesn't support item deletion")

    # ---- an object ----

    def __repr__(self):
        if self.closed:
            return "<mmap.mmap closed=True>"
        what = (ACCESS[self.access], self.length, self.position, self.offset)
        return "<mmap.mmap closed=False, access=%s, length=%d, pos=%d, offset=%d>" % what

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle '%s' object" % ("mmap.mmap" if protocol >= 2 else "mmap"))

    def __buffer__(self, flags):
        flags = in_range(subscript(flags, OverflowError), -INT_MAX - 1, INT_MAX, "buffer flags out of range")
        self._check_open()
        if flags & 1 and self.access == ACCESS_READ:
            raise BufferError("Object is not writable.")
        self.exports += 1
        return ModelView(self)


class ModelView:
    """A memoryview of all of a Model."""

    def __init__(self, model):
        self.model = model
        self.readonly = model.access == ACCESS_READ

    def tobytes(self):
        return self.model._all()

    def __setitem__(self, key, value):
        self.model._put(range(self.model.length)[key], bytes([value]))

    def release(self):
        if self.model is not None:
            self.model.exports -= 1
            self.model = None
