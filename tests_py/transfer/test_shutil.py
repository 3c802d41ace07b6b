"""zcio.shutil beside the standard library's: trees, errors, and the added arguments."""

import errno
import inspect
import io
import itertools
import os
import shutil as theirs
import stat
import sys
import threading

import pytest
from copy_ends import need_holes
from signal_support import check_alarms_arrive, needs_alarms

import zcio.shutil as ours
from zcio._core.transfer import inject, inject_clear
from zcio._transfer.tree import TreeProgress

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")


def look(top):
    """The content of a tree by name: kinds, modes, times, contents, attributes and links."""
    found = {}
    for directory, names, files in os.walk(str(top)):
        for path in [directory] + [os.path.join(directory, name) for name in files + names]:
            about = os.lstat(path)
            kind = stat.S_IFMT(about.st_mode)
            content = None
            if kind == stat.S_IFREG:
                with open(path, "rb") as file:
                    content = file.read()
            elif kind == stat.S_IFLNK:
                content = os.readlink(path)
            attributes = None if kind == stat.S_IFLNK else sorted(os.listxattr(path))
            # Access times of directories change as they are walked through.
            when = None if kind == stat.S_IFLNK else about.st_mtime_ns
            found[os.path.relpath(path, str(top))] = (kind, stat.S_IMODE(about.st_mode), when, content, attributes)
    return found


@pytest.fixture
def tree(tmp_path):
    top = tmp_path / "tree"
    (top / "sub" / "deep").mkdir(parents=True)
    (top / "empty").mkdir()
    (top / "empty file").write_bytes(b"")
    (top / "small").write_bytes(b"small")
    (top / "large").write_bytes(os.urandom(300000))
    (top / "sub" / "deep" / "one").write_bytes(b"1" * 65537)
    (top / "sub" / "program").write_bytes(b"#!")
    (top / "sub" / "program").chmod(0o755)
    (top / "sub" / "link").symlink_to("program")
    (top / "dangling").symlink_to("nowhere")
    (top / "directory link").symlink_to("sub")
    with open(str(top / "holes"), "wb") as file:
        file.truncate(1 << 20)
        file.seek(1 << 19)
        file.write(b"in the middle")
    try:
        os.setxattr(str(top / "small"), "user.kept", b"value")
    except OSError:
        pass
    for number, name in enumerate(["small", "large", "sub/deep/one", "sub/deep", "sub", "empty"]):
        os.utime(str(top / name), ns=(10**18 + number, 10**18 + 123456789 * number))
    return top


def outcome(call):
    try:
        return call()
    except theirs.Error as error:
        return type(error), sorted(map(str, error.args[0]))
    except (OSError, TypeError, ValueError) as error:
        return type(error), getattr(error, "errno", None), str(error)


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("symlinks", [True, False])
@pytest.mark.parametrize("function", ["copy", "copy2", "copyfile"])
def test_a_tree(tmp_path, tree, workers, symlinks, function):
    us, them = tmp_path / "us", tmp_path / "them"
    mine = outcome(
        lambda: ours.copytree(str(tree), str(us), symlinks, copy_function=getattr(ours, function), workers=workers)
    )
    other = outcome(lambda: theirs.copytree(str(tree), str(them), symlinks, copy_function=getattr(theirs, function)))
    assert str(mine).replace(str(us), "DST") == str(other).replace(str(them), "DST")
    seen, expected = look(us), look(them)
    if function != "copy2":
        for found in (seen, expected):
            for name, about in found.items():
                found[name] = about if about[0] == stat.S_IFDIR else about[:2] + about[3:]
    assert seen == expected and len(seen) > 10


def test_errors_come_in_order(tmp_path, tree):
    for name in ("small", "large", "sub/program"):
        (tree / name).unlink()
        os.mkfifo(str(tree / name))
    results = []
    for workers in (1, 3):
        with pytest.raises(ours.Error) as caught:
            ours.copytree(str(tree), str(tmp_path / "us"), symlinks=True, workers=workers)
        results.append(caught.value.args[0])
        theirs.rmtree(str(tmp_path / "us"))
    with pytest.raises(theirs.Error) as caught:
        theirs.copytree(str(tree), str(tmp_path / "us"), symlinks=True)
    assert results[0] == results[1] == caught.value.args[0] and len(results[0]) == 3


def test_an_exception_of_a_worker_ends_it(tmp_path, tree):
    class Stop(Exception):
        pass

    def stop(src, dst):
        raise Stop

    before = threading.active_count()
    for workers in (1, 4):
        dst = str(tmp_path / ("us%d" % workers))
        with pytest.raises(Stop):
            ours.copytree(str(tree), dst, symlinks=True, copy_function=stop, workers=workers)
    assert threading.active_count() == before
    for wrong in (0, -1):
        with pytest.raises(ValueError):
            ours.copytree(str(tree), str(tmp_path / "never"), workers=wrong)
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize("own", [False, True], ids=["large files", "a function of the program"])
def test_two_workers_copy_two_files_at_once(tmp_path, monkeypatch, own):
    (tmp_path / "tree").mkdir()
    for name in "ab":
        (tmp_path / "tree" / name).write_bytes(bytes((1 << 20) + 1))
    both = threading.Barrier(2)
    content = ours._copy_content
    monkeypatch.setattr(ours, "_copy_content", lambda *arguments: (both.wait(10), content(*arguments)))
    function = (lambda src, dst: ours.copy2(src, dst)) if own else ours.copy2
    ours.copytree(str(tmp_path / "tree"), str(tmp_path / "us"), copy_function=function, workers=2)
    assert look(tmp_path / "us") == look(tmp_path / "tree")


@pytest.mark.parametrize("workers", [1, 3])
def test_progress_of_a_tree(tmp_path, tree, workers):
    told = []
    ours.copytree(
        str(tree), str(tmp_path / "us"), symlinks=True, workers=workers, progress=lambda *args: told.append(args)
    )
    files = [about for about in look(tree).values() if about[0] != stat.S_IFDIR]
    size = sum(len(about[3]) for about in files if about[0] == stat.S_IFREG)
    assert told[-1][:2] == (size, size) and told == sorted(told)


def test_progress_of_a_file(tmp_path, tree):
    told = []
    ours.copy2(str(tree / "large"), str(tmp_path / "dst"), progress=lambda *args: told.append(args))
    assert told[-1] == (300000, 300000)


def test_in_place_by_default(tmp_path, tree):
    dst = tmp_path / "dst"
    dst.write_bytes(b"old" * 100000)
    os.link(str(dst), str(tmp_path / "other"))
    before = dst.stat().st_ino
    assert ours.copyfile(str(tree / "large"), str(dst)) == str(dst)
    assert dst.stat().st_ino == before and (tmp_path / "other").read_bytes() == (tree / "large").read_bytes()


def test_atomic(tmp_path, tree):
    dst = tmp_path / "dst"
    dst.write_bytes(b"old")
    before = dst.stat().st_ino
    seen = []
    ours.copy2(str(tree / "small"), str(dst), atomic=True, progress=lambda *args: seen.append(dst.read_bytes()))
    assert set(seen) == {b"old"} and dst.read_bytes() == b"small" and dst.stat().st_ino != before
    assert dst.stat().st_mtime_ns == (tree / "small").stat().st_mtime_ns
    assert os.listxattr(str(dst)) == os.listxattr(str(tree / "small"))
    assert not [name for name in os.listdir(str(tmp_path)) if name.endswith(".part")]
    with pytest.raises(ours.SameFileError):
        ours.copy2(str(dst), str(dst), atomic=True)


def test_metadata_where_a_name_cannot_be_taken(tmp_path, tree, monkeypatch):
    def refuse(src, dst):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), src, None, dst)

    dst = tmp_path / "dst"
    dst.write_bytes(b"old")
    (tree / "small").chmod(0o640)
    monkeypatch.setattr(os, "replace", refuse)
    ours.copy2(str(tree / "small"), str(dst), atomic=True)
    there, about = (tree / "small").stat(), dst.stat()
    assert dst.read_bytes() == b"small"
    assert (about.st_mode, about.st_mtime_ns) == (there.st_mode, there.st_mtime_ns)


def test_holes(tmp_path, tree):
    need_holes(tree / "holes")
    for sparse in (True, False):
        ours.copyfile(str(tree / "holes"), str(tmp_path / "dst"), sparse=sparse)
        os.sync()
        assert (os.stat(str(tmp_path / "dst")).st_blocks * 512 < 1 << 20) == sparse
        assert (tmp_path / "dst").read_bytes() == (tree / "holes").read_bytes()


def test_the_errors_of_the_standard_library(tmp_path, tree):
    os.mkfifo(str(tmp_path / "fifo"))
    small, nowhere = str(tree / "small"), str(tmp_path / "nowhere")
    for arguments in [
        (small, small),
        (nowhere, small),
        (str(tree), nowhere),
        (small, str(tree)),
        (str(tmp_path / "fifo"), nowhere),
        (small, str(tmp_path / "fifo")),
        (small, os.path.join(nowhere, "x")),
    ]:
        mine = outcome(lambda: ours.copyfile(*arguments))  # noqa: B023
        assert mine == outcome(lambda: theirs.copyfile(*arguments))  # noqa: B023
        assert isinstance(mine, tuple)
    with pytest.raises(FileNotFoundError, match="Directory does not exist"):
        ours.copyfile(small, nowhere + "/")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the errors are those of newer versions everywhere")
@pytest.mark.parametrize("function", ["copyfile", "copy", "copy2"])
def test_atomic_has_the_same_errors(tmp_path, tree, function, monkeypatch):
    monkeypatch.chdir(str(tmp_path))
    os.symlink("gone", "dangling")
    os.symlink("loop", "loop")
    os.mkfifo("fifo")
    (tmp_path / "old").write_bytes(b"old")
    small = str(tree / "small")
    sources = [small, str(tree), str(tree) + "/", "gone", "loop", "fifo", "old/", "", "a\0b", 9999, None, 1.5]
    targets = ["new", "old", str(tree), "new/", "old/", "dangling/", "gone/x", "loop", small, "", 9999, None]
    if sys.implementation.name != "pypy":  # its os.stat(-1) raises an OSError without errno, as only handlers should
        sources.append(-1)
        targets.append(-1)
    for arguments in itertools.product(sources, targets):
        expected = outcome(lambda: getattr(theirs, function)(*arguments))  # noqa: B023
        if isinstance(expected, tuple):
            assert outcome(lambda: getattr(ours, function)(*arguments, atomic=True)) == expected  # noqa: B023


@needs_alarms
def test_an_oserror_of_a_signal_handler_arrives(tmp_path, tree):
    error = type("Raised", (OSError,), {})
    small = str(tree / "small")
    check_alarms_arrive(lambda: ours._refuse_special(small, str(tmp_path / "new")), rounds=60, error=error)
    told = TreeProgress(lambda *arguments: None, str(tree), True)
    check_alarms_arrive(lambda: told.copied(str(tmp_path / "gone")), rounds=60, error=error)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_failed_copy_names_both_files(tmp_path, tree, code):
    inject("FICLONE", times=100, errno=errno.EOPNOTSUPP)
    inject("copy_file_range", times=100, errno=code)
    try:
        with pytest.raises(OSError) as caught:
            ours.copyfile(str(tree / "large"), str(tmp_path / "dst"))
        with pytest.raises(OSError):
            ours.copyfile(str(tree / "large"), str(tmp_path / "other"), atomic=True)
    finally:
        inject_clear()
    error = caught.value
    assert (error.errno, error.filename, error.filename2) == (code, str(tree / "large"), str(tmp_path / "dst"))
    assert sorted(os.listdir(str(tmp_path))) == ["dst", "tree"]


def test_functions_are_looked_up_when_they_are_called(tmp_path, tree, monkeypatch):
    called = []
    monkeypatch.setattr(ours, "copystat", lambda src, dst, **keywords: called.append(os.fspath(dst)))
    ours.copy2(str(tree / "small"), str(tmp_path / "dst"))
    ours.copytree(str(tree), str(tmp_path / "us"), symlinks=True)
    assert called[0] == str(tmp_path / "dst") and called[-1] == str(tmp_path / "us") and len(called) > 10
    monkeypatch.setattr(ours, "copyfile", lambda src, dst, *, follow_symlinks: called.append("copyfile"))
    ours.copy2(str(tree / "small"), str(tmp_path / "dst"))
    assert called[-2] == "copyfile"


def test_file_objects(tree):
    source, target = io.StringIO("text" * 100000), io.StringIO()
    ours.copyfileobj(source, target)
    assert target.getvalue() == "text" * 100000
    with open(str(tree / "large"), "rb") as source:
        source.read(7)
        target = io.BytesIO()
        ours.copyfileobj(source, target, 100)
    assert target.getvalue() == (tree / "large").read_bytes()[7:]


def test_file_objects_in_the_kernel(tmp_path, tree, monkeypatch):
    copied = []
    copy = ours._copy_before_commit
    monkeypatch.setattr(ours, "_copy_before_commit", lambda *ends: copied.append(int(copy(*ends))))
    monkeypatch.setattr(ours, "_LARGE", 100000)
    with open(str(tree / "large"), "rb") as source, open(str(tmp_path / "dst"), "wb") as target:
        source.read(7)
        target.write(b"head")
        ours.copyfileobj(source, target)
        target.write(b"tail")
        assert source.read() == b""
    assert (tmp_path / "dst").read_bytes() == b"head" + (tree / "large").read_bytes()[7:] + b"tail"
    assert copied and 0 < copied[0] < 200000


@pytest.mark.parametrize("module", [ours, theirs])
def test_content_is_shifted_within_a_file(tree, module, monkeypatch):
    monkeypatch.setattr(ours, "_LARGE", 100000)
    path = str(tree / "large")
    with open(path, "rb") as file:
        before = file.read()
    with open(path, "rb") as source, open(path, "r+b") as target:
        source.seek(1000)
        module.copyfileobj(source, target, 1 << 16)
    with open(path, "rb") as file:
        assert file.read() == before[1000:] + before[-1000:]


def test_moving(tmp_path, tree, monkeypatch):
    before = look(tree)
    (tmp_path / "into").mkdir()
    moved = ours.move(str(tree), str(tmp_path / "into"))
    assert moved == str(tmp_path / "into" / "tree") and look(moved) == before

    def elsewhere(src, dst, **keywords):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "rename", elsewhere)
    assert ours.move(moved, str(tmp_path / "back")) == str(tmp_path / "back")
    assert look(tmp_path / "back") == before and not os.path.exists(moved)
    with pytest.raises(ours.Error, match="into itself"):
        ours.move(str(tmp_path / "back"), str(tmp_path / "back" / "sub" / "new"))
    (tmp_path / "link").symlink_to("back")
    with pytest.raises(ours.Error, match="into itself"):
        ours.move(str(tmp_path / "back"), str(tmp_path / "link" / "new"))
    calls = []
    options = {"atomic": True, "sparse": False, "progress": lambda *done: calls.append(done)}
    ours.move(str(tmp_path / "back"), str(tmp_path / "again"), workers=2, **options)
    assert look(tmp_path / "again") == before
    assert calls[-1][0] == calls[-1][1] > 0 and calls[-1][2] == calls[-1][3] > 1
    size = os.path.getsize(str(tmp_path / "again" / "large"))
    for copy_function in (ours.copy2, theirs.copy2):
        (tmp_path / "one").write_bytes(b"x" * size)
        del calls[:]
        ours.move(str(tmp_path / "one"), str(tmp_path / "other"), copy_function, **options)
        assert (tmp_path / "other").stat().st_size == size and not (tmp_path / "one").exists()
        assert calls[-1] == (size, size, 1, 1)


def test_the_namespace():
    for name in theirs.__all__:
        assert hasattr(ours, name), name
    assert ours.__all__ == theirs.__all__ and ours.Error is theirs.Error and ours.rmtree is theirs.rmtree
    for name in ("copyfile", "copyfileobj", "copy", "copy2", "copytree", "move"):
        mine, other = (inspect.signature(getattr(module, name)).parameters for module in (ours, theirs))
        assert [key for key in mine if key in other] == list(other)
        assert "Args:" in getattr(ours, name).__doc__
    assert sys.version_info >= (3, 8) or ours.COPY_BUFSIZE == 1 << 16
