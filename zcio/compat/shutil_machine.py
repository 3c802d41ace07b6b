"""Compares zcio.shutil with the running interpreter's shutil, on two copies of a random tree.

After each call the results, exceptions and trees must be the same. zcio's additional arguments (atomic, sparse,
progress, workers) must not change them.
"""

import concurrent.futures.thread  # noqa: F401 - which nobody may have no right to read
import contextlib
import os
import pathlib
import shutil
import sys
import unittest.mock

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

import zcio.shutil
from zcio.compat import tally
from zcio.compat.mismatch import mismatch
from zcio.compat.shutil_model import (
    FIRST,
    KINDS,
    World,
    error_of,
    existing,
    is_apart,
    is_inside,
    is_small,
    limited,
    make,
    snapshot,
)

__all__ = ["MACHINES", "ShutilMachine"]

# Before 3.8, shutil does not copy in the kernel, its errors name no file, and it has no dirs_exist_ok. Before 3.10, it
# ignores ignore_dangling_symlinks in subdirectories.
_NAMES_FILES = sys.version_info >= (3, 8)
_PASSES_DANGLING = sys.version_info >= (3, 10)
# Before 3.14.10, move() tells from the names alone whether a directory would be moved into itself.
_FOLLOWS_LINKS = "realpath" in shutil._destinsrc.__code__.co_names
_SIZES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 4096, 20000, 65536, 65537, 150000, (1 << 20) + 1]
# The largest number of names in a tree.
_MOST = 40

# The number of an existing name.
there = st.integers(0, _MOST - 1)
paths = st.one_of(there, st.sampled_from(["new", "a/new", "a/d/new", "new/new"]))
things = st.tuples(st.sampled_from(KINDS + ["file"] * 8 + ["directory"] * 3), paths, st.sampled_from(_SIZES))
usually = st.sampled_from([True, True, True, False])
seldom = st.sampled_from([False, False, False, True])
# The largest size of a file. No file has just that size, for which shutil fails from 3.14 on: it calls
# copy_file_range(2) once more after the end of the file.
limits = st.sampled_from([None, None, None, 11, 5003, 100003])
kinds = st.sampled_from([str, str, os.fsencode, pathlib.Path])
functions = st.sampled_from(["copy2", "copy2", "copy", "copyfile"])


class ShutilMachine(RuleBasedStateMachine):
    """``worlds``: zcio's tree and the standard library's."""

    def __init__(self):
        super().__init__()
        self.umask = os.umask(0o022)
        self.worlds = []
        self.start_anew()

    def teardown(self):
        os.umask(self.umask)
        for world in self.worlds:
            world.remove()

    def start_anew(self):
        for world in self.worlds:
            world.remove()
        self.worlds = [World(), World()]
        self.has_holes = False
        self.make(FIRST)

    def names(self, *chosen):
        """Replace each number by the existing name with that number."""
        with self.worlds[1]:
            found = existing()
        if not 0 < len(found) < _MOST:
            self.start_anew()
            return self.names(*chosen)
        return [found[one % len(found)] if isinstance(one, int) else one for one in chosen]

    def sizes(self):
        """The sizes of the files."""
        with self.worlds[1]:
            return {os.lstat(path).st_size for path in existing()}

    @rule(some=st.lists(things, min_size=1, max_size=4))
    def make(self, some):
        for kind, path, size in some:
            if isinstance(path, int):
                (path,) = self.names(path)
            self.has_holes = self.has_holes or kind == "holes"
            numbers = []
            for world in self.worlds:
                with world:
                    numbers.append(make(kind, path, size))
            assert numbers[0] == numbers[1], (kind, path, numbers)

    def call(self, name, function, options, nobody, limit):
        """Call ``function(module)`` on both, ours with ``options``, which must not change the result."""
        results, before, after = [], [], []
        if self.has_holes:
            limit = None  # they differ in how much of such a file exists when the copy fails
        while limit in self.sizes():
            # From 3.14 on, shutil fails at the end of a file of that size: copy_file_range(2) does, with nothing left.
            limit += 1
        for world, module in zip(self.worlds, (zcio.shutil, shutil)):
            with world:
                before.append(snapshot())
                try:
                    with limited(nobody, limit):
                        results.append((function(module, **(options if module is zcio.shutil else {})), None))
                except Exception as error:
                    results.append((None, error))
                after.append(snapshot())
        (mine, my_error), (other, error) = results
        tally.count(name, type(error) if error is not None else None)
        atomic = options.get("atomic", False)
        whole = _NAMES_FILES and not atomic
        if (mine, error_of(my_error, whole)) != (other, error_of(error, whole)):
            raise mismatch(name, "expected %r, got %r" % (error or other, my_error or mine))
        if atomic and error is not None:
            # A failed copy of zcio changes only times of directories, whereas shutil leaves half a file.
            if _but_times(before[0]) != _but_times(after[0]):
                raise mismatch(name, "a copy that failed has changed %s" % _difference(before[0], after[0]))
            self.start_anew()
            return
        if atomic:
            after[0] = self.times_as_theirs(after)
        if after[0][0] != after[1][0]:
            raise mismatch(name, "expected and got differ in %s" % _difference(after[1], after[0]))
        if after[0][1] != after[1][1]:
            raise mismatch(name, "hard links: expected %r, got %r" % (after[1][1], after[0][1]))
        kept = [{path for path in now[2] if was[2].get(path) == now[2][path]} for was, now in zip(before, after)]
        if kept[0] != kept[1] and not atomic:
            raise mismatch(name, "inodes: expected %r to stay, got %r" % (kept[1], kept[0]))

    def times_as_theirs(self, after):
        """Set the times that an atomic replacement changes: the new file's access time, and its directory's times."""
        mine, other = after[0][0], after[1][0]
        with self.worlds[0]:
            for path in mine:
                if path in other and mine[path] != other[path] and not os.path.islink(path):
                    about = os.stat(os.path.join(self.worlds[1].top, path))
                    modified = about if os.path.isdir(path) else os.stat(path)
                    os.utime(path, ns=(about.st_atime_ns, modified.st_mtime_ns))
            return snapshot()

    @rule(
        name=functions,
        src=there,
        dst=paths,
        kind=kinds,
        follow=usually,
        atomic=seldom,
        sparse=usually,
        progress=seldom,
        nobody=seldom,
        limit=limits,
    )
    def copy(self, name, src, dst, kind, follow, atomic, sparse, progress, nobody, limit):
        src, dst = self.names(src, dst)
        options = {"atomic": atomic, "sparse": sparse, "progress": (lambda done, total: None) if progress else None}
        if atomic and name == "copy":
            nobody = False  # copymode() may fail, after the file was renamed

        def copied(module, **options):
            return getattr(module, name)(kind(src), kind(dst), follow_symlinks=follow, **options)

        self.call(name, copied, options, nobody, limit)

    @rule(
        src=there,
        dst=paths,
        symlinks=st.booleans(),
        ignored=st.sampled_from([None, None, "x", "d"]),
        name=functions,
        dangling=st.booleans(),
        exists=seldom,
        workers=st.integers(1, 3),
        progress=seldom,
        nobody=seldom,
        limit=limits,
    )
    def copytree(self, src, dst, symlinks, ignored, name, dangling, exists, workers, progress, nobody, limit):
        src, dst = self.names(src, dst)
        with self.worlds[1]:
            if not is_small(src, dst, not symlinks):
                return
            if os.path.lexists(dst) and (workers > 1 or not is_apart(src, dst)):
                return
        options = {"workers": workers, "progress": (lambda *done: None) if progress else None}
        given = {"dirs_exist_ok": exists} if _NAMES_FILES else {}
        if _PASSES_DANGLING:
            given["ignore_dangling_symlinks"] = dangling

        def copied(module, **options):
            return module.copytree(
                src,
                dst,
                symlinks,
                None if ignored is None else lambda directory, names: [ignored],
                getattr(module, name),
                **dict(given, **options)
            )

        self.call("copytree", copied, options, nobody, limit)

    @rule(src=there, dst=paths, name=functions, across=st.booleans(), nobody=seldom, limit=limits)
    def move(self, src, dst, name, across, nobody, limit):
        src, dst = self.names(src, dst)
        with self.worlds[1]:
            if across and not is_small(src, dst, False):
                return
            if sys.version_info < (3, 12) and os.path.islink(src) and os.path.realpath(src) == os.path.realpath(dst):
                return  # a change of that version: it moves a link to a directory into that directory
            if not _FOLLOWS_LINKS and shutil._destinsrc(src, dst) != is_inside(dst, src):
                return

        def moved(module):
            with _no_rename() if across else contextlib.ExitStack():
                return module.move(src, dst, getattr(module, name))

        self.call("move, across file systems" if across else "move", moved, {}, nobody, limit)

    @rule(
        src=there,
        dst=paths,
        mode=st.sampled_from(["wb", "r+b", "ab"]),
        at=st.sampled_from([0, 1, 4000]),
        to=st.sampled_from([0, 5]),
        length=st.sampled_from([0, 1000, 65536, -1]),
    )
    def copyfileobj(self, src, dst, mode, at, to, length):
        if not _NAMES_FILES or sys.implementation.name == "pypy":
            return  # there positions differ in one of a thousand examples, for an unknown reason
        src, dst = self.names(src, dst)
        with self.worlds[1]:
            if not (os.path.isfile(src) and os.path.isfile(dst)) or os.path.samefile(src, dst):
                return

        def copied(module):
            with open(src, "rb") as source, open(dst, mode) as target:
                source.seek(at)
                target.seek(to, os.SEEK_CUR)
                module.copyfileobj(source, target, length or shutil.COPY_BUFSIZE if _NAMES_FILES else length or 16384)
                target.write(b"behind it")
                # If a file that is appended to was not flushed, tell() counts from the position before.
                return source.tell(), None if mode == "ab" else target.tell()

        with unittest.mock.patch("zcio.shutil._LARGE", 60000):  # so that small files too are copied in the kernel
            self.call("copyfileobj", copied, {}, False, None)


def _but_times(state):
    # A file with several names, extended attributes or a set-user-ID bit is written in place even with
    # atomic=True.
    return {
        path: about[:4] + about[5:]
        for path, about in state[0].items()
        if about[5] is None or about[3] == 1 and not about[6] and not about[0] & 0o6000
    }


def _difference(expected, got):
    """The names that differ, and their differences, shortened."""
    names = sorted(path for path in set(expected[0]) | set(got[0]) if expected[0].get(path) != got[0].get(path))
    said = []
    for path in names[:3]:
        pair = [repr(side[0].get(path)) for side in (expected, got)]
        said.append("%s: %s" % (path, " and ".join(text if len(text) < 300 else text[:300] + "..." for text in pair)))
    return "; ".join(said)


def _no_rename():
    def rename(src, dst, **keywords):
        raise OSError(18, "Invalid cross-device link", src, None, dst)

    return unittest.mock.patch.object(os, "rename", rename)


MACHINES = {"shutil": ShutilMachine}
