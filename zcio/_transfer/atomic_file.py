"""Writing a file under another name, so that its own never holds half of it."""

import os
import stat

from zcio._core.transfer import fsync

__all__ = ["OPEN_FLAGS", "AtomicFile"]

# What every file is opened with, as far as the platform has it.
OPEN_FLAGS = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOCTTY", "O_BINARY", "O_NOINHERIT"))

_OWNER_ONLY = 0o600


class AtomicFile:
    """A new file that takes the place of ``path`` once it is complete.

    Nothing is done before open(), so that an exception at any point, a signal handler's too, leaves something that
    close() can take back. The file is written under a temporary name in the same directory, readable by its owner
    alone, and renamed to ``path`` by commit(). It gets the permission bits that ``open(path, "wb")`` would leave:
    those of the file there was, whose owner it keeps too, or what the umask gives; as after a write, it is not
    set-user-ID. A symbolic link is followed where the kernel does. What cannot be replaced is written in place: devices
    and pipes, a file with several names (hard links), one whose owner cannot be kept, or one in a directory that takes
    no new files.

    ``fd``: open for writing. ``replaces``: whether there is a temporary file.
    """

    def __init__(self, path):
        self._asked = path
        self.path = self.directory = self.temporary = None
        self.fd = self._existing = -1
        self._old = self._new_mode = None
        self._made = False

    def open(self):
        """Make the file. Raises OSError."""
        try:
            self._open()
        except OSError as error:
            # Of the file that was asked for, not of the one that was to become it.
            error.filename = os.fspath(self._asked)
            raise

    def _open(self):
        if not self._open_existing():
            self._new_mode = self._probe()
            self._make(_OWNER_ONLY)
            return
        self._old = os.fstat(self._existing)
        self._locate(os.path.realpath(os.fsencode(self._asked)))
        if not stat.S_ISREG(self._old.st_mode) or self._old.st_nlink > 1 or not self._is_it() or not self._begin():
            self.fd, self._existing = self._existing, -1

    def _open_existing(self):
        """Whether there is a file to be replaced. By the name that was asked for: it is the kernel that follows a
        link, or refuses one that others may have laid (in /tmp). And who may not write the file may not replace it."""
        try:
            self._existing = os.open(self._asked, os.O_WRONLY | OPEN_FLAGS)
        except FileNotFoundError:
            directory, name = os.path.split(os.fsencode(self._asked))
            if not name:
                raise
            if not os.path.islink(self._asked):
                self._locate(os.path.join(os.path.realpath(directory), name))
                return False
            # A link to nothing. Known before it is there, as in _make().
            self._made = True
            self._existing = os.open(self._asked, os.O_WRONLY | os.O_CREAT | OPEN_FLAGS, 0o666)
        return True

    def _locate(self, path):
        self.path = os.fsdecode(path)
        self.directory = os.path.dirname(self.path)

    def _is_it(self):
        """Whether the file that was opened has the name that the links lead to, which may have changed meanwhile."""
        try:
            there = os.lstat(self.path)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (self._old.st_dev, self._old.st_ino)

    @property
    def replaces(self):
        """Whether the file is not yet there under its name."""
        return self.temporary is not None

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
        self._made = False

    def close(self):
        """Close it; without commit() nothing of it stays."""
        try:
            self._drop()
            if self._made and self._old is not None and self._is_it():
                os.unlink(self.path)
        finally:
            existing, self._existing = self._existing, -1
            if existing >= 0:
                os.close(existing)

    def _probe(self):
        """The permission bits of a new file here: what the umask and the directory's own rules leave of 0666."""
        self._make(0o666)
        mode = stat.S_IMODE(os.fstat(self.fd).st_mode)
        self._drop()
        return mode

    def _make(self, mode):
        """A file of a name that there is not yet; never through a link that lay there."""
        import tempfile

        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | OPEN_FLAGS
        # Known before it is there: it is taken back even where a signal's exception comes in between.
        self.temporary = tempfile.mktemp(prefix=".", suffix=".part", dir=self.directory)
        try:
            self.fd = os.open(self.temporary, flags, mode)
        except OSError:
            self.temporary = None
            raise

    def _drop(self):
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)
        if self.temporary is not None:
            try:
                os.unlink(self.temporary)
            except FileNotFoundError:
                pass  # an exception came before it was made, or after it was renamed
            self.temporary = None

    def _begin(self):
        """A temporary file that can take the place of the old one; False where there can be none."""
        try:
            self._make(_OWNER_ONLY)
            made = os.fstat(self.fd)
            if (made.st_uid, made.st_gid) != (self._old.st_uid, self._old.st_gid):
                os.fchown(self.fd, self._old.st_uid, self._old.st_gid)
        except PermissionError:
            self._drop()
            return False
        self._new_mode = stat.S_IMODE(self._old.st_mode) & ~(stat.S_ISUID | stat.S_ISGID)
        return True


def _sync(fd):
    try:
        fsync(fd)
    except NotImplementedError:
        os.fsync(fd)
