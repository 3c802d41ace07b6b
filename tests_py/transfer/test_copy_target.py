"""What belongs to an existing target stays: copy() beside shutil.copyfile."""

import errno
import os
import pickle
import shutil
import socket
import stat
import struct
import subprocess
import sys

import pytest
from copy_ends import DATA

import zcio.shutil as zcio_shutil
from zcio._core.transfer import file_flags
from zcio._transfer import atomic_file, copying
from zcio.splice import Copied, copy

fcntl = pytest.importorskip("fcntl")

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can do that")


@pytest.fixture(autouse=True, params=["at once", "in steps"])
def way(request, monkeypatch):
    """Both ways to copy a small file from path to path."""
    if request.param == "in steps":
        monkeypatch.setattr(copying, "_copy_at_once", lambda *arguments: None)


# Tests that make functions of Python fail, which the native call does not use.
in_steps = pytest.mark.parametrize("way", ["in steps"], indirect=True)


@pytest.fixture
def dst(tmp_path):
    path = tmp_path / "dst"
    path.write_bytes(b"old")
    return path


def looks(path):
    about = os.stat(str(path))
    extended = {name: os.getxattr(str(path), name) for name in os.listxattr(str(path))}
    return about.st_mode, about.st_uid, about.st_gid, about.st_nlink, extended


def acl(group):
    """An access control list: rw for the owner, rw for the user 12345, ``group`` for the group, rw as the mask."""
    entries = [(1, 6, -1), (2, 6, 12345), (4, group, -1), (16, 6, -1), (32, 0, -1)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)


def set_extended(path, name, value):
    try:
        os.setxattr(str(path), name, value)
    except OSError as error:
        pytest.skip("%s cannot be set here: %s" % (name, error))


def only(tmp_path):
    assert sorted(os.listdir(str(tmp_path))) == ["dst", "src"]


def test_an_ordinary_file_is_replaced(original, tmp_path, dst):
    before = dst.stat()
    copied = copy(original, dst)
    assert not copied.in_place and dst.stat().st_ino != before.st_ino and dst.read_bytes() == DATA
    assert looks(dst)[:3] == (before.st_mode, before.st_uid, before.st_gid)


def test_in_place_on_request(original, tmp_path, dst):
    before = dst.stat().st_ino
    with open(str(dst), "rb") as reader:
        copied = copy(original, dst, atomic=False)
        assert copied.in_place and dst.stat().st_ino == before and reader.read() == DATA
    assert copy(original, tmp_path / "new", atomic=False).in_place
    (tmp_path / "new").unlink()
    only(tmp_path)


def test_a_new_file_is_not_in_place(original, tmp_path):
    assert not copy(original, tmp_path / "dst").in_place


def test_the_result_can_be_pickled():
    copied = Copied(5, "splice", False)
    again = pickle.loads(pickle.dumps(copied))
    assert (again, again.method, again.in_place) == (5, "splice", False)


@pytest.mark.parametrize("atomic", [True, False])
@pytest.mark.parametrize("there", ["attribute", "access control list", "owner", "mode", "nothing", "set-user-ID"])
def test_the_target_keeps_what_it_has(original, tmp_path, dst, there, atomic):
    if there == "attribute":
        set_extended(dst, "user.kept", b"value")
    elif there == "access control list":
        dst.chmod(0o660)
        set_extended(dst, "system.posix_acl_access", acl(4))
    elif there == "owner":
        try:
            os.chown(str(dst), 12345, 12346)
        except OSError:
            pytest.skip("only root can give files away")
    elif there == "mode":
        dst.chmod(0o640)
    elif there == "set-user-ID":
        dst.chmod(0o6755)
    theirs = tmp_path / "theirs"
    subprocess.check_call(["cp", "-a", str(dst), str(theirs)])
    before = looks(dst)
    shutil.copyfile(str(original), str(theirs))
    copied = copy(original, dst, atomic=atomic)
    assert dst.read_bytes() == DATA and looks(dst) == looks(theirs)
    if there != "set-user-ID":
        assert looks(dst) == before
    if there in ("attribute", "access control list", "set-user-ID") or not atomic:
        assert copied.in_place
    theirs.unlink()
    only(tmp_path)


def test_a_new_file_gets_what_its_directory_gives(original, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    set_extended(folder, "system.posix_acl_default", acl(6))
    copy(original, folder / "ours")
    shutil.copyfile(str(original), str(folder / "theirs"))
    assert looks(folder / "ours") == looks(folder / "theirs")
    assert "system.posix_acl_access" in looks(folder / "ours")[4]  # XFS lists it under another name, too
    copy(original, folder / "ours")
    assert looks(folder / "ours") == looks(folder / "theirs")


def test_flags_stay(original, dst):
    no_dump, set_flags = 0x40, 0x40086602
    with open(str(dst), "rb") as file:
        try:
            fcntl.ioctl(file, set_flags, struct.pack("i", file_flags(file.fileno()) | no_dump) + bytes(4))
        except OSError as error:
            pytest.skip("no flags here: %s" % error)
        assert file_flags(file.fileno()) & no_dump
    assert copy(original, dst).in_place
    with open(str(dst), "rb") as file:
        assert file_flags(file.fileno()) & no_dump and file.read() == DATA


def test_all_names_stay(original, tmp_path, dst):
    os.link(str(dst), str(tmp_path / "other"))
    assert copy(original, dst).in_place and (tmp_path / "other").read_bytes() == DATA


@root
def test_a_bind_mount(original, tmp_path, dst):
    (tmp_path / "below").write_bytes(b"longer than what comes, " * 100000)
    if subprocess.call(["mount", "--bind", str(tmp_path / "below"), str(dst)], stderr=subprocess.DEVNULL):
        pytest.skip("mounts are not allowed here")
    try:
        copied = copy(original, dst, sync=True)
    finally:
        subprocess.check_call(["umount", str(dst)])
    assert copied == len(DATA) and copied.in_place and (tmp_path / "below").read_bytes() == DATA
    (tmp_path / "below").unlink()
    only(tmp_path)


@root
@pytest.mark.parametrize("given", ["path", "descriptor"])
def test_holes_are_zeros_on_a_block_device(tmp_path, given):
    if shutil.which("losetup") is None:
        pytest.skip("needs losetup")
    size = 1 << 20
    with open(str(tmp_path / "src"), "wb") as file:
        file.truncate(size)
        file.seek(size // 4)
        file.write(b"in the middle")
    (tmp_path / "disk").write_bytes(b"old" * size)
    made = subprocess.run(["losetup", "-f", "--show", str(tmp_path / "disk")], stdout=subprocess.PIPE)
    if made.returncode:
        pytest.skip("no loop devices here")
    device = made.stdout.decode().strip()
    try:
        with open(device, "r+b", 0) as disk:
            assert copy(tmp_path / "src", device if given == "path" else disk, sync=True) == size
            assert os.pread(disk.fileno(), size + 3, 0) == (tmp_path / "src").read_bytes() + b"ldo"
    finally:
        subprocess.check_call(["losetup", "-d", device])


@pytest.mark.parametrize("sync", [False, True])
def test_a_directory_to_which_only_a_relative_path_leads(tmp_path, monkeypatch, sync):
    above = tmp_path / "above"
    inside = above / "inside"
    inside.mkdir(parents=True)
    (inside / "src").write_bytes(DATA)
    inside.chmod(0o777)
    monkeypatch.chdir(inside)
    user = os.geteuid()
    above.chmod(0)
    try:
        if user == 0:
            os.seteuid(65534)
        for _ in range(2):  # a new and an existing file
            assert not copy("src", "dst", sync=sync).in_place
    finally:
        os.seteuid(user)
        above.chmod(0o700)
    assert (inside / "dst").read_bytes() == DATA and sorted(os.listdir(str(inside))) == ["dst", "src"]


@in_steps
@pytest.mark.parametrize("number", [errno.EBUSY, errno.EPERM, errno.EACCES])
@pytest.mark.parametrize("sync", [False, True])
def test_a_name_that_cannot_be_taken(original, tmp_path, dst, monkeypatch, number, sync):
    def refuse(src, dst):
        raise OSError(number, os.strerror(number), src, None, dst)

    monkeypatch.setattr(os, "replace", refuse)
    before = dst.stat().st_ino
    copied = copy(original, dst, sync=sync)
    assert copied == len(DATA) and copied.in_place and dst.read_bytes() == DATA and dst.stat().st_ino == before
    only(tmp_path)


@in_steps
@pytest.mark.parametrize("there", [True, False])
def test_a_failed_rename_names_the_paths_of_the_caller(original, tmp_path, dst, monkeypatch, there):
    def fail(src, dst):
        raise OSError(errno.EIO, os.strerror(errno.EIO), src, None, dst)

    monkeypatch.setattr(os, "replace", fail)
    if not there:
        dst.unlink()
    with pytest.raises(OSError) as caught:
        copy(str(original), str(dst))
    assert str(caught.value) == "[Errno 5] %s: '%s'" % (os.strerror(errno.EIO), dst)
    assert sorted(os.listdir(str(tmp_path))) == (["dst", "src"] if there else ["src"])
    assert not there or dst.read_bytes() == b"old"


@in_steps
@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENOSPC, errno.ENAMETOOLONG])
def test_a_directory_that_takes_no_file(original, tmp_path, dst, monkeypatch, number):
    real = os.open

    def refuse(path, *arguments):
        if os.fsdecode(path).endswith(".part"):
            raise OSError(number, os.strerror(number), path)
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", refuse)
    copied = copy(original, dst)
    assert copied.in_place and dst.read_bytes() == DATA
    with pytest.raises(OSError) as caught:
        copy(original, tmp_path / "new")
    assert caught.value.errno == number and caught.value.filename == str(tmp_path / "new")
    only(tmp_path)


@in_steps
def test_no_room_for_two(original, tmp_path, dst, monkeypatch):
    monkeypatch.setattr(atomic_file, "_free_space", lambda fd: len(DATA) - 1)
    assert copy(original, dst).in_place and dst.read_bytes() == DATA
    monkeypatch.setattr(atomic_file, "_free_space", lambda fd: len(DATA))
    assert not copy(original, dst).in_place


@pytest.mark.skipif(not os.path.exists("/proc/self/comm"), reason="needs /proc")
def test_files_of_the_kernel(tmp_path):
    (tmp_path / "name").write_bytes(b"renamed")
    comm = "/proc/self/comm"
    with open(comm, "rb") as file:
        before = file.read()
    try:
        copied = copy(tmp_path / "name", comm)
        assert copied == 7 and copied.in_place
        with open(comm, "rb") as file:
            assert file.read() == b"renamed\n"
        (tmp_path / "name").write_bytes(b"again")
        with open(comm, "wb", buffering=0) as file:
            assert copy(tmp_path / "name", file) == 5
        with open(comm, "rb") as file:
            assert file.read() == b"again\n"
    finally:
        with open(comm, "wb") as file:
            file.write(before)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems let programs be overwritten")
@pytest.mark.parametrize("how", ["atomic", "link", "in place", "linked", "copyfile"])
def test_a_program_that_runs(original, tmp_path, how):
    """It can be replaced, if that makes no other difference, but not written."""
    target = tmp_path / "dst"
    shutil.copy(shutil.which("sleep"), str(target))
    target.chmod(0o741)
    if how == "linked":
        os.link(str(target), str(tmp_path / "other name"))
    if how == "link":
        os.symlink("dst", str(tmp_path / "link"))
        target = tmp_path / "link"
    with subprocess.Popen([str(target), "60"]) as running:
        try:
            if how in ("atomic", "link"):
                copied = copy(original, target)
                assert not copied.in_place and target.read_bytes() == original.read_bytes()
                assert stat.S_IMODE(target.stat().st_mode) == 0o741 and running.poll() is None
            else:
                with pytest.raises(OSError) as caught:
                    if how == "copyfile":
                        zcio_shutil.copyfile(str(original), str(target))
                    else:
                        copy(original, target, atomic=how != "in place")
                assert caught.value.errno == errno.ETXTBSY and caught.value.filename == str(target)
        finally:
            running.kill()
    names = {"linked": ["dst", "other name", "src"], "link": ["dst", "link", "src"]}
    assert sorted(os.listdir(str(tmp_path))) == names.get(how, ["dst", "src"])


@pytest.mark.parametrize("kind", ["file", "buffered", "socket", "descriptor"])
def test_nothing_is_copied_at_once(tmp_path, kind):
    """From what has nothing and does not end."""
    a, b = socket.socketpair()
    with a, b, a.makefile("rb") as buffered, a.makefile("rb", buffering=0) as raw:
        src = {"file": raw, "buffered": buffered, "socket": a, "descriptor": a.fileno()}[kind]
        told = []
        assert copy(src, tmp_path / "dst", count=0, progress=lambda *args: told.append(args)) == 0
        assert told == [(0, 0)] and (tmp_path / "dst").read_bytes() == b""


def test_modes_are_taken_over_before_the_content_is_there(original, tmp_path, dst):
    dst.chmod(0o600)
    modes = []

    def progress(done, total):
        modes.extend(stat.S_IMODE(entry.stat().st_mode) for entry in os.scandir(str(tmp_path)) if entry.name != "src")

    copy(original, dst, progress=progress)
    assert len(modes) >= 2 and set(modes) == {0o600}
