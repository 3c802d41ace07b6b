"""copy() from and to paths: a file is replaced whole or not at all, permission bits included."""

import errno
import os
import pathlib
import shutil
import stat

import pytest
from copy_ends import DATA

from zcio.splice import Copied, copy

METHODS = ("reflink", "copy_file_range", "sendfile", "splice", "read/write")

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")


@pytest.mark.parametrize("kind", [str, os.fsencode, pathlib.Path], ids=["str", "bytes", "Path"])
def test_paths(original, tmp_path, kind):
    dst = tmp_path / "dst"
    copied = copy(kind(str(original)), kind(str(dst)))
    assert type(copied) is Copied and copied == len(DATA) and copied.method in METHODS
    assert dst.read_bytes() == DATA
    assert sorted(os.listdir(str(tmp_path))) == ["dst", "src"]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
@pytest.mark.parametrize("there", [None, 0o600, 0o640, 0o755])
def test_permission_bits_are_those_of_copyfile(original, tmp_path, mask, there):
    os.chmod(str(original), 0o711)
    ours, theirs = str(tmp_path / "ours"), str(tmp_path / "theirs")
    before = os.umask(mask)
    try:
        for path in (ours, theirs):
            if there is not None:
                open(path, "wb").close()
                os.chmod(path, there)
        copy(original, ours)
        shutil.copyfile(str(original), theirs)
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(ours).st_mode) == stat.S_IMODE(os.stat(theirs).st_mode)


def test_old_content_stays_until_the_new_is_complete(original, tmp_path):
    dst = tmp_path / "dst"
    dst.write_bytes(b"old")
    seen = []
    copy(original, dst, progress=lambda done, total: seen.append(dst.read_bytes()))
    assert set(seen) == {b"old"} and dst.read_bytes() == DATA


class Stop(BaseException):
    pass


@pytest.mark.parametrize("there", [False, True])
def test_a_failed_copy_leaves_no_trace(original, tmp_path, there):
    dst = tmp_path / "dst"
    if there:
        dst.write_bytes(b"old")

    def stop(done, total):
        raise Stop

    with pytest.raises(Stop) as caught:
        copy(original, dst, progress=stop)
    assert caught.value.moved == len(DATA)
    assert sorted(os.listdir(str(tmp_path))) == (["dst", "src"] if there else ["src"])
    assert not there or dst.read_bytes() == b"old"


def test_a_link_is_followed_and_stays(original, tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to("target")
    copy(original, link)
    assert os.readlink(str(link)) == "target" and target.read_bytes() == DATA


def test_a_dangling_link_makes_its_target(original, tmp_path):
    (tmp_path / "link").symlink_to("target")
    copy(original, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_bytes() == DATA


def test_a_dangling_link_is_as_it_was_after_a_failed_copy(original, tmp_path):
    def stop(done, total):
        raise Stop

    (tmp_path / "link").symlink_to("target")
    with pytest.raises(Stop):
        copy(original, tmp_path / "link", progress=stop)
    assert sorted(os.listdir(str(tmp_path))) == ["link", "src"]


@pytest.mark.parametrize("there", [True, False])
def test_the_kernel_is_asked_to_follow_a_link(original, tmp_path, monkeypatch, there):
    """It may refuse one that somebody else laid in a directory that all may write to (fs.protected_symlinks)."""
    target, link = tmp_path / "target", tmp_path / "link"
    if there:
        target.write_bytes(b"old")
    link.symlink_to("target")
    real = os.open

    def refuse(path, *arguments):
        if os.fsdecode(path) == str(link):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError) as caught:
        copy(original, link)
    assert os.fspath(caught.value.filename) == str(link)
    assert target.read_bytes() == b"old" if there else not target.exists()
    assert sorted(os.listdir(str(tmp_path))) == (["link", "src", "target"] if there else ["link", "src"])


def test_a_link_of_another_user_in_a_sticky_directory(original, tmp_path):
    shared, target = tmp_path / "shared", tmp_path / "target"
    shared.mkdir()
    shared.chmod(0o1777)
    target.write_bytes(b"old")
    link = shared / "link"
    link.symlink_to(str(target))
    try:
        os.chown(str(link), 12345, 12345, follow_symlinks=False)
    except OSError:
        pytest.skip("only root can give a link away")
    try:
        open(str(link), "ab").close()
    except PermissionError:
        with pytest.raises(PermissionError):
            copy(original, link)
        assert target.read_bytes() == b"old"
    else:
        copy(original, link)  # fs.protected_symlinks is off
        assert target.read_bytes() == DATA


@pytest.mark.parametrize("when", ["opened", "located"])
def test_a_link_that_is_changed_meanwhile_leads_nowhere_else(original, tmp_path, monkeypatch, when):
    """Whatever of the two it led to is written, and the other one is as it was."""
    one, two, link = tmp_path / "one", tmp_path / "two", tmp_path / "link"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    link.symlink_to("one")
    module, name = (os, "open") if when == "opened" else (os.path, "realpath")
    real = getattr(module, name)

    def change(path, *arguments):
        result = real(path, *arguments)
        if os.fsdecode(path) == str(link):
            link.unlink()
            link.symlink_to("two")
        return result

    monkeypatch.setattr(module, name, change)
    copy(original, link)
    monkeypatch.undo()
    assert (one.read_bytes(), two.read_bytes()) == (DATA, b"2")
    assert sorted(os.listdir(str(tmp_path))) == ["link", "one", "src", "two"]


def test_all_names_of_a_file_see_the_copy(original, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(DATA * 2)
    os.link(str(one), str(two))
    copy(original, one)
    assert two.read_bytes() == DATA and os.stat(str(one)).st_nlink == 2


def test_same_file(original, tmp_path):
    (tmp_path / "link").symlink_to("src")
    for dst in (original, tmp_path / "link"):
        with pytest.raises(shutil.SameFileError):
            copy(original, dst)
    assert original.read_bytes() == DATA


def test_errors_name_the_paths(original, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        copy(tmp_path / "none", tmp_path / "dst")
    assert os.fspath(caught.value.filename) == str(tmp_path / "none")
    with pytest.raises(FileNotFoundError) as caught:
        copy(original, tmp_path / "none" / "dst")
    assert os.fspath(caught.value.filename) == str(tmp_path / "none" / "dst")
    with pytest.raises(IsADirectoryError) as caught:
        copy(original, tmp_path)
    assert os.fspath(caught.value.filename) == str(tmp_path)
    with pytest.raises(IsADirectoryError):
        copy(tmp_path, tmp_path / "dst")
    assert os.listdir(str(tmp_path)) == ["src"]
    with pytest.raises(OSError) as caught:
        copy(original, "/dev/full")
    assert str(caught.value) == "[Errno 28] No space left on device: '%s' -> '/dev/full'" % original
    assert caught.value.moved == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_read_only_targets_are_not_replaced(original, tmp_path):
    dst = tmp_path / "dst"
    dst.write_bytes(b"old")
    dst.chmod(0o444)
    with pytest.raises(PermissionError):
        copy(original, dst)
    assert dst.read_bytes() == b"old"


def test_sync_asks_for_the_file_and_the_directory(original, tmp_path, monkeypatch):
    from zcio._transfer import atomic_file

    synced = []
    real = atomic_file.fsync
    monkeypatch.setattr(atomic_file, "fsync", lambda fd: synced.append(os.fstat(fd).st_mode) or real(fd))
    copy(original, tmp_path / "dst", sync=True)
    assert [stat.S_IFMT(mode) for mode in synced] == [stat.S_IFREG, stat.S_IFDIR]
    del synced[:]
    copy(original, tmp_path / "dst")
    assert synced == []


def test_files_that_are_made_as_they_are_read(tmp_path):
    copied = copy("/proc/self/status", tmp_path / "dst")
    assert copied == os.path.getsize(str(tmp_path / "dst")) > 100


def test_empty(tmp_path):
    (tmp_path / "src").write_bytes(b"")
    (tmp_path / "dst").write_bytes(b"old")
    assert copy(tmp_path / "src", tmp_path / "dst") == 0
    assert (tmp_path / "dst").read_bytes() == b""
