"""Directories with the same content for the shutil machine, and snapshots of their state."""

import contextlib
import errno
import os
import resource
import shutil
import socket
import stat
import tempfile
import time

__all__ = [
    "FIRST",
    "KINDS",
    "World",
    "existing",
    "error_of",
    "is_apart",
    "is_inside",
    "is_small",
    "limited",
    "make",
    "snapshot",
]

_NOBODY = 65534
# Times of modification lie in the past, so that they differ from that of any change. Access times lie in the future,
# since the kernel does not update those.
_PAST, _FUTURE = 10**18, 4 * 10**18
_TOO_LARGE = "[Errno %d]" % errno.EFBIG


class World:
    """A temporary directory. In a ``with`` block it is the current one, so that all names are relative."""

    def __init__(self):
        # It lies in another temporary directory, so that links to ``..`` lead to that one.
        self._outer = tempfile.mkdtemp(prefix="zcio-compat-")
        os.chmod(self._outer, 0o755)
        self.top = os.path.join(self._outer, "top")
        os.mkdir(self.top)
        os.chmod(self.top, 0o777)

    def __enter__(self):
        self._back = os.open(".", os.O_RDONLY)
        os.chdir(self.top)

    def __exit__(self, *exc_info):
        os.fchdir(self._back)
        os.close(self._back)

    def remove(self):
        """Remove it, even if permissions are missing."""
        for directory, names, _ in os.walk(self.top):
            for name in names:
                path = os.path.join(directory, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(self._outer)


def _content(size):
    return bytes(bytearray((index * 7 + index // 251) % 256 for index in range(1024))) * (size // 1024 + 1)


def _file(path, size):
    with open(path, "wb") as file:
        file.write(_content(size)[:size])


def _holes(path, size):
    with open(path, "wb") as file:
        file.truncate(size + 200000)
        file.seek(100000)
        file.write(b"in the middle")


def _socket(path, size):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)


def _attribute(path, size):
    if not os.path.islink(path) and stat.S_ISREG(os.stat(path).st_mode):
        os.setxattr(path, "user.number%d" % (size % 3), b"value" * (size % 50))


def _remove(path, size):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


_TARGETS = ["x", "y", "../b", "nowhere", "d", "../a/x"]
_MODES = [0o000, 0o200, 0o400, 0o444, 0o500, 0o600, 0o640, 0o755, 0o4711]

_MAKERS = {
    "file": _file,
    "holes": _holes,
    "directory": lambda path, size: os.mkdir(path),
    "link": lambda path, size: os.symlink(_TARGETS[size % len(_TARGETS)], path),
    "hard link": lambda path, size: os.link("a/x", path, follow_symlinks=False),
    "fifo": lambda path, size: os.mkfifo(path),
    "socket": _socket,
    "device": lambda path, size: os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3)),
    "mode": lambda path, size: os.chmod(path, _MODES[size % len(_MODES)]),
    "times": lambda path, size: os.utime(path, ns=(_FUTURE + size, _PAST + 12345678901 * size)),
    "attribute": _attribute,
    "remove": _remove,
}
KINDS = sorted(_MAKERS)


#: The first content of each world: a tree in which nothing has the attributes of a new file or directory.
FIRST = (
    [("file", path, size) for path, size in (("a/x", 4), ("a/y", 70000), ("a/d/x", 5000), ("b", 0), ("c/x", 300))]
    + [("link", "a/l", 0), ("link", "a/d/m", 2), ("link", "c/n", 4), ("directory", "a/e", 0), ("hard link", "c/h", 0)]
    + [("attribute", "a/x", 7), ("mode", "a/x", 6), ("mode", "a/y", 3), ("mode", "a/d", 4), ("mode", "b", 5)]
    + [("times", path, size) for size, path in enumerate(["a/x", "a/y", "a/d/x", "b", "c/x", "a/d", "a/e", "a", "c"])]
)


def make(kind, path, size):
    """Make a file of a kind in the current directory, or change an existing one. Returns the errno, or None."""
    try:
        if os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        # Opening an existing FIFO for writing would wait for a reader.
        if kind not in ("file", "holes") or not os.path.exists(path) or stat.S_ISREG(os.stat(path).st_mode):
            _MAKERS[kind](path, size)
    except OSError as error:
        return error.errno
    return 0


def existing():
    """All names in the current directory, in order."""
    found = []
    for directory, names, files in os.walk("."):
        found += [os.path.join(directory, name)[2:] for name in files + names]
    return sorted(found)


def _time(value):
    return "now" if abs(value - time.time() * 1e9) < 36e11 else value


def snapshot():
    """The content of the current directory: for each name everything but inode and change time; and the inodes."""
    found, inodes = {}, {}
    for directory, names, files in os.walk("."):
        for path in [directory] + [os.path.join(directory, name) for name in files + names]:
            about = os.lstat(path)
            inodes[path] = about.st_ino
            content = attributes = None
            if stat.S_ISREG(about.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
                attributes = {name: os.getxattr(path, name) for name in os.listxattr(path)}
            elif stat.S_ISLNK(about.st_mode):
                content = os.readlink(path)
            times = (_time(about.st_mtime_ns), _time(about.st_atime_ns) if stat.S_ISREG(about.st_mode) else None)
            found[path] = (about.st_mode, about.st_uid, about.st_gid, about.st_nlink, times, content, attributes)
    names = {}
    for path, inode in sorted(inodes.items()):
        names.setdefault(inode, []).append(path)
    return found, sorted(names.values()), inodes


@contextlib.contextmanager
def limited(nobody, largest):
    """A context manager that limits the size of files to ``largest`` bytes, or drops root's privileges if
    ``nobody``."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    nobody = nobody and os.geteuid() == 0
    if largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    if nobody:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        if nobody:
            os.seteuid(0)
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _visited(top, follow):
    """The regular files under ``top``, or None if there are too many, as with a link that leads back up."""
    files, directories = set(), [(top, 0)]
    for _ in range(300):
        if not directories:
            return files
        path, depth = directories.pop()
        if depth > 8:
            return None
        try:
            about = os.stat(path) if follow or not depth else os.lstat(path)
            if stat.S_ISREG(about.st_mode):
                files.add(about.st_ino)
            elif stat.S_ISDIR(about.st_mode):
                directories += [(os.path.join(path, name), depth + 1) for name in os.listdir(path)]
        except OSError:
            pass
    return None


def is_inside(path, directory):
    """Whether ``path`` is in ``directory``, whatever links lead there."""
    return os.path.join(os.path.realpath(path), "").startswith(os.path.join(os.path.realpath(directory), ""))


def is_small(src, dst, follow):
    """Whether copying the tree ``src`` to ``dst`` takes a short time."""
    return not is_inside(dst, src) and _visited(src, follow) is not None


def is_apart(src, dst):
    """Whether the trees share no file, so that the order of copying does not matter."""
    there = _visited(dst, True)
    return there is not None and there.isdisjoint(_visited(src, True) or there)


def error_of(error, whole):
    """The parts of an exception that are compared. The file names are among them only with ``whole``: older versions
    leave them out, and all versions do if the first write(2) fails."""
    if error is None:
        return None

    def shown(text):
        return text if whole and not text.startswith(_TOO_LARGE) else text.split(":")[0]

    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        return type(error), sorted((os.fspath(src), os.fspath(dst), shown(text)) for src, dst, text in error.args[0])
    return type(error), getattr(error, "errno", None), shown(str(error))
