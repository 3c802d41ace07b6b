"""Native calls that move bytes between descriptors: system calls, transfers, proxies, and faults for tests.

A transfer or proxy runs in slices. Each returns to Python after at most 50 ms, or when a signal came in, so that signal
handlers run in between.
"""

from errno import EBADF, EINTR

from zcio._core import BYTES, fail, ffi, lib, pause

__all__ = [
    "AGAIN",
    "ATOMIC",
    "ATOMIC_WITH_MODE",
    "COPY_PATHS",
    "DONE",
    "IN_PLACE",
    "LOOK",
    "METHODS",
    "SMALL_METHODS",
    "WAITS",
    "clone_file",
    "copy_file_range",
    "copy_path",
    "copy_paths",
    "copy_small",
    "describe",
    "file_flags",
    "free",
    "fsync",
    "inject",
    "inject_clear",
    "method_bits",
    "new_progress",
    "proxy_new",
    "proxy_run",
    "proxy_take_back",
    "read_ready",
    "seek",
    "sendfile",
    "small_copy",
    "splice",
    "take_back",
    "tee",
    "transfer_begin",
    "transfer_close",
    "transfer_new",
    "transfer_result",
    "transfer_run",
    "truncate",
    "vmsplice",
    "write_ready",
]

DONE = lib.ZCIO_DONE
AGAIN = lib.ZCIO_AGAIN
WAITS = lib.ZCIO_WAITS
LOOK = lib.ZCIO_LOOK
COPY_PATHS = lib.ZCIO_COPY_PATHS
_BUSY = lib.ZCIO_BUSY
_CLOSED = lib.ZCIO_CLOSED
_UNSUPPORTED = lib.ZCIO_UNSUPPORTED
# The calls that can move bytes; the index of each is its number in the core.
METHODS = ("copy_file_range", "sendfile", "splice", "read/write")
# The same, and one more that only copy_small() may report.
SMALL_METHODS = METHODS + ("reflink",)

_SRC_OFFSET, _DST_OFFSET = lib.ZCIO_SRC_OFFSET, lib.ZCIO_DST_OFFSET
_PLAN = ffi.typeof("zcio_plan *")
_DESCRIPTION = ffi.typeof("zcio_description *")
_PROGRESS = ffi.typeof("zcio_transfer_progress *")
_SMALL_COPY = ffi.typeof("zcio_small_copy *")
_EVERYTHING = ffi.new(_SMALL_COPY, {"src_offset": -1, "dst_offset": -1, "limit": -1})[0]


def _raise(code, name):
    if code == _UNSUPPORTED:
        raise NotImplementedError("%s: not available on this platform" % name)
    if code == _BUSY:
        raise RuntimeError("%s: already running in another thread" % name)
    if code == _CLOSED:
        raise ValueError("%s: closed by another thread" % name)
    fail(code)


def _repeated(name, call):
    """The result of a system call. If a signal interrupts it, run signal handlers and repeat the call."""
    while True:
        result = call()
        if result >= 0:
            return result
        if result != -EINTR:
            _raise(result, name)
        pause()


# ---- system calls: every argument is an int in the range of its C type; offsets may be None ----


def splice(src, dst, count, offset_src, offset_dst, flags):
    """splice(2). Returns the count. Raises OSError, NotImplementedError."""
    offsets = (0 if offset_src is None else _SRC_OFFSET) | (0 if offset_dst is None else _DST_OFFSET)
    while True:
        result = lib.zcio_splice(src, offset_src or 0, dst, offset_dst or 0, offsets, count, flags)
        if result >= 0:
            return result
        if result != -EINTR:
            _raise(result, "splice")
        pause()


def tee(src, dst, count, flags):
    """tee(2). Returns the count. Raises OSError, NotImplementedError."""
    return _repeated("tee", lambda: lib.zcio_tee(src, dst, count, flags))


def vmsplice(fd, buffers, flags, writable):
    """vmsplice(2) of a sequence of buffers, held for the call; ``writable``: it writes to them. Returns the count.

    Raises OSError, NotImplementedError, BufferError.
    """
    held = []
    try:
        spans = ffi.new("zcio_span[]", len(buffers))
        for span, buffer in zip(spans, buffers):
            # Not _core's, which copies bytes on PyPy: the pipe refers to the memory after the call.
            memory = ffi.from_buffer(BYTES, buffer, require_writable=writable)
            held.append(memory)
            span.data = memory
            span.len = len(memory)
        return _repeated("vmsplice", lambda: lib.zcio_vmsplice(fd, spans, len(held), flags))
    finally:
        for memory in held:
            ffi.release(memory)


def sendfile(out_fd, in_fd, offset, count):
    """sendfile(2). Returns the count. Raises OSError, NotImplementedError."""
    offsets = 0 if offset is None else _SRC_OFFSET
    while True:
        result = lib.zcio_sendfile(out_fd, in_fd, offset or 0, offsets, count)
        if result >= 0:
            return result
        if result != -EINTR:
            _raise(result, "sendfile")
        pause()


def copy_file_range(src, dst, count, offset_src, offset_dst):
    """copy_file_range(2). Returns the count. Raises OSError, NotImplementedError."""
    offsets = (0 if offset_src is None else _SRC_OFFSET) | (0 if offset_dst is None else _DST_OFFSET)
    while True:
        result = lib.zcio_copy_file_range(src, offset_src or 0, dst, offset_dst or 0, offsets, count)
        if result >= 0:
            return result
        if result != -EINTR:
            _raise(result, "copy_file_range")
        pause()


def clone_file(dst, src):
    """ioctl(FICLONE) on Descriptors: ``dst`` becomes a copy of ``src`` that shares its extents. Raises OSError."""
    _repeated("FICLONE", lambda: next(map(lib.zcio_clone_file, dst, src)))


# The argument ``target`` of copy_paths() and copy_path(): write an existing file in place, or replace it in one step if
# that changes nothing but its inode number; or the same, and a new file has the permission bits of the source.
IN_PLACE, ATOMIC, ATOMIC_WITH_MODE = range(3)


def copy_paths(names, target, metadata, as_before):
    """Copy up to COPY_PATHS regular files of up to 1 MiB.

    Args:
        names: bytes: the paths of a source and its target, of the next source and so on, each followed by a NUL.
        target: IN_PLACE, ATOMIC or ATOMIC_WITH_MODE.
        metadata: 0: copy only the content; 1: also the permission bits; 2: also times and extended attributes; 3: also
            owner and group, if the process may set them.
        as_before: copy the metadata that the source had before it was read.

    Returns:
        int: two bits for each file, those of the first file lowest. 0: it was not copied, or only in part, for whatever
            reason; the caller copies it again. 1: the content was copied, and perhaps a part of the metadata. 2:
            everything was copied. 3: it was not tried, because 50 ms were over.
    """
    code = lib.zcio_copy_paths(names, len(names), target, metadata, as_before)
    if code < 0:
        fail(code)
    return code


def copy_path(src, dst, target, copy):
    """Copy a regular file of up to 1 MiB. ``src`` and ``dst`` are bytes without a NUL; ``copy``, from small_copy(),
    gets the result. If it was not copied, for whatever reason, the caller copies it in another way."""
    lib.zcio_copy_path(src, dst, target, copy)


def small_copy():
    """An argument for copy_small() or copy_path(): copy everything, from position to position.

    Attributes:
        src_offset, dst_offset, limit: arguments; negative: the position, or no limit.
        count: the number of bytes copied. It is right even if a signal handler raises right after the call.
        method: the index in SMALL_METHODS of the call that copied them.
        all: whether everything was copied. If not, the caller has to copy the rest in another way.
    """
    return ffi.new(_SMALL_COPY, _EVERYTHING)


def copy_small(src, dst, copy, seek=None):
    """Copy the rest of a regular file of up to 1 MiB, or ``copy.limit`` bytes of it, to a file, a socket or a pipe (up
    to 4 KiB). Positions are then after the bytes that were copied.

    Args:
        src: an iterable of the descriptor.
        dst: an iterable of the descriptor.
        copy: from small_copy().
        seek: called with the offset after the bytes that were copied, in one step with the native call.

    Raises:
        OSError: nothing was copied, and another way would fail, too.
        ValueError: only if a file was closed.
    """
    ends = map(lib.zcio_copy_small, src, dst, (copy,))
    next(ends if seek is None else map(seek, ends))
    if copy.error:
        fail(-copy.error)


def file_flags(fd):
    """The flags of chattr(1) that users may set, as an int; 0 on file systems without any."""
    return lib.zcio_file_flags(fd)


def seek(descriptor, offset, whence):
    """lseek(2) on a Descriptor. Returns the position. Raises OSError, NotImplementedError."""
    return _repeated("lseek", lambda: descriptor.call(lib.zcio_seek, offset, whence))


def fsync(fd):
    """fsync(2). Raises OSError, NotImplementedError."""
    _repeated("fsync", lambda: lib.zcio_fsync(fd))


def truncate(descriptor, size):
    """ftruncate(2) on a Descriptor. Raises OSError, NotImplementedError."""
    _repeated("ftruncate", lambda: descriptor.call(lib.zcio_truncate, size))


def describe(descriptor):
    """The description of a Descriptor: an object with fd, kind (0: file, 1: pipe, 2: socket, 3: other), readable,
    writable, nonblocking, append, size, device, inode. Raises OSError, NotImplementedError."""
    about = ffi.new(_DESCRIPTION)
    about.fd = -1
    code = descriptor.call(lib.zcio_describe, about)
    if code < 0:
        _raise(code, "fstat")
    return about


def read_ready(descriptor, memory):
    """Read into a bytearray once a Descriptor has something.

    Returns:
        int: the number of bytes; WAITS if there are none for 50 ms; -EBADF if the descriptor is closed.

    Raises:
        OSError: the call failed otherwise.
    """
    with ffi.from_buffer(BYTES, memory) as data:
        return _ready(descriptor, lib.zcio_read_ready, data)


def write_ready(descriptor, data):
    """Write as much of ``data``, bytes, to a Descriptor as it takes without waiting, once that is something.

    Returns and raises as read_ready().
    """
    return _ready(descriptor, lib.zcio_write_ready, data)


def _ready(descriptor, call, data):
    while True:
        code = descriptor.call(call, data, len(data))
        if code >= 0 or code == WAITS or code == -EBADF:
            return code
        if code != -EINTR:
            fail(code)
        pause()


# ---- transfers ----


# As own(), but faster. cffi would clear the memory even if it could not allocate the object that owns it.
_progress = ffi.new_allocator(lambda size: ffi.new(_PROGRESS), lib.zcio_transfer_free, should_clear_after_alloc=False)


def new_progress():
    """The progress of a transfer or proxy, which owns that transfer or proxy and frees it.

    Its fields, which each run updates: moved, pending, read, write and method, each for two directions, of which a
    transfer uses the first; and failed. Since the core stores the transfer in it, the transfer has an owner even if a
    signal handler raises right after the call that made it.
    """
    return _progress(_PROGRESS)


def method_bits(*methods):
    """The bits for a choice of METHODS, for transfer_new() and transfer_begin()."""
    return sum(1 << METHODS.index(method) for method in methods)


def transfer_new(src, dst, src_offset, dst_offset, limit, flags, methods, progress):
    """Make a transfer in ``progress``. ``src`` and ``dst`` are results of describe(); if one was closed since, the
    transfer fails. Offsets and ``limit`` may be None; ``methods`` comes from method_bits().

    Raises OSError, NotImplementedError.
    """
    plan = ffi.new(_PLAN)
    plan.src, plan.dst = src[0], dst[0]
    plan.src_offset = -1 if src_offset is None else src_offset
    plan.dst_offset = -1 if dst_offset is None else dst_offset
    plan.limit = -1 if limit is None else limit
    plan.flags, plan.methods = flags, methods
    code = lib.zcio_transfer_new(plan, progress)
    if code < 0:
        _raise(code, "splice")


def transfer_begin(src, dst, src_offset, dst_offset, limit, flags, methods, progress):
    """Make a transfer and run its first slice in one native call. It waits unless ``flags`` has SPLICE_F_NONBLOCK.

    The arguments are those of transfer_new(), except that ``src`` and ``dst`` are both ints or both Descriptors.

    Returns:
        int: if everything was moved, four times the count plus the index in METHODS of the call that moved it. LOOK, if
            the descriptors or arguments are wrong or unusual; nothing was moved. Otherwise a code for
            transfer_result().

    Raises:
        ValueError: only if a Descriptor's file was closed.
    """
    src_offset = -1 if src_offset is None else src_offset
    dst_offset = -1 if dst_offset is None else dst_offset
    limit = -1 if limit is None else limit
    if type(src) is int:
        return lib.zcio_transfer_begin(src, dst, src_offset, dst_offset, limit, flags, methods, progress)
    rest = zip((src_offset, dst_offset, limit, flags, methods, progress))
    return next(map(lib.zcio_transfer_begin, src, dst, *rest))


def transfer_run(progress, waits):
    """Run one slice of a transfer. Returns a code for transfer_result(): -EBADF if a descriptor was closed since
    describe()."""
    return lib.zcio_transfer_run(progress.transfer, waits, progress)


def transfer_result(code, name="splice"):
    """The result of a slice: DONE, AGAIN or WAITS. Raises OSError, or RuntimeError if another thread runs it."""
    if code == AGAIN:
        pause()
    elif code < 0 and code != WAITS:
        _raise(code, name)
    return code


def transfer_close(progress):
    """Give up the pending bytes and return them as take_back() does, and release the transfer's pipe and memory.

    Raises OSError if taking them back failed; the transfer is closed nevertheless. Raises RuntimeError, and changes
    nothing, if another thread runs it now or did so since ``progress`` was read.
    """
    pending = progress.pending[0]
    out = ffi.new("uint8_t[]", pending)
    code = lib.zcio_transfer_close(progress.transfer, out, pending)
    if code < 0:
        _raise(code, "splice")
    return ffi.unpack(ffi.cast("char *", out), code)


def take_back(progress):
    """Give up the pending bytes and return them; if the source is a file, set back its position and return b"".

    Raises OSError.
    """
    pending = progress.pending[0]
    if not pending:
        return b""
    out = ffi.new("uint8_t[]", pending)
    code = lib.zcio_transfer_take_back(progress.transfer, out, pending)
    if code < 0:
        _raise(code, "splice")
    return ffi.unpack(ffi.cast("char *", out), code)


def proxy_new(a, b, progress):
    """Make a proxy between two sockets, Descriptors, in ``progress``. They are non-blocking until it is freed.

    Raises OSError, NotImplementedError.
    """
    code = next(map(lib.zcio_proxy_new, a, b, (progress,)))
    if code < 0:
        _raise(code, "proxy")


def proxy_run(progress, waits):
    """Run one slice of both directions. Returns and raises as transfer_result()."""
    return transfer_result(lib.zcio_proxy_run(progress.proxy, waits, progress), "proxy")


def proxy_take_back(progress, direction):
    """take_back() for direction 0 or 1."""
    pending = progress.pending[direction]
    if not pending:
        return b""
    out = ffi.new("uint8_t[]", pending)
    code = lib.zcio_proxy_take_back(progress.proxy, direction, out, pending)
    if code < 0:
        _raise(code, "proxy")
    return ffi.unpack(ffi.cast("char *", out), code)


def free(progress):
    """Free the transfer or proxy in ``progress`` now."""
    lib.zcio_transfer_free(progress)


# ---- for tests ----


def inject(name, skip=0, times=1, errno=0, most=0):
    """Inject faults into the system call ``name`` of the transfers, in the whole process.

    After ``skip`` calls, the next ``times`` calls fail with ``errno``. If that is 0, they move at most ``most`` bytes;
    if that is 0 too, they are not made and return 0. ``errno=None``: as on a platform without the call.
    """
    errno = -_UNSUPPORTED if errno is None else errno
    code = lib.zcio_inject(name.encode("ascii"), skip, times, errno, most)
    if code < 0:
        raise ValueError("no such call: %r" % name)


def inject_clear():
    """Remove all faults. Returns the number of calls that had one."""
    return lib.zcio_inject_clear()
