"""A path to be written: by a new file that takes the name of the old one in one step, or in place."""

import os
import stat
from errno import EACCES, EBUSY, EEXIST, ENOENT, EPERM, ETXTBSY
from io import FileIO

from zcio._core.transfer import file_flags, fsync
from zcio._transfer.moving import ALL_METHODS, move

__all__ = ["AtomicFile"]

# What every file is opened with, as far as the platform has it.
_FLAGS = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOCTTY", "O_BINARY", "O_NOINHERIT"))
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)

# A rename fails so over a mount point, and in directories where others own the old file.
_CANNOT_REPLACE = (EBUSY, EPERM, EACCES)


class AtomicFile:
    """The file at ``path``, written so that its name never holds half of the content.

    The content goes to a new file in the same directory, under a temporary name, which commit() renames to ``path``.
    An existing file is replaced so only if nothing but the inode tells the result from a file written in place: its
    owner, mode, extended attributes (access control lists and labels are such) and chattr(1) flags are those of the new
    file, and it has no other name. Everything else is written in place: devices, mount points, files in directories
    that take no new ones, and files that are too large for a second copy. A symbolic link is followed by the kernel. A
    program that runs cannot be written in place, only replaced.

    Nothing happens before open(), so that an exception at any point, a signal handler's too, leaves something that
    close() can take back. One thread at a time.

    ``file``: a FileIO open for writing. ``replaces``: whether the content goes to a new file. ``atomic``: False writes
    in place always, and leaves what was written if the copy fails, as ``open(path, "wb")`` does.
    """

    def __init__(self, path, atomic=True):
        self._asked = path
        self._atomic = atomic
        self.path = self.temporary = None
        self.file = self._existing = self._old = None
        self._made = False

    def open(self, size):
        """Open it; ``size`` bytes are expected (0: unknown). Raises OSError, with the path that was asked for."""
        try:
            while self._open_existing():
                self._old = os.fstat(self._existing.fileno())
                if self._atomic and not self._made:
                    if self._is_replaceable(size) and self._create_alike():
                        return
                    if not self._is_link() and self._is_replaced_by_now():
                        existing, self._existing = self._existing, None
                        existing.close()
                        continue
                if not self._existing.writable():
                    raise OSError(ETXTBSY, os.strerror(ETXTBSY))
                self.file = self._existing
                return
            self._create(0o666)
        except OSError as error:
            raise self._named(error) from None

    def _named(self, error):
        """``error`` of the file that was asked for, never of the temporary one. Without an errno it is not the system's
        (a signal handler may raise TimeoutError), and stays as it is."""
        return error if error.errno is None else OSError(error.errno, error.strerror, os.fspath(self._asked))

    def _open_existing(self):
        """Whether there is a file to be written. The name that was asked for is opened: it is the kernel that follows a
        link, or refuses one that others may have laid (in /tmp). And who may not write the file may not replace it."""
        try:
            self._existing = _open(self._asked, os.O_WRONLY)
        except OSError as error:
            if error.errno == ETXTBSY and self._atomic:
                self._existing = _open(self._asked, os.O_RDONLY)
                return True
            if error.errno != ENOENT:
                raise
            directory, name = os.path.split(self._asked)
            if not name:
                raise
            # A link that leads nowhere is followed, too.
            if self._atomic and not self._is_link():
                self.path = os.path.join(os.path.abspath(directory), name)
                return False
            # Known before it is there, so that an exception in between leaves nothing.
            self._made = self._atomic
            self._existing = _open(self._asked, os.O_WRONLY | os.O_CREAT)
        return True

    def _is_replaced_by_now(self):
        """Whether the path leads to another file than the one that was opened: somebody replaced that one, so that what
        is written to it would be lost, and seen by readers who still have it open."""
        try:
            there = os.stat(self._asked)
        except FileNotFoundError:
            return True
        return (there.st_dev, there.st_ino) != (self._old.st_dev, self._old.st_ino)

    def _is_replaceable(self, size):
        if self._is_link():
            self.path = os.path.realpath(self._asked)
        else:
            directory, name = os.path.split(self._asked)
            self.path = os.path.join(os.path.abspath(directory), name)
        return (
            stat.S_ISREG(self._old.st_mode)
            and self._old.st_nlink == 1
            # The kernel takes these away from who writes, but not from root.
            and not self._old.st_mode & (stat.S_ISUID | stat.S_ISGID)
            # The name may lead elsewhere by now.
            and self._is_at_path()
            and (not size or size <= _room(self._existing.fileno()))
        )

    def _is_link(self):
        # os.path.islink() swallows what a signal handler raises, if that is an OSError.
        try:
            return stat.S_ISLNK(os.lstat(self._asked).st_mode)
        except OSError as error:
            if error.errno is None:
                raise
            return False

    def _is_at_path(self):
        try:
            there = os.lstat(self.path)
        except OSError as error:
            if error.errno is None:
                raise
            return False
        return (there.st_dev, there.st_ino) == (self._old.st_dev, self._old.st_ino)

    def _create(self, mode):
        """Make the new file, with a name that nothing has; never through a link."""
        directory = os.path.dirname(self.path)
        while True:
            # Known before it is there, so that close() takes it back whatever comes in between.
            name = ".%s.part" % "".join("%02x" % byte for byte in os.urandom(6))
            self.temporary = os.path.join(directory, name if isinstance(directory, str) else name.encode())
            try:
                self.file = _open(self.temporary, _NEW, mode)
                return
            except OSError as error:
                if error.errno is None:
                    raise  # a signal handler's, and the file may be there
                if error.errno != EEXIST:
                    self.temporary = None
                    raise

    def _create_alike(self):
        """Make the new file, if it can be like the old one."""
        old = self._old
        try:
            self._create(0o600)
            fd = self.file.fileno()
            new = os.fstat(fd)
            if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
                os.fchown(fd, old.st_uid, old.st_gid)
            os.fchmod(fd, stat.S_IMODE(old.st_mode))
            alike = _attributes(fd) == _attributes(self._existing.fileno())
        except OSError as error:
            if error.errno is None:
                raise
            alike = False  # no file can be made here, or none of this owner
        if not alike:
            self._drop()
        return alike

    @property
    def replaces(self):
        """Whether the content goes to a new file."""
        return self.temporary is not None

    def empty(self):
        """Make sure that nothing is left of what the file held, where it is written in place."""
        if not self.replaces and self._old.st_size and stat.S_ISREG(self._old.st_mode):
            os.ftruncate(self.file.fileno(), 0)

    def commit(self, sync, finish=None):
        """Give the file its name; with ``sync`` its content and name are on the disk when this returns. Where the name
        cannot be taken the old file is written, and ``finish(path)`` called. Returns whether that was so."""
        if sync:
            _sync(self.file.fileno())
        in_place = not self.replaces or not self._replace()
        if self.replaces:
            self._write_in_place(sync, finish)
        elif sync and not in_place:
            directory = os.open(os.path.dirname(self.path), os.O_RDONLY | _FLAGS)
            try:
                _sync(directory)
            finally:
                os.close(directory)
        self._made = False
        return in_place

    def _replace(self):
        """Whether the new file has the name of the old one now."""
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
        move(self.file.fileno(), existing, 0, 0, None, 0, ALL_METHODS)
        if finish is not None:
            finish(self._asked)
        if sync:
            _sync(existing)
        self._drop()

    def close(self):
        """Close it; without commit() nothing of a new file stays."""
        try:
            if self._made and self._existing is not None:
                self._old, self.path = os.fstat(self._existing.fileno()), os.path.realpath(self._asked)
                if self._is_at_path():
                    os.unlink(self.path)
            self._drop()
        finally:
            if self._existing is not None:
                self._existing.close()

    def _drop(self):
        if self.file is not None:
            self.file.close()
        if self.temporary is not None:
            try:
                os.unlink(self.temporary)
            except FileNotFoundError:
                pass  # an exception came before it was made, or after it was renamed
            except OSError as error:
                raise self._named(error) from None
            self.temporary = None


def _open(path, flags, mode=0o666):
    """os.open() of what is no directory, as a FileIO. In one step of C functions that ask each other, since a signal
    handler that raises between two steps of Python would leave the descriptor open."""
    kind = "r+b" if flags & os.O_RDWR else "wb" if flags & os.O_WRONLY else "rb"
    for file in map(FileIO, map(os.open, (path,), (flags | _FLAGS,), (mode,)), (kind,)):
        return file


def _room(fd):
    """Bytes free on the file system of ``fd``."""
    about = os.fstatvfs(fd)
    return about.f_bavail * about.f_frsize


def _attributes(fd):
    """What belongs to a file beside its content, times and inode."""
    about = os.fstat(fd)
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
