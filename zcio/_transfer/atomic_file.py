"""AtomicFile, which writes a path either through a new file that then replaces the old one, or in place."""

import itertools
import os
import stat
from errno import EACCES, EBUSY, EEXIST, ENOENT, EPERM, ETXTBSY
from io import FileIO
from time import monotonic

from zcio._core.transfer import describe, file_flags, fsync
from zcio._transfer.descriptors import Descriptor
from zcio._transfer.moving import ALL_METHODS, move

__all__ = ["AtomicFile"]

# Flags for every open(), as far as the platform has them.
_FLAGS = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOCTTY", "O_BINARY", "O_NOINHERIT"))
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)

# The number of further temporary names to try if one is taken.
_TRIES = 100

# os.replace() fails with these errors over a mount point, and in a sticky directory if another user owns the old file.
_CANNOT_REPLACE = (EBUSY, EPERM, EACCES)


class AtomicFile:
    """Writes the file at ``path`` so that other processes see either its old content or all of the new one.

    The content goes to a new file in the same directory, under a temporary name, which commit() renames to ``path``. An
    existing file is replaced like this only if the result differs from a file written in place by nothing but its
    inode: the new file must have the same owner, mode, extended attributes (access control lists and labels are among
    them) and chattr(1) flags, and the old one must have no other name. Everything else is written in place: devices,
    mount points, files in directories that accept no new file, and files for which the disk has no room twice. A
    symbolic link is followed. A running program can only be replaced, not written in place.

    ``file`` is a FileIO open for writing. With ``atomic=False`` it always writes in place, and a copy that fails leaves
    what it has written, as ``open(path, "wb")`` does.

    Its native twin, ``NewFile`` (rust/src/transfer/new_file.rs), does the same for small files and the usual targets in
    a single call. It leaves all others, and every error, to this class. A rule for which files may be replaced belongs
    in both.

    The constructor does nothing, so that close() can undo whatever open() did, even if a signal handler raises at any
    point. One thread at a time may use it. In a child forked meanwhile, commit() raises RuntimeError and close()
    removes no file, since the files are the parent's.
    """

    def __init__(self, path, atomic=True):
        self._asked = path
        self._atomic = atomic
        self.path = self.temporary = None
        self.file = self._existing = self._old = None
        self._made = False
        self._directories = []
        self._process = os.getpid()

    def open(self, size):
        """Open the file for about ``size`` bytes (0: unknown). Raises OSError, with the path that the caller gave."""
        try:
            while self._open_existing():
                self._old = os.fstat(self._existing.fileno())
                if self._atomic and not self._made:
                    if self._is_replaceable(size) and self._create_alike():
                        return
                    if not self._is_link() and self._was_replaced():
                        self._existing.close()
                        self._existing = None
                        continue
                if not self._existing.writable():
                    raise OSError(ETXTBSY, os.strerror(ETXTBSY))
                self.file = self._existing
                return
            self._create(0o666)
        except OSError as error:
            raise self._named(error) from None

    def _named(self, error):
        """``error`` with the path that the caller gave, not the temporary one. Without an errno it comes from a signal
        handler (TimeoutError, say) and stays as it is."""
        return error if error.errno is None else OSError(error.errno, error.strerror, os.fspath(self._asked))

    def _open_existing(self):
        """Open the existing file. Returns whether there is one.

        The caller's own path is opened, so that it is the kernel which follows a link, or refuses one of another user
        in /tmp (protected_symlinks). It is opened for writing, so that a file that may not be written is not replaced
        either.
        """
        try:
            self._open("_existing", self._asked, os.O_WRONLY)
        except OSError as error:
            if error.errno == ETXTBSY and self._atomic:
                self._open("_existing", self._asked, os.O_RDONLY)
                return True
            if error.errno != ENOENT:
                raise
            directory, name = os.path.split(self._asked)
            if not name:
                raise
            # A dangling link is followed too: the file that it names is created.
            if self._atomic and not self._is_link():
                self.path = _absolute(directory, name)
                return False
            # Set before the file exists, so that close() removes it even if a signal handler raises in between.
            self._made = self._atomic
            self._open("_existing", self._asked, os.O_WRONLY | os.O_CREAT)
        return True

    def _open(self, attribute, path, flags, mode=0o666):
        """Set an attribute to a FileIO of os.open(path, flags, mode), in one step as in uninterrupted(). Refuses
        directories."""
        kind = "r+b" if flags & os.O_RDWR else "wb" if flags & os.O_WRONLY else "rb"
        descriptors = map(os.open, (path,), (flags | _FLAGS,), (mode,))
        next(map(setattr, (self,), (attribute,), map(FileIO, descriptors, (kind,))))

    def _was_replaced(self):
        """Whether another process has replaced the file that was opened: what is written to that one would be lost."""
        try:
            there = os.stat(self._asked)
        except FileNotFoundError:
            return True
        return (there.st_dev, there.st_ino) != (self._old.st_dev, self._old.st_ino)

    def _is_replaceable(self, size):
        there = _lstat(self._asked)
        if there is not None and stat.S_ISLNK(there.st_mode):
            self.path = os.path.realpath(self._asked)
            there = _lstat(self.path)
        else:
            directory, name = os.path.split(self._asked)
            self.path = _absolute(directory, name)
        return (
            stat.S_ISREG(self._old.st_mode)
            and self._old.st_nlink == 1
            # Write in place, so that the kernel clears these bits as it does for any write but root's.
            and not self._old.st_mode & (stat.S_ISUID | stat.S_ISGID)
            # The path may name another file by now.
            and self._is_old(there)
            and (not size or size <= _free_space(self._existing.fileno()))
        )

    def _is_link(self):
        there = _lstat(self._asked)
        return there is not None and stat.S_ISLNK(there.st_mode)

    def _is_old(self, there):
        """Whether a result of _lstat() is that of the file that was opened."""
        return there is not None and (there.st_dev, there.st_ino) == (self._old.st_dev, self._old.st_ino)

    def _create(self, mode):
        """Make a new file with an unused temporary name, never through a link."""
        directory = os.path.dirname(self.path)
        for number in itertools.count():
            # Set before the file exists, so that close() removes it even if a signal handler raises in between.
            # Not os.urandom(), whose descriptor PyPy leaves open then.
            name = ".%012x.part" % (int(monotonic() * 1e9) + number & 0xFFFFFFFFFFFF)
            self.temporary = os.path.join(directory, name if isinstance(directory, str) else name.encode())
            try:
                self._open("file", self.temporary, _NEW, mode)
                return
            except OSError as error:
                if error.errno is None:
                    raise  # a signal handler's; the file may exist
                if error.errno != EEXIST or number == _TRIES:
                    self.temporary = None
                    raise

    def _create_alike(self):
        """Make a new file with the attributes of the old one. Returns whether that was possible."""
        old = self._old
        try:
            self._create(0o600)
            fd = self.file.fileno()
            new = os.fstat(fd)
            if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
                os.fchown(fd, old.st_uid, old.st_gid)
            os.fchmod(fd, stat.S_IMODE(old.st_mode))
            alike = _attributes(fd, os.fstat(fd)) == _attributes(self._existing.fileno(), old)
        except OSError as error:
            if error.errno is None:
                raise
            alike = False  # this directory accepts no new file, or none with this owner
        if not alike:
            self._drop()
        return alike

    @property
    def replaces(self):
        """Whether the content goes to a new file."""
        return self.temporary is not None

    def empty(self):
        """Truncate a file that is written in place."""
        if not self.replaces and self._old.st_size and stat.S_ISREG(self._old.st_mode):
            os.ftruncate(self.file.fileno(), 0)

    def commit(self, sync, finish=None):
        """Rename the new file to ``path``. If that is not possible, write in place and call ``finish(path)``.

        With ``sync``, content and name are on the disk when this returns. Returns whether the file was written in
        place.
        """
        if self._is_in_child():
            raise RuntimeError("the process was forked during copy(): only the parent can finish the new file")
        if sync:
            _sync(self.file.fileno())
        in_place = not self.replaces or not self._replace()
        if self.replaces:
            self._write_in_place(sync, finish)
        elif sync and not in_place:
            self._directories.extend(map(os.open, (os.path.dirname(self.path) or os.curdir,), (os.O_RDONLY | _FLAGS,)))
            _sync(self._directories[0])
        self._made = False
        return in_place

    def _replace(self):
        """Rename the new file to the path. Returns whether that was possible."""
        try:
            os.replace(self.temporary, self.path)
        except OSError as error:
            if error.errno not in _CANNOT_REPLACE or self._existing is None or not self._existing.writable():
                raise self._named(error) from None
            return False
        self.temporary = None
        return True

    def _write_in_place(self, sync, finish):
        existing = self._existing.fileno()
        os.ftruncate(existing, 0)
        src, dst = describe(Descriptor(self.file)), describe(Descriptor(self._existing))
        move(src, dst, 0, 0, None, 0, ALL_METHODS)
        if finish is not None:
            finish(self._asked)
        if sync:
            _sync(existing)
        self._drop()

    def close(self):
        """Close the file. A new file that was not committed is removed. May be called again."""
        try:
            if self._made and self._existing is not None and not self._is_in_child():
                self.path = os.path.realpath(self._asked)
                if not self._existing.closed:
                    self._old = os.fstat(self._existing.fileno())
                if self._old is not None and self._is_old(_lstat(self.path)):
                    os.unlink(self.path)
                self._made = False
            self._drop()
        finally:
            if self._existing is not None:
                self._existing.close()
            if self._directories:
                next(map(os.close, map(list.pop, (self._directories,))))

    def _is_in_child(self):
        return (self.replaces or self._made) and os.getpid() != self._process

    def _drop(self):
        if self.file is not None:
            self.file.close()
        if self.temporary is not None and not self._is_in_child():
            try:
                os.unlink(self.temporary)
            except FileNotFoundError:
                pass  # an exception came before the file was made, or after it was renamed
            except OSError as error:
                raise self._named(error) from None
            self.temporary = None


def _absolute(directory, name):
    """The path of ``name`` in ``directory``, absolute so that chdir() during the copy does not matter.

    It is relative if only that leads there, because a directory above may not be searched.
    """
    absolute = os.path.abspath(directory)
    return os.path.join(directory if _lstat(absolute) is None else absolute, name)


def _free_space(fd):
    """The number of free bytes on the file system of ``fd``."""
    about = os.fstatvfs(fd)
    return about.f_bavail * about.f_frsize


def _lstat(path):
    """os.lstat(), or None if that fails. Not os.path.islink(), which would swallow a signal handler's OSError."""
    try:
        return os.lstat(path)
    except OSError as error:
        if error.errno is None:
            raise
        return None


def _attributes(fd, about):
    """The attributes that an atomic replacement must keep: mode, owner, flags and extended attributes. ``about`` is the
    result of fstat(2)."""
    extended = None
    if hasattr(os, "listxattr"):
        try:
            extended = {name: os.getxattr(fd, name) for name in os.listxattr(fd)}
        except OSError as error:
            if error.errno is None:
                raise
    return about.st_mode, about.st_uid, about.st_gid, file_flags(fd), extended


def _sync(fd):
    try:
        fsync(fd)
    except NotImplementedError:
        os.fsync(fd)
