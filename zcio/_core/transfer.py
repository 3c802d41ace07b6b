"""Native calls that move bytes between descriptors: system calls, transfers, proxies, and faults for tests.

A transfer or proxy is run in slices: each returns to Python after 50 ms at the latest, or when a signal came in, so
that handlers run in between.
"""

from errno import EINTR

from zcio._core import BYTES, fail, ffi, from_buffer, lib, pause

__all__ = [
    "AGAIN",
    "COPY_PATHS",
    "DONE",
    "LOOK",
    "METHODS",
    "WAITS",
    "clone_file",
    "copy_paths",
    "copy_file_range",
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
    "seek",
    "sendfile",
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
]

DONE = lib.ZCIO_DONE
AGAIN = lib.ZCIO_AGAIN
WAITS = lib.ZCIO_WAITS
LOOK = lib.ZCIO_LOOK
COPY_PATHS = lib.ZCIO_COPY_PATHS
_BUSY = lib.ZCIO_BUSY
_CLOSED = lib.ZCIO_CLOSED
_UNSUPPORTED = lib.ZCIO_UNSUPPORTED
# The calls that can move bytes, by the numbers the core gives them.
METHODS = ("copy_file_range", "sendfile", "splice", "read/write")

_SRC_OFFSET, _DST_OFFSET = lib.ZCIO_SRC_OFFSET, lib.ZCIO_DST_OFFSET
_PLAN = ffi.typeof("zcio_plan *")
_DESCRIPTION = ffi.typeof("zcio_description *")
_PROGRESS = ffi.typeof("zcio_transfer_progress *")


def _raise(code, name):
    if code == _UNSUPPORTED:
        raise NotImplementedError("%s: not available on this platform" % name)
    if code == _BUSY:
        raise RuntimeError("%s: already running in another thread" % name)
    if code == _CLOSED:
        raise ValueError("%s: closed by another thread" % name)
    fail(code)


def _repeated(name, call):
    """The result of a system call, made again (after signal handlers ran) for as long as signals interrupt it."""
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
    """vmsplice(2) of a sequence of buffers, held for the call; ``writable`` says that they are to be written.
    Returns the count. Raises OSError, NotImplementedError, BufferError."""
    held = []
    try:
        spans = ffi.new("zcio_span[]", len(buffers))
        for span, buffer in zip(spans, buffers):
            if writable:
                memory = ffi.from_buffer(BYTES, buffer, require_writable=True)
            else:
                memory = from_buffer(BYTES, buffer)
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


def copy_paths(names, metadata, as_before):
    """Copy up to COPY_PATHS regular files of up to 1 MiB. ``names``: bytes, the names of a source and its target, of
    the next source and so on, each with a NUL behind it. Nothing beside the content is copied with ``metadata`` 0, the
    permission bits with 1, the times and extended attributes too with 2; those of a source before it was read if
    ``as_before``.

    Returns two bits for each file, those of the first one lowest. 0: it was not copied, whatever the reason, which is
    not reported; it may have been begun, and the caller copies it again. 1: only the content was copied for sure;
    2: all was; 3: it was not tried, as 50 ms were over."""
    code = lib.zcio_copy_paths(names, len(names), metadata, as_before)
    if code < 0:
        fail(code)
    return code


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
    """What a Descriptor is: an object with fd, kind (0: file, 1: pipe, 2: socket, 3: other), readable, writable,
    nonblocking, append, size, device, inode. Raises OSError, NotImplementedError."""
    about = ffi.new(_DESCRIPTION)
    about.fd = -1
    code = descriptor.call(lib.zcio_describe, about)
    if code < 0:
        _raise(code, "fstat")
    return about


# ---- transfers ----


_progress = ffi.new_allocator(lambda size: ffi.new(_PROGRESS), lib.zcio_transfer_free)  # as own(), in less time


def new_progress():
    """Where a transfer or proxy stands, filled by its run: moved, pending, read, write, method (each for two
    directions, of which a transfer has the first), failed. The transfer or proxy is in it, and is freed with it: so it
    has an owner whenever a signal handler raises."""
    return _progress(_PROGRESS)


def method_bits(*methods):
    """What stands for a choice of METHODS where a transfer is begun."""
    return sum(1 << METHODS.index(method) for method in methods)


def transfer_new(src, dst, src_offset, dst_offset, limit, flags, methods, progress):
    """Make a transfer in ``progress``; it notices if ``src`` or ``dst``, from describe(), was closed since. Offsets and
    ``limit`` may be None; ``methods`` comes from method_bits(). Raises OSError, NotImplementedError."""
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
    """Move everything in this one crossing, if a slice of time is enough; waits unless ``flags`` has
    SPLICE_F_NONBLOCK. Arguments as those of transfer_new(), but for ``src`` and ``dst``, both ints or both Descriptors.

    Where all was moved, returns four times the count plus the index in METHODS of the call that did; LOOK, and nothing
    was moved, where the descriptors or the plan are wrong or unusual; else the code of a transfer under way, for
    transfer_result(). Raises only what a Descriptor of a closed object does."""
    src_offset = -1 if src_offset is None else src_offset
    dst_offset = -1 if dst_offset is None else dst_offset
    limit = -1 if limit is None else limit
    if type(src) is int:
        return lib.zcio_transfer_begin(src, dst, src_offset, dst_offset, limit, flags, methods, progress)
    rest = zip((src_offset, dst_offset, limit, flags, methods, progress))
    return next(map(lib.zcio_transfer_begin, src, dst, *rest))


def transfer_run(progress, waits):
    """Go on with a transfer for one slice of time. Returns a code for transfer_result(): -EBADF if a descriptor was
    closed since describe() looked at it."""
    return lib.zcio_transfer_run(progress.transfer, waits, progress)


def transfer_result(code, name="splice"):
    """What a slice came to: DONE, AGAIN or WAITS. Raises OSError, RuntimeError where another thread runs it."""
    if code == AGAIN:
        pause()
    elif code < 0 and code != WAITS:
        _raise(code, name)
    return code


def transfer_close(progress):
    """Give back what a transfer uses. Raises RuntimeError, and changes nothing, while another thread runs it."""
    code = lib.zcio_transfer_close(progress.transfer)
    if code < 0:
        _raise(code, "splice")


def take_back(progress):
    """What was taken from the source and not delivered, as bytes; b"" where the source is a file, whose position is set
    back instead. Raises OSError."""
    pending = progress.pending[0]
    if not pending:
        return b""
    out = ffi.new("uint8_t[]", pending)
    code = lib.zcio_transfer_take_back(progress.transfer, out, pending)
    if code < 0:
        _raise(code, "splice")
    return ffi.unpack(ffi.cast("char *", out), code)


def proxy_new(a, b, progress):
    """Make transfers both ways between two sockets, Descriptors, in ``progress``; they are non-blocking until it is
    freed. Raises OSError, NotImplementedError."""
    code = next(map(lib.zcio_proxy_new, a, b, (progress,)))
    if code < 0:
        _raise(code, "proxy")


def proxy_run(progress, waits):
    """Go on with both directions for one slice of time. Returns and raises as transfer_result()."""
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
    """Strike the system call ``name`` of the transfers, in the whole process: after ``skip`` calls, ``times`` of them
    fail with ``errno``; where that is 0, they move at most ``most`` bytes, and with 0 are not made and answer 0.
    ``errno=None`` is a platform without the call."""
    errno = -_UNSUPPORTED if errno is None else errno
    code = lib.zcio_inject(name.encode("ascii"), skip, times, errno, most)
    if code < 0:
        raise ValueError("no such call: %r" % name)


def inject_clear():
    """End what inject() began. Returns how many calls were struck."""
    return lib.zcio_inject_clear()
