"""Writing a file under another name, so that its own never holds half of it."""

import os
import stat

from zcio._lib_transfer import fsync

__all__ = ["OPEN_FLAGS", "Replacement"]

# What every file is opened with, as far as the platform has it.
OPEN_FLAGS = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOCTTY", "O_BINARY", "O_NOINHERIT"))


class Replacement:
    """A new file that takes the place of ``path`` once it is complete.

    The file is written under a temporary name in the same directory, readable by its owner alone, and renamed to
    ``path`` by commit(). It gets the permission bits that ``open(path, "wb")`` would leave: those of the file there
    was, whose owner it keeps too, or what the umask gives. A symbolic link is followed. What cannot be replaced
    is written in place: devices and pipes, a file with several names (hard links), one whose owner cannot be kept, or
    one in a directory that takes no new files.

    ``fd``: open for writing. ``replaces``: whether there is a temporary file. Raises OSError.
    """

    def __init__(self, path):
        self.path = os.fsdecode(os.path.realpath(os.fsencode(path)))
        self.directory = os.path.dirname(self.path)
        self.temporary = None
        self.fd = -1
        self._old = self._new_mode = None
        try:
            self._old = os.stat(self.path)
        except FileNotFoundError:
            if str(os.fsdecode(path)).endswith(os.sep):
                raise
        try:
            self._open()
        except OSError as error:
            # Of the file that was asked for, not of the one that was to become it.
            error.filename = os.fspath(path)
            raise

    def _open(self):
        if self._old is None:
            self._new_mode = self._probe()
        else:
            # Asked of the kernel, and kept: who may not write the file may not replace it either.
            self.fd = os.open(self.path, os.O_WRONLY | OPEN_FLAGS)
            self._old = os.fstat(self.fd)
            if not stat.S_ISREG(self._old.st_mode) or self._old.st_nlink > 1 or not self._begin():
                return
        if self.temporary is None:
            self._make()

    @property
    def replaces(self):
        """Whether the file is not yet there under its name."""
        return self.temporary is not None

    @property
    def old(self):
        """os.stat() of the file there was, or None."""
        return self._old

    def empty(self):
        """Make sure that nothing is left of what the file held, where it is written in place."""
        if not self.replaces and self._old is not None and stat.S_ISREG(self._old.st_mode):
            os.ftruncate(self.fd, 0)

    def commit(self, sync):
        """Give the file its name; with ``sync`` its content and name are on the disk when this returns."""
        if self.replaces:
            os.fchmod(self.fd, self._new_mode)
        if sync:
            _sync(self.fd)
        if self.replaces:
            os.replace(self.temporary, self.path)
            self.temporary = None
            if sync:
                directory = os.open(self.directory, os.O_RDONLY | OPEN_FLAGS)
                try:
                    _sync(directory)
                finally:
                    os.close(directory)

    def close(self):
        """Close it; without commit() nothing of it stays."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)
        temporary, self.temporary = self.temporary, None
        if temporary is not None:
            os.unlink(temporary)

    def _probe(self):
        """The permission bits of a new file here: what the umask and the directory's own rules leave of 0666."""
        import tempfile

        name = tempfile.mktemp(prefix=".", dir=self.directory)
        fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | OPEN_FLAGS, 0o666)
        try:
            return stat.S_IMODE(os.fstat(fd).st_mode)
        finally:
            os.close(fd)
            os.unlink(name)

    def _make(self):
        import tempfile

        # Not readable for anybody else, never a link that lay there, closed on exec.
        self.fd, self.temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.directory)

    def _begin(self):
        """A temporary file that can take the place of the old one; False where there can be none."""
        existing = self.fd
        try:
            self._make()
        except PermissionError:
            self.fd = existing
            return False
        made = os.fstat(self.fd)
        try:
            if (made.st_uid, made.st_gid) != (self._old.st_uid, self._old.st_gid):
                os.fchown(self.fd, self._old.st_uid, self._old.st_gid)
        except PermissionError:
            self.close()
            self.fd = existing
            return False
        except BaseException:
            os.close(existing)
            raise
        os.close(existing)
        self._new_mode = stat.S_IMODE(self._old.st_mode)
        return True


def _sync(fd):
    try:
        fsync(fd)
    except NotImplementedError:
        os.fsync(fd)
