"""``copy()``, between objects of any kind that hold bytes, by the cheapest call that works for the two."""

import io
import os
import stat
import sys
from errno import ENXIO

from zcio._core.transfer import (
    ATOMIC,
    IN_PLACE,
    METHODS,
    SMALL_METHODS,
    clone_file,
    copy_path,
    copy_small,
    fsync,
    method_bits,
    seek,
    small_copy,
    truncate,
)
from zcio._transfer.atomic_file import AtomicFile
from zcio._transfer.descriptors import (
    BUFFERED,
    FILE,
    PIPE,
    Descriptor,
    is_path,
    is_plain_socket,
    not_negative,
    once,
    pass_through,
)
from zcio._transfer.endpoints import PIECE, is_closed, sink, source, timeout_of
from zcio._transfer.moving import ALL_METHODS, SPLICE_METHODS, move, report, within_one_file
from zcio._transfer.progress import Progress

__all__ = ["Copied", "copy", "copy_before_commit", "copy_whole"]

_SEEK_DATA, _SEEK_HOLE = 3, 4
_REFLINK = ("auto", "always", "never")
_BY_READING = method_bits("read/write")

_audit = getattr(sys, "audit", lambda *arguments: None)  # not before 3.8


class Copied(int):
    """The number of bytes that copy() copied, and how.

    Args:
        count: the number of bytes.
        method: the call that moved them: "reflink", "copy_file_range", "sendfile", "splice" or "read/write".
        in_place: whether the bytes were written to the existing file or object; False if the path now names a new file.

    Attributes:
        method (str): as above.
        in_place (bool): as above.
    """

    in_place = True

    def __new__(cls, count, method, in_place=True):
        self = int.__new__(cls, count)
        self.method = method
        if not in_place:
            self.in_place = False
        return self

    def __repr__(self):
        return "Copied(%d, method=%r, in_place=%r)" % (self, self.method, self.in_place)

    def __reduce__(self):
        return Copied, (int(self), self.method, self.in_place)


def copy(src, dst, *, count=None, offset=None, progress=None, sync=False, reflink="auto", atomic=True):
    """Copy bytes from a path, a descriptor, a socket or a binary file object to another.

    These calls are tried in turn: a reflink, copy_file_range(2), sendfile(2), splice(2), read and write. If one turns
    out not to work, the next one continues at the byte that it reached. Holes of sparse files stay holes if ``dst`` is
    written past its end. The buffers of file objects are respected: they are flushed, and the position is left where
    reading or writing would have left it. Objects whose descriptor may not carry the same bytes (in memory, compressed,
    TLS, subclasses) are read and written by their methods, as ``shutil.copyfileobj`` does.

    Unlike splice(), it never leaves pages of a file in a pipe, so later writes to ``src`` do not change what was
    copied, except for data that a socket has not sent yet when sendfile(2) returns. Up to 64 KiB of a file are read and
    written, holes included, since that is faster.

    Any number of threads may copy at once. If two of them use the same file object, socket or descriptor, their bytes
    are mixed in no particular order.

    Args:
        src: a path, a descriptor, a socket, or a binary file object.
        dst: the same. It need not exist if it is a path.
        count: the largest number of bytes to copy; all if None.
        offset: the offset in ``src`` to begin at, in bytes; its position then does not move. None: its position.
        progress: called as ``progress(done, total)``, in bytes, at most ten times a second and once at the end;
            ``total`` is None if it is not known. An exception that it raises ends the copy.
        sync: return only when the content, and for a path the name, is on the disk (fsync).
        reflink: "auto": share blocks if the file system can; "always": raise OSError if it cannot; "never": copy them.
        atomic: replace a path in one step once everything is written, so that a copy that fails leaves the old file
            unchanged. If replacing would lose the owner, mode, access control list, extended attributes or other names,
            or is not possible (devices, bind mounts, directories that accept no new file, too little space for both),
            the path is written in place nevertheless. False: always write in place, as ``shutil.copyfile``. In either
            case the permission bits are those that shutil.copyfile leaves, not those of ``src``.

    Returns:
        Copied: the number of bytes, an int with ``method`` and ``in_place``.

    Raises:
        OSError: the copy failed. It has the names of both paths; every exception from the transfer has ``moved`` and
            ``undelivered``, as those of splice(). It is a BlockingIOError only if an object is not ready that has no
            descriptor to wait for.
        shutil.SameFileError: ``src`` and ``dst`` are the same file.
        TypeError: ``src`` or ``dst`` has another type.
        ValueError: a descriptor is closed or not open for reading or writing, or ``progress`` or a signal handler
            closes it (if another thread does, that is noticed within 50 ms); or ``reflink`` is none of the three.
        socket.timeout: no byte was moved for the timeout of a socket.
    """
    count, offset = _checked(count, offset, progress, reflink)
    if is_path(src) or is_path(dst):
        if count is offset is progress is None and not sync and reflink == "auto" and is_path(src) and is_path(dst):
            copied = _copy_at_once(src, dst, atomic)
            if copied is not None:
                return copied
        return _copy_paths(src, dst, count, offset, progress, sync, reflink, atomic, None)
    copied = _copy_between(src, dst, count, offset, progress, reflink)
    if sync:
        _sync(dst)
    return copied


def copy_before_commit(src, dst, *, progress=None, atomic=True, sparse=True, finish=None):
    """copy() for ``zcio.shutil``, with two more arguments.

    ``finish(path)`` is called when everything is written, before a new file is renamed to ``dst``; ``path`` is its
    temporary name. It is called again with ``dst`` if the rename fails and that is written in place. ``sparse=False``
    writes zeros for the holes of the source.
    """
    _checked(None, None, progress, "auto")
    reflink = "auto" if sparse else None
    if not is_path(src) and not is_path(dst):
        return _copy_between(src, dst, None, None, progress, reflink)
    return _copy_paths(src, dst, None, None, progress, False, reflink, atomic, finish)


def _checked(count, offset, progress, reflink):
    """``count`` and ``offset`` as ints or None. Raises TypeError, ValueError, OverflowError."""
    if reflink not in _REFLINK:
        raise ValueError("reflink must be one of %s" % ", ".join(map(repr, _REFLINK)))
    if progress is not None and not callable(progress):
        raise TypeError("progress must be callable, not %s" % type(progress).__name__)
    return not_negative(count, "count"), not_negative(offset, "offset")


def _copy_at_once(src, dst, atomic):
    """Copy a small regular file to a path in one native call. Returns a Copied, or None if that was not possible.

    Then the caller copies it in steps; audit hooks are called again.
    """
    names = os.fsencode(src), os.fsencode(dst)
    if b"\0" in names[0] + names[1]:
        return None
    _audit("open", os.fspath(src), "rb", os.O_RDONLY)
    _audit("open", os.fspath(dst), None, os.O_WRONLY)
    small = small_copy()
    try:
        copy_path(names[0], names[1], ATOMIC if atomic else IN_PLACE, small)
        return Copied(small.count, SMALL_METHODS[small.method], not atomic) if small.all else None
    except BaseException as error:
        if small.all:
            report(error, small.count, b"")
        raise


def _copy_paths(src, dst, count, offset, progress, sync, reflink, atomic, finish):
    """Copy from a path, to a path, or both."""
    from_path, to_path = is_path(src), is_path(dst)
    opened = []
    replacement = AtomicFile(dst, atomic) if to_path else None
    try:
        try:
            if from_path:
                # In one step, as in uninterrupted(), so that it is closed whenever a signal handler raises.
                opened.extend(map(io.FileIO, (os.fspath(src),), ("rb",)))
            begin, end = opened[0] if from_path else src, dst
            if to_path:
                size = _refuse_same(begin, from_path, src, dst)
                replacement.open(size)
                replacement.empty()
                end = replacement.file
            copied = _copy_between(begin, end, count, offset, progress, reflink)
            if finish is not None:
                finish(replacement.temporary or dst)
            if replacement is not None:
                copied.in_place = replacement.commit(sync, finish)
            elif sync:
                _sync(end)
            return copied
        finally:
            _close(replacement, opened)
    except OSError as error:
        if error.filename is None and error.errno is not None:
            _name(error, src if from_path else None, dst if to_path else None)
        raise
    finally:
        # Once more, in case that a signal handler raised when the call above began. PyPy, which counts no references,
        # would else keep the files open until it collects garbage.
        _close(replacement, opened)


def _close(replacement, opened):
    try:
        if replacement is not None:
            replacement.close()
    finally:
        for file in opened:
            file.close()


def copy_whole(src, dst):
    """Copy a file without holes to an empty one, both buffered, at position 0. Raises OSError as move() does.

    Returns False, and copies nothing, if one of them is something else.
    """
    src, dst = Descriptor(src.raw), Descriptor(dst.raw)
    try:
        clone_file(dst, src)
        return True
    except (OSError, NotImplementedError) as error:
        if getattr(error, "errno", 0) is None:
            raise
    return move(src, dst, 0, 0, None, 0, ALL_METHODS, ordinary=True) is not None


def _name(error, src, dst):
    if src is None or dst is None:
        error.filename = os.fspath(dst if src is None else src)
    else:
        error.filename, error.filename2 = os.fspath(src), os.fspath(dst)


def _refuse_same(begin, from_path, src, dst):
    """Raise SameFileError if ``dst`` is the path of the source. Returns the size of the source, 0 if it is unknown."""
    if from_path:
        about = os.fstat(begin.fileno())
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISBLK(about.st_mode)):
            return 0
        identity, size = (about.st_dev, about.st_ino), about.st_size
    else:
        end = source(begin)
        if not end.is_file:
            return 0
        identity, size = (end.about.device, end.about.inode), end.about.size
    try:
        there = os.stat(dst)
    except OSError as error:
        if error.errno is None:
            raise
        return size
    if identity == (there.st_dev, there.st_ino):
        from shutil import SameFileError

        raise SameFileError("%r and %r are the same file" % (src, dst))
    return size


def _sync(end):
    end = sink(end)
    if end.is_file:
        fsync(next(iter(end.descriptor)))


def _copy_between(begin, end, count, offset, progress, reflink):
    """Copy between two objects. Returns a Copied."""
    small = small_copy()
    try:
        if progress is None and reflink == "auto" and count != 0:
            _copy_small(begin, end, count, offset, small)
            if small.all:
                return Copied(small.count, SMALL_METHODS[small.method])
            moved = small.count
            if not moved and offset is None and _is_stream(begin):
                copied = _copy_from_stream(begin, end, count)
                if copied is not None:
                    return copied
        else:
            moved = 0
        if moved:
            count = None if count is None else count - moved
            offset = None if offset is None else offset + moved
        begin, end = source(begin), sink(end)
        if count == 0:  # do not even peek at a pipe
            if progress is not None:
                progress(0, 0)
            return Copied(moved, "read/write")
        copied = _Copy(begin, end, count, offset, progress, reflink).run()
        return Copied(moved + copied, copied.method) if moved else copied
    except BaseException as error:
        if small.count:
            report(error, small.count + getattr(error, "moved", 0), getattr(error, "undelivered", b""))
        raise


def _copy_small(src, dst, count, offset, small):
    """Copy the rest of a small file in one native call, if both are usual objects with a descriptor.

    Stores in ``small`` how much was copied, as copy_small() does; positions are after that.
    """
    begin, end = pass_through(src), pass_through(dst)
    if begin is None or end is None:
        return
    seek = target = None
    if type(src) in BUFFERED:
        if not src.seekable():
            return
        if src.writable():
            src.flush()
        if offset is None:
            # Its own seek() has to move the position, since its buffer has to agree.
            offset, seek = src.tell(), src.seek
    if offset is not None:
        small.src_offset = offset
    if count is not None:
        small.limit = count
    if type(dst) is io.BufferedRandom:
        if "a" in dst.raw.mode:
            return
        dst.flush()
        small.dst_offset = target = dst.tell()
    elif not _is_flushed(dst):
        return
    try:
        copy_small(once(begin), once(end), small, seek)
    except OSError as error:
        if error.errno is not None:
            report(error, 0, b"")
        raise
    finally:
        if target is not None and not dst.closed:
            dst.seek(target + small.count)


def _is_flushed(dst):
    """Whether the position of the descriptor of ``dst`` may be used, after flushing a buffered file.

    Not of a BufferedRandom, which would have to be told that the position has moved. A BufferedWriter asks its raw
    file.
    """
    if type(dst) not in BUFFERED:
        return True
    if type(dst) is not io.BufferedWriter or not dst.seekable():
        return False
    dst.flush()
    return True


def _is_stream(src):
    """Whether this is an unbuffered pipe or socket."""
    if is_plain_socket(src):
        return True
    if pass_through(src) is not src:
        return False
    try:
        mode = Descriptor(src).call(os.fstat).st_mode
    except OSError as error:
        if error.errno is None:
            raise
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _copy_from_stream(src, dst, count):
    """Copy from an unbuffered pipe or socket to a usual object. Returns a Copied, or None if nothing was copied because
    the object is none."""
    end = pass_through(dst)
    if end is None or not _is_flushed(dst):
        return None
    timeouts = [timeout for timeout in (timeout_of(src), timeout_of(dst)) if timeout is not None]
    progress = Progress(None, count, min(timeouts) if timeouts else None)

    def between(moved):
        progress.at(moved)
        for name, file in (("src", src), ("dst", dst)):
            if is_closed(file):
                raise ValueError("%s was closed during the copy" % name)

    done = move(Descriptor(src), Descriptor(end), None, None, count, 0, ALL_METHODS, between, ordinary=True)
    return None if done is None else Copied(done[0], METHODS[done[1]])


class _Copy:
    """One copy between two Endpoints. ``reflink`` is as for copy(), or None to keep no holes either."""

    def __init__(self, begun, end, count, offset, progress, reflink):
        self.src = begun
        self.dst = end
        self.count = count
        self.reflink = reflink
        self.moved = 0
        self.method = "read/write"
        self._check_open()  # if an end was closed meanwhile, its description may be that of another file
        begun.start(offset)
        try:
            end.start(None)
        except BaseException:
            begun.restore_position(0)
            raise
        if begun.is_file and end.is_file and _one_file(begun, end):
            self.count = within_one_file(begun.about.size, begun.offset, _target(end), count)
        timeouts = [side.timeout for side in (begun, end) if side.timeout is not None]
        self.progress = Progress(progress, self._total(), min(timeouts) if timeouts else None)

    def _check_open(self):
        """Raise ValueError if an end was closed. Called before each step that uses the descriptors.

        A signal handler, the progress callback or an object's own read() or write() may close a file, and another file
        may get its number.
        """
        for name, end in (("src", self.src), ("dst", self.dst)):
            if end.is_closed():
                raise ValueError("%s was closed during the copy" % name)

    def _between(self, base):
        tell = self.progress.between(base)

        def between(moved):
            if tell is not None:
                tell(moved)
            self._check_open()

        return between

    def _total(self):
        if not self.src.is_file or not self.src.about.size:
            return self.count
        there = max(0, self.src.about.size - self.src.offset)
        return there if self.count is None else min(there, self.count)

    def run(self):
        """Copy everything. Returns a Copied."""
        try:
            self._copy_all()
            self.progress.end(self.moved)
        except BaseException as error:
            moved = self.moved + getattr(error, "moved", 0)
            report(error, moved, getattr(error, "undelivered", b""))
            self.moved = moved
            raise
        finally:
            # If this fails too, Python chains the exceptions and shows both.
            self.src.restore_position(self.moved)
            self.dst.restore_position(self.moved)
        return Copied(self.moved, self.method)

    def _copy_all(self):
        src, dst = self.src, self.dst
        if src.descriptor is None or dst.descriptor is None or self._is_small():
            self._read_and_write(lambda: True)
            return
        if src.lead:
            self._read_and_write(lambda: src.lead)
            if self._left() == 0:
                return
        if self._clone():
            return
        if src.is_file and dst.is_file and self._has_holes():
            self._copy_extents()
        self._move(self._left(), self._methods())

    def _is_small(self):
        """Whether one read gets everything, which takes fewer system calls than any other way."""
        src, dst = self.src, self.dst
        return (
            src.is_file
            and 0 < src.about.size - src.offset <= PIECE
            and self.reflink != "always"
            and not src.about.direct
            and not dst.about.direct
        )

    def _left(self):
        return None if self.count is None else self.count - self.moved

    def _methods(self):
        if self.reflink is None or self.src.is_file and self.dst.about.kind == PIPE:
            # A pipe is read after copy() returns. If it referred to the pages of the file, later writes would show in
            # it.
            return _BY_READING
        return SPLICE_METHODS if self.reflink == "never" else ALL_METHODS

    def _move(self, limit, methods):
        if limit == 0:
            return 0
        src, dst = self.src, self.dst
        count, method = move(
            src.about,
            dst.about,
            src.offset + self.moved if src.is_file else None,
            dst.offset + self.moved if dst.offset is not None else None,
            limit,
            0,
            methods,
            self._between(self.moved),
        )
        if count or not self.moved:
            self.method = METHODS[method]
        self.moved += count
        return count

    def _clone(self):
        """Share the blocks of a whole file with an empty one. Returns whether that was possible."""
        if self.reflink in (None, "never"):
            return False
        src, dst = self.src, self.dst
        whole = src.is_file and dst.is_file and src.offset == 0 and dst.offset == 0 and not dst.appends
        size = src.descriptor.call(os.fstat).st_size if whole else 0
        whole = whole and (self.count is None or self.count >= size) and dst.descriptor.call(os.fstat).st_size == 0
        if not whole or not size:
            if self.reflink == "always" and (size or not whole):
                raise ValueError("reflink: only a whole file can be cloned, into an empty file")
            return False
        try:
            clone_file(dst.descriptor, src.descriptor)
        except (OSError, NotImplementedError) as error:
            if self.reflink == "always" or getattr(error, "errno", 0) is None:
                raise
            return False
        self.moved = dst.descriptor.call(os.fstat).st_size
        self.method = "reflink"
        return True

    def _has_holes(self):
        """Whether the source has holes that can stay holes, because they are written past the end of the sink."""
        about = self.src.descriptor.call(os.fstat)
        if self.reflink is None or self.dst.about.kind != FILE or self.dst.offset is None:
            return False
        if about.st_blocks * 512 >= about.st_size:
            return False
        there = self.dst.descriptor.call(os.fstat)
        # Not for a device (which has a size of 0 here): if nothing is written for a hole, its old content stays.
        return stat.S_ISREG(there.st_mode) and self.dst.offset >= there.st_size

    def _copy_extents(self):
        """Copy the data of a sparse file and leave out its holes, up to its present size."""
        src, dst, methods = self.src, self.dst, self._methods()
        size = src.descriptor.call(os.fstat).st_size
        end = size if self.count is None else min(size, src.offset + self.count)
        at = src.offset + self.moved
        before = src.descriptor.call(os.lseek, 0, os.SEEK_CUR)
        try:
            while at < end:
                data = _next(src.descriptor, at, _SEEK_DATA, end)
                self.moved = data - src.offset
                hole = _next(src.descriptor, data, _SEEK_HOLE, end) if data < end else end
                if self._move(hole - data, methods) < hole - data:
                    break  # the file was truncated meanwhile
                at = hole
        finally:
            if not src.is_closed():
                src.descriptor.call(os.lseek, before, os.SEEK_SET)
        reached = dst.offset + self.moved
        if self.moved and dst.descriptor.call(os.fstat).st_size < reached:
            truncate(dst.descriptor, reached)

    def _read_and_write(self, continues):
        """Copy by reading and writing, to the end or until ``continues()`` is false."""
        src, dst = self.src, self.dst
        while self._left() != 0 and continues():
            left = self._left()
            data = src.read_some(PIECE if left is None else min(PIECE, left), self.moved)
            if not data:
                return
            given = 0
            while given < len(data):
                try:
                    given += dst.write_some(data[given:] if given else data, self.moved + given)
                except BaseException as error:
                    report(error, given, b"" if src.is_file else data[given:])
                    raise
            self.moved += given
            self.progress.at(self.moved)


def _one_file(src, dst):
    return (src.about.device, src.about.inode) == (dst.about.device, dst.about.inode)


def _target(end):
    return end.descriptor.call(os.fstat).st_size if end.offset is None else end.offset


def _next(descriptor, at, whence, end):
    """The offset of the next data or hole (``whence``) at or after ``at``; ``end`` if there is none before that."""
    try:
        return min(seek(descriptor, at, whence), end)
    except OSError as error:
        if error.errno == ENXIO:
            return end
        if error.errno is None:
            raise
        # The file system does not report holes: everything is data.
        return at if whence == _SEEK_DATA else end
