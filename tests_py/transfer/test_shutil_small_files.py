"""Small files, which zcio.shutil copies in one native call: which it skips, failures, progress, audit."""

import errno
import os
import shutil as theirs
import signal
import subprocess
import sys

import pytest

import zcio.shutil as ours
from zcio._core.transfer import COPY_PATHS, IN_PLACE, copy_paths, inject, inject_clear

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")

NOTHING, CONTENT, ALL, UNTRIED = range(4)
FOR_METADATA = ("utimensat", "listxattr", "getxattr", "setxattr", "chmod")
CALLS = ("stat", "open", "ftruncate", "read", "write", "close") + FOR_METADATA
CODES = (errno.EIO, errno.ENOSPC, errno.EINTR, errno.EACCES, errno.ENOSYS, errno.EXDEV)


@pytest.fixture
def src(tmp_path):
    path = tmp_path / "src"
    path.write_bytes(b"content" * 500)
    path.chmod(0o604)
    try:
        os.setxattr(str(path), "user.kept", b"value")
    except OSError:
        pass
    os.utime(str(path), ns=(10**18 + 1, 10**18 + 123456789))
    return path


@pytest.fixture
def strike():
    yield inject
    inject_clear()


def native(src, dst, metadata=2):
    return copy_paths(b"".join(os.fsencode(str(path)) + b"\0" for path in (src, dst)), IN_PLACE, metadata, False)


def is_copy(dst, src):
    there, about = os.stat(str(dst)), os.stat(str(src))
    return (
        dst.read_bytes() == src.read_bytes()
        and (there.st_mode, there.st_mtime_ns) == (about.st_mode, about.st_mtime_ns)
        and os.listxattr(str(dst)) == os.listxattr(str(src))
    )


def test_one_call_copies_all(src, tmp_path):
    dst = tmp_path / "dst"
    assert native(src, dst) == ALL and is_copy(dst, src)
    dst.write_bytes(b"longer than before" * 1000)
    inode = dst.stat().st_ino
    assert native(src, dst) == ALL and is_copy(dst, src) and dst.stat().st_ino == inode


@pytest.mark.parametrize("size", [0, 1, 4096, 65536, 65537, 1 << 20])
def test_every_size(tmp_path, size):
    src, dst = tmp_path / "src", tmp_path / "dst"
    src.write_bytes(os.urandom(size))
    assert native(src, dst, metadata=0) == ALL and dst.read_bytes() == src.read_bytes()


def test_a_new_file_has_the_mode_that_the_umask_leaves(src, tmp_path):
    before = os.umask(0o027)
    try:
        assert native(src, tmp_path / "dst", metadata=0) == ALL
    finally:
        os.umask(before)
    assert (tmp_path / "dst").stat().st_mode & 0o7777 == 0o640


def test_what_is_left_alone(src, tmp_path):
    (tmp_path / "large").write_bytes(bytes((1 << 20) + 1))
    os.mkfifo(str(tmp_path / "fifo"))
    os.link(str(src), str(tmp_path / "hard"))
    (tmp_path / "soft").symlink_to("src")
    (tmp_path / "directory").mkdir()
    before = src.read_bytes()
    for one, other in [
        ("large", "dst"),
        ("fifo", "dst"),
        ("directory", "dst"),
        ("nowhere", "dst"),
        ("src", "fifo"),
        ("src", "hard"),
        ("hard", "src"),
        ("src", "soft"),
        ("src", "src"),
        ("src", "directory"),
        ("src", "nowhere/dst"),
    ]:
        assert native(tmp_path / one, tmp_path / other) == NOTHING, (one, other)
        assert not (tmp_path / "dst").exists() and src.read_bytes() == before
    assert native("/dev/null", tmp_path / "dst") == NOTHING and native(src, "/dev/null") == NOTHING


def test_an_empty_file_copied_over_an_empty_one_is_modified(tmp_path):
    src, dst = tmp_path / "src", tmp_path / "dst"
    for path in (src, dst):
        path.write_bytes(b"")
        os.utime(str(path), ns=(10**18, 10**18))
    assert native(src, dst, metadata=0) == ALL
    assert dst.stat().st_mtime_ns > 10**18


def test_holes_are_left_alone(tmp_path):
    with open(str(tmp_path / "holes"), "wb") as file:
        file.truncate(1 << 19)
    if os.stat(str(tmp_path / "holes")).st_blocks:
        pytest.skip("this file system keeps no holes")
    assert native(tmp_path / "holes", tmp_path / "dst") == NOTHING


@pytest.mark.parametrize("code", CODES, ids=lambda code: errno.errorcode[code])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("skip", range(4))
def test_what_fails_in_the_call_is_done_in_steps(src, tmp_path, strike, call, code, skip):
    dst = tmp_path / "dst"
    dst.write_bytes(b"old" * 5000)
    strike(call, skip=skip, times=1, errno=code)
    assert ours.copy2(str(src), str(dst)) == str(dst)
    assert is_copy(dst, src)


def test_every_call_is_struck(src, tmp_path, strike):
    (tmp_path / "dst").write_bytes(b"old")
    if not os.listxattr(str(src)):
        pytest.skip("this file system keeps no attributes")
    for call in CALLS:
        strike(call, errno=errno.EIO)
        assert native(src, tmp_path / "dst") == (CONTENT if call in FOR_METADATA else NOTHING), call
        assert inject_clear() == 1, call


def test_a_signal_handler_runs_after_an_interrupted_call(src, tmp_path, strike):
    ran = []
    before = signal.signal(signal.SIGUSR1, lambda *arguments: ran.append(1))
    try:
        strike("open", errno=errno.EINTR)
        os.kill(os.getpid(), signal.SIGUSR1)
        ours.copy2(str(src), str(tmp_path / "dst"))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert ran and is_copy(tmp_path / "dst", src)


def test_a_batch(tmp_path):
    pairs = []
    for number in range(COPY_PATHS):
        path = tmp_path / str(number)
        if number % 3:
            path.write_bytes(b"%d" % number)
        pairs.append(os.fsencode(str(path)) + b"\0" + os.fsencode(str(path)) + b".copy\0")
    states = []
    while len(states) < COPY_PATHS:  # on a busy machine it may take more than one call, since each ends after 50 ms
        bits = copy_paths(b"".join(pairs[len(states) :]), IN_PLACE, 2, False)
        assert bits < 1 << 2 * (COPY_PATHS - len(states))
        found = [(bits >> 2 * number) & 3 for number in range(COPY_PATHS - len(states))]
        tried = found.index(UNTRIED) if UNTRIED in found else len(found)
        assert tried and set(found[tried:]) <= {UNTRIED}
        states += found[:tried]
    for number in range(COPY_PATHS):
        assert states[number] == (ALL if number % 3 else NOTHING)
        copied = tmp_path / ("%d.copy" % number)
        assert copied.exists() == bool(number % 3)
        assert not number % 3 or copied.read_bytes() == b"%d" % number


def test_batches_that_make_no_sense(tmp_path):
    from zcio._core import CoreError

    name = os.fsencode(str(tmp_path / "x")) + b"\0"
    assert copy_paths(b"", IN_PLACE, 2, False) == 0
    for wrong in (name, name + name[:-1], name * 3, name * 2 * (COPY_PATHS + 1)):
        with pytest.raises(CoreError):
            copy_paths(wrong, IN_PLACE, 2, False)
    assert os.listdir(str(tmp_path)) == []


def outcome(call):
    try:
        return call()
    except Exception as error:
        return type(error), str(error)


def test_what_is_no_name(src, tmp_path):
    dst = str(tmp_path / "dst")
    for one, other in [(str(src) + "\0", dst), (str(src), "\0"), (None, dst), (1.5, dst), (str(src), 1.5)]:
        mine, other = (outcome(lambda: module.copyfile(one, other)) for module in (ours, theirs))  # noqa: B023
        assert mine == other and isinstance(mine, tuple)
    with open(str(src), "rb") as file, open(dst, "wb") as target:
        ours.copyfile(os.dup(file.fileno()), os.dup(target.fileno()))
    assert (tmp_path / "dst").read_bytes() == src.read_bytes()


def test_a_replaced_open_is_called(src, tmp_path, monkeypatch):
    opened = []

    def spy(*arguments):
        opened.append(arguments)
        return open(*arguments)

    monkeypatch.setattr(ours, "open", spy, raising=False)
    ours.copyfile(str(src), str(tmp_path / "dst"))
    ours.copytree(str(tmp_path), str(tmp_path / "sub" / "tree"), ignore=lambda *names: ["sub"])
    assert len(opened) == 6


def test_a_file_copied_into_a_directory_in_its_place(src, tmp_path):
    """As shutil does: copy2() of a file to the name of a directory puts it into that."""
    for module, name in ((ours, "us"), (theirs, "them")):
        (tmp_path / name / "src").mkdir(parents=True)
        if module is ours or sys.version_info >= (3, 8):
            module.copytree(
                str(tmp_path), str(tmp_path / name), dirs_exist_ok=True, ignore=lambda *names: ["us", "them"]
            )
            assert os.listdir(str(tmp_path / name / "src")) == ["src"]


AUDITED = """
import os, sys, importlib
module = importlib.import_module(sys.argv[1])
top, workers = sys.argv[2], {} if sys.argv[3] == "1" else {"workers": int(sys.argv[3])}
seen = []

def hook(event, arguments):
    if event == "open" and str(arguments[0]).startswith(top) or event.startswith("shutil."):
        seen.append((event,) + tuple(os.fspath(a) if hasattr(a, "__fspath__") else a for a in arguments))
        if event == "open" and str(arguments[0]).endswith("refused"):
            raise PermissionError("by the hook")

module.copy2  # imported before
sys.addaudithook(hook)
try:
    module.copytree(top + "/tree", top + "/to", **workers)
except module.Error as error:
    print([why for _, _, why in error.args[0]])
module.copyfile(top + "/tree/one", top + "/to/other")
module.copy(top + "/tree/one", top + "/to/other")
for event in sorted(seen) if workers else seen:
    print(event)
"""


@pytest.mark.skipif(sys.version_info < (3, 8), reason="needs audit hooks")
@pytest.mark.skipif(sys.implementation.name == "pypy", reason="PyPy audits open() otherwise")
@pytest.mark.parametrize("workers", [1, 2])
def test_audit_hooks(tmp_path, workers):
    (tmp_path / "tree").mkdir()
    for name in ("one", "two", "refused"):
        (tmp_path / "tree" / name).write_bytes(b"content")
    said = []
    for module in ("zcio.shutil", "shutil"):
        command = [sys.executable, "-c", AUDITED, module, str(tmp_path), "1" if module == "shutil" else str(workers)]
        said.append(subprocess.check_output(command, timeout=60).decode().splitlines())
        theirs.rmtree(str(tmp_path / "to"))
    # Told of copystat() before the file is opened, since both are one call.
    mine, other = (sorted(lines) for lines in said)
    refused = [line for line in mine if "copystat" in line and "refused" in line]
    assert [line for line in mine if line not in refused] == other
    assert said[0][0] == "['by the hook']" and len(said[0]) > 10
