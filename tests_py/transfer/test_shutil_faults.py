"""zcio.shutil where system calls fail: nothing is lost, no temporary file stays, and the error names the file."""

import errno
import os
import shutil as theirs

import pytest

import zcio.shutil as ours
from zcio._core.transfer import inject, inject_clear

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")

SIZE = 3 << 20  # too large for the native call that copies a file at once
FATAL = (errno.ENOSPC, errno.EIO, errno.EDQUOT)
# Another method, or the same again, takes over.
HARMLESS = (errno.EINTR, errno.ENOSYS, errno.EXDEV, errno.EACCES, errno.EINVAL)
NAMED = {"ids": lambda code: errno.errorcode[code]}


@pytest.fixture
def strike():
    yield inject
    inject_clear()


@pytest.fixture
def tree(tmp_path):
    top = tmp_path / "tree"
    (top / "sub").mkdir(parents=True)
    (top / "small").write_bytes(b"small")
    (top / "sub" / "large").write_bytes(os.urandom(SIZE))
    return top


def content(top):
    return {str(path.relative_to(str(top))): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def across(monkeypatch):
    def rename(src, dst, **keywords):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), src, None, dst)

    monkeypatch.setattr(os, "rename", rename)


@pytest.mark.parametrize("code", HARMLESS, **NAMED)
@pytest.mark.parametrize("call", ["FICLONE", "copy_file_range"])
@pytest.mark.parametrize("skip", [0, 1])
def test_another_call_takes_over(tmp_path, tree, strike, monkeypatch, call, code, skip):
    across(monkeypatch)
    before = content(tree)
    strike("FICLONE", times=9, errno=errno.EOPNOTSUPP) if call != "FICLONE" else None
    strike(call, skip=skip, times=3, errno=code)
    for atomic in (False, True):
        dst = tmp_path / ("copy %s" % atomic)
        ours.copytree(str(tree), str(dst), atomic=atomic)
        assert content(dst) == before
    ours.move(str(tree), str(tmp_path / "moved"))
    assert content(tmp_path / "moved") == before and not tree.exists()


@pytest.mark.parametrize("code", FATAL, **NAMED)
@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("name", ["copyfile", "copy", "copy2"])
@pytest.mark.parametrize("skip", [0, 1])
def test_a_file(tmp_path, tree, strike, code, atomic, name, skip):
    src, dst = tree / "sub" / "large", tmp_path / "dst"
    dst.write_bytes(b"old")
    strike("FICLONE", times=9, errno=errno.EOPNOTSUPP)
    strike("copy_file_range", skip=skip, times=99, errno=code)
    with pytest.raises(OSError) as caught:
        getattr(ours, name)(str(src), str(dst), atomic=atomic)
    error = caught.value
    assert (error.errno, error.filename, error.filename2) == (code, str(src), str(dst))
    left = dst.read_bytes()
    assert left == b"old" if atomic else src.read_bytes().startswith(left) and len(left) < SIZE
    assert sorted(os.listdir(str(tmp_path))) == ["dst", "tree"]


@pytest.mark.parametrize("code", FATAL, **NAMED)
@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_tree(tmp_path, tree, strike, code, atomic, workers):
    dst = tmp_path / "dst"
    strike("FICLONE", times=9, errno=errno.EOPNOTSUPP)
    strike("copy_file_range", times=99, errno=code)
    with pytest.raises(ours.Error) as caught:
        ours.copytree(str(tree), str(dst), atomic=atomic, workers=workers)
    ((one, other, why),) = caught.value.args[0]
    assert (one, other) == (str(tree / "sub" / "large"), str(dst / "sub" / "large"))
    assert why.startswith("[Errno %d]" % code) and repr(one) in why and repr(other) in why
    # Everything else is there, and of the one that failed no half where it was to be replaced in one step.
    assert (dst / "small").read_bytes() == b"small"
    assert os.listdir(str(dst / "sub")) == ([] if atomic else ["large"])


@pytest.mark.parametrize("code", FATAL, **NAMED)
def test_a_move_keeps_the_source(tmp_path, tree, strike, monkeypatch, code):
    across(monkeypatch)
    before = content(tree)
    strike("FICLONE", times=9, errno=errno.EOPNOTSUPP)
    strike("copy_file_range", times=99, errno=code)
    with pytest.raises(ours.Error):
        ours.move(str(tree), str(tmp_path / "moved"))
    assert content(tree) == before
    with pytest.raises(OSError) as caught:
        ours.move(str(tree / "sub" / "large"), str(tmp_path / "file"))
    assert caught.value.errno == code and caught.value.filename == str(tree / "sub" / "large")
    assert content(tree) == before


@pytest.mark.parametrize("workers", [1, 2])
def test_many_small_files_where_any_call_fails_now_and_then(tmp_path, strike, workers):
    top = tmp_path / "tree"
    top.mkdir()
    for number in range(100):
        (top / str(number)).write_bytes(b"%d" % number)
    for call in ("stat", "open", "read", "write", "close", "utimensat", "listxattr", "chmod"):
        for skip in range(0, 60, 7):
            strike(call, skip=skip, errno=errno.EIO)
    ours.copytree(str(top), str(tmp_path / "dst"), workers=workers)
    assert content(tmp_path / "dst") == content(top) and inject_clear() > 50
    for number in range(100):
        assert os.stat(str(top / str(number))).st_mtime_ns == os.stat(str(tmp_path / "dst" / str(number))).st_mtime_ns


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_device_is_named(tmp_path):
    src = tmp_path / "src"
    src.write_bytes(b"content")
    for module in (ours, theirs):
        with pytest.raises(OSError) as caught:
            module.copyfile(str(src), "/dev/full")
        assert caught.value.errno == errno.ENOSPC
        if module is ours:
            assert (caught.value.filename, caught.value.filename2) == (str(src), "/dev/full")
