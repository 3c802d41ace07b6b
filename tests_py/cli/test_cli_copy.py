"""``python -m zcio copy`` beside ``cp``: what is copied, what is said, the exit status."""

import os
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import time
from argparse import Namespace
from concurrent.futures import CancelledError

import pytest
from signal_support import ends_at_line

from zcio.cli import copy as cli_copy, main

DATA = os.urandom(1 << 20) + b"the end"


def zcio(*arguments, **options):
    process = subprocess.run(
        [sys.executable, "-m", "zcio", "copy"] + [str(argument) for argument in arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=60,
        **options
    )
    return process.returncode, process.stdout, process.stderr.decode()


@pytest.fixture
def src(tmp_path):
    path = tmp_path / "src"
    path.write_bytes(DATA)
    return path


def test_a_file(src, tmp_path):
    assert zcio(src, tmp_path / "dst") == (0, b"", "")
    assert (tmp_path / "dst").read_bytes() == DATA


def test_into_a_directory(src, tmp_path):
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "dir").mkdir()
    assert zcio(src, tmp_path / "other", tmp_path / "dir") == (0, b"", "")
    assert (tmp_path / "dir" / "src").read_bytes() == DATA
    assert (tmp_path / "dir" / "other").read_bytes() == b"other"


def test_standard_input_and_output(src, tmp_path):
    assert zcio(src, "-") == (0, DATA, "")
    assert zcio("-", tmp_path / "dst", input=DATA) == (0, b"", "")
    assert (tmp_path / "dst").read_bytes() == DATA
    assert zcio("-", "-", input=DATA) == (0, DATA, "")
    assert zcio(src, src, "-") == (0, DATA * 2, "")
    with open(str(src), "rb") as file:
        file.seek(5)
        assert zcio("-", tmp_path / "dst", stdin=file) == (0, b"", "")
    assert (tmp_path / "dst").read_bytes() == DATA[5:]


@pytest.mark.skipif(shutil.which("cp") is None, reason="no cp to compare with")
@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o4755])
@pytest.mark.parametrize("there", [None, 0o600, 0o755])
def test_permissions_are_those_that_cp_gives(src, tmp_path, mode, there):
    src.chmod(mode)
    for name in ("ours", "theirs"):
        if there is not None:
            (tmp_path / name).write_bytes(b"")
            (tmp_path / name).chmod(there)
    subprocess.check_call(["cp", str(src), str(tmp_path / "theirs")])
    assert zcio(src, tmp_path / "ours")[0] == 0
    ours, theirs = ((tmp_path / name).stat().st_mode for name in ("ours", "theirs"))
    assert stat.S_IMODE(ours) == stat.S_IMODE(theirs)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o755])
def test_the_copy_is_not_readable_before_it_has_its_permissions(src, tmp_path, monkeypatch, mode):
    modes = []
    real = os.replace

    def replace(new, name):
        modes.append(stat.S_IMODE(os.stat(new).st_mode))
        real(new, name)

    monkeypatch.setattr(os, "replace", replace)
    src.chmod(mode)
    before = os.umask(0o022)
    try:
        assert main(["copy", str(src), str(tmp_path / "dst")]) == 0
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert modes == [(mode | stat.S_IWUSR) & ~0o022]
    assert stat.S_IMODE((tmp_path / "dst").stat().st_mode) == mode & ~0o022


def test_files_that_cannot_be_copied_are_reported_and_the_others_copied(src, tmp_path):
    (tmp_path / "dir").mkdir()
    status, out, err = zcio(tmp_path / "none", src, tmp_path, tmp_path / "dir")
    assert (status, out) == (1, b"")
    assert err.splitlines() == [
        "zcio copy: cannot stat '%s': No such file or directory" % (tmp_path / "none"),
        "zcio copy: -r not specified; omitting directory '%s'" % tmp_path,
    ]
    assert os.listdir(str(tmp_path / "dir")) == ["src"]


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["{src}", "{src}"], "'{src}' and '{src}' are the same file"),
        (["{src}", "/dev/full"], "error copying '{src}' to '/dev/full': No space left on device"),
        (["-", "{dir}"], "standard input has no name to have in '{dir}'"),
    ],
    ids=["same", "full", "no name"],
)
def test_errors_are_one_line(src, tmp_path, arguments, said):
    names = {"src": str(src), "dir": str(tmp_path)}
    status, out, err = zcio(*[argument.format(**names) for argument in arguments], input=b"")
    assert (status, out, err) == (1, b"", "zcio copy: " + said.format(**names) + "\n")


BESIDE_CP = [
    "a new",
    "a b",
    "a dir",
    "a dir/",
    "a dir/b",
    "a dir/x",
    "a none/",
    "a none/new",
    "a a",
    "a ./a",
    "a link",
    "a hard",
    "link new",
    "link a",
    "dangling new",
    "a dangling",
    "loop new",
    "a loop",
    "none new",
    "a none dir",
    "a b new",
    "a b a",
    "a b dir",
    "dir new",
    "dir dir",
    "a exe",
    "exe new",
    "empty new",
    "-- -dash new",
    "a a dir",
    "a sub/a dir",
    "dir/x a/x",
    "a/ new",
    "a new/.",
    "a b/",
    "/dev/null new",
    "a /dev/null",
    "/proc/version new",
    "a " + "n" * 300,
]


@pytest.fixture
def scene(tmp_path):
    def make(name):
        root = tmp_path / name
        for folder in ("dir", "dir/b", "sub"):
            (root / folder).mkdir(parents=True)
        for file in ("a", "b", "sub/a", "dir/x", "exe", "-dash"):
            (root / file).write_bytes(file.encode() * 1000)
        (root / "empty").write_bytes(b"")
        (root / "exe").chmod(0o755)
        for link, to in [("link", "a"), ("dangling", "nowhere"), ("loop", "loop")]:
            (root / link).symlink_to(to)
        os.link(str(root / "a"), str(root / "hard"))
        return root

    return make


def look(root):
    found = {}
    for folder, _, files in os.walk(str(root)):
        for file in files:
            path = os.path.join(folder, file)
            content = None
            if os.path.isfile(path):
                with open(path, "rb") as opened:
                    content = opened.read()
            found[os.path.relpath(path, str(root))] = (os.lstat(path).st_mode, content)
    return found


def gnu_cp():
    try:
        return int(subprocess.check_output(["cp", "--version"]).split()[3].split(b".")[0])
    except (OSError, IndexError, ValueError):
        return 0


@pytest.mark.skipif(gnu_cp() < 9, reason="the words are those of coreutils 9")
@pytest.mark.parametrize("words", BESIDE_CP)
def test_beside_cp(scene, words, monkeypatch, capfd):
    ours, theirs = scene("ours"), scene("theirs")
    environment = dict(os.environ, LC_ALL="C")
    expected = subprocess.call(["cp"] + words.split(), cwd=str(theirs), env=environment)
    said = capfd.readouterr().err.replace("cp: ", "zcio copy: ")
    said = re.sub("(with non-directory) '.*'", r"\1", said)  # newer ones name it
    monkeypatch.chdir(ours)
    status = main(["copy"] + words.split())
    got = capfd.readouterr()
    assert (status, got.out, got.err) == (expected, "", said)
    assert look(ours) == look(theirs)


def test_verbose_tells_the_call(src, tmp_path):
    status, out, err = zcio("-v", "--reflink=never", src, tmp_path / "dst")
    assert status == 0 and err == "'%s' -> '%s' (%d bytes, %s)\n" % (
        src,
        tmp_path / "dst",
        len(DATA),
        err.rpartition(", ")[2][:-2],
    )
    assert err.rpartition(", ")[2] in ("sendfile)\n", "splice)\n", "read/write)\n")


def test_no_progress_of_a_short_copy_where_there_is_no_terminal(src, tmp_path):
    assert zcio("--progress", src, tmp_path / "dst") == (0, b"", "")


def test_progress_is_one_line_for_all_files(tmp_path, monkeypatch, capsys):
    from zcio.cli import main

    for name in ("top/one", "top/two", "top/inner/three"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(700))
    (tmp_path / "top" / "none").write_bytes(b"")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert main(["copy", "-r", "--progress", str(tmp_path / "top"), str(tmp_path / "copy")]) == 0
    said = capsys.readouterr().err
    assert said.split("\r")[-2].rstrip() == "4 of 4 files, 2.1 KiB of 2.1 KiB" and said.count("\n") == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_a_tree_with_workers(tmp_path, workers):
    top = tmp_path / "top"
    for number in range(70):
        path = top / str(number % 3) / str(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%d" % number * (3000000 if number == 5 else 9))
        os.utime(str(path), (number, number))
    os.utime(str(top / "1"), (77, 77))
    (tmp_path / "copy" / "top" / "2" / "5").mkdir(parents=True)  # is in the way of a file
    status, _, said = zcio("-a", "--workers", str(workers), top, tmp_path / "copy")
    assert (status, said.count("\n")) == (1, 1) and "cannot overwrite directory" in said
    os.rmdir(str(tmp_path / "copy" / "top" / "2" / "5"))
    assert zcio("-a", "--workers=%d" % workers, top / "2" / "5", tmp_path / "copy" / "top" / "2")[0] == 0
    for folder in ("0", "1", "2"):
        for path in (top / folder).iterdir():
            copied = tmp_path / "copy" / "top" / folder / path.name
            assert copied.read_bytes() == path.read_bytes() and copied.stat().st_mtime == path.stat().st_mtime
    assert (tmp_path / "copy" / "top" / "1").stat().st_mtime == 77


def test_a_reader_that_has_enough():
    process = subprocess.Popen(
        [sys.executable, "-m", "zcio", "copy", "/dev/zero", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.read(1 << 20)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), err) == (128 + signal.SIGPIPE, b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ended_by_a_signal_it_leaves_nothing(tmp_path, number):
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("ignored by the whole session, as under nohup")
    process = subprocess.Popen(
        [sys.executable, "-m", "zcio", "copy", "-", str(tmp_path / "dst")],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(b"some")
    process.stdin.flush()
    deadline = time.monotonic() + 30
    while not os.listdir(str(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert os.listdir(str(tmp_path)) != ["dst"]
    process.send_signal(number)
    err = process.stderr.read()
    process.stderr.close()
    process.stdin.close()
    assert (process.wait(60), err) == (-number, b"")
    assert os.listdir(str(tmp_path)) == []


def test_ended_at_any_line_it_leaves_nothing(tmp_path):
    source, target = tmp_path / "src", tmp_path / "in" / "dst"
    source.write_bytes(DATA)
    target.parent.mkdir()
    arguments = Namespace(meter=None, workers=1, sync=False, reflink="auto", preserve=False, verbose=False)
    about = os.stat(str(source))

    def copied():
        cli_copy._copy_content(str(source), str(target), about, arguments)

    def is_of_copy(frame):
        return frame.f_code is cli_copy._copy_content.__code__

    line = 1
    while ends_at_line(copied, line, is_of_copy):
        assert os.listdir(str(target.parent)) == [] or target.read_bytes() == DATA, line
        for name in os.listdir(str(target.parent)):
            os.unlink(str(target.parent / name))
        line += 1
    assert line > 10 and target.read_bytes() == DATA


def test_a_cancelled_thread_leaves_nothing(tmp_path):
    source, target = tmp_path / "src", tmp_path / "dst"
    source.write_bytes(bytes(2 << 20))
    arguments = Namespace(meter=None, workers=2, sync=False, reflink="auto", preserve=False, verbose=False)
    with pytest.raises(CancelledError):
        about = os.stat(str(source))
        cli_copy._copy_content(str(source), str(target), about, arguments, Namespace(is_cancelled=True))
    assert os.listdir(str(tmp_path)) == ["src"]


def tree_of(top):
    found = {}
    for directory, names, files in os.walk(str(top)):
        for path in [directory] + [os.path.join(directory, name) for name in names + files]:
            about = os.lstat(path)
            kind = stat.S_IFMT(about.st_mode)
            content = os.readlink(path) if kind == stat.S_IFLNK else None
            if kind == stat.S_IFREG:
                with open(path, "rb") as file:
                    content = file.read()
            times = about.st_mtime_ns if about.st_mtime_ns < 10**18 + 10 else None
            found[os.path.relpath(path, str(top))] = (about.st_mode, about.st_uid, about.st_gid, times, content)
    return found


@pytest.mark.skipif(shutil.which("cp") is None, reason="no cp to compare with")
@pytest.mark.parametrize("options", [["-r"], ["-a"], ["-R", "-p"]], ids=" ".join)
@pytest.mark.parametrize("there", [False, True])
def test_a_tree_beside_cp(tmp_path, options, there):
    top = tmp_path / "tree"
    (top / "sub" / "deep").mkdir(parents=True)
    (top / "file").write_bytes(DATA)
    (top / "sub" / "program").write_bytes(b"#!")
    (top / "sub" / "program").chmod(0o775)
    (top / "sub" / "deep").chmod(0o700)
    (top / "link").symlink_to("sub")
    (top / "dangling").symlink_to("nowhere")
    os.mkfifo(str(top / "fifo"), 0o640)
    for number, name in enumerate(["file", "sub/program", "sub/deep", "sub"]):
        os.utime(str(top / name), ns=(10**18, 10**18 + number))
    for name in ("ours", "theirs"):
        if there:
            (tmp_path / name / "tree" / "sub").mkdir(parents=True)
            (tmp_path / name / "tree" / "file").write_bytes(b"old")
    assert subprocess.call(["cp"] + options + [str(top), str(tmp_path / "theirs")]) == 0
    assert zcio(*(options + [top, tmp_path / "ours"])) == (0, b"", "")
    assert tree_of(tmp_path / "ours") == tree_of(tmp_path / "theirs")


def test_a_directory_is_not_copied_into_itself_or_over_a_file(tmp_path):
    (tmp_path / "dir").mkdir()
    (tmp_path / "file").write_bytes(b"")
    status, _, said = zcio("-r", tmp_path / "dir", tmp_path / "dir" / "sub")
    assert status == 1 and "into itself" in said
    status, _, said = zcio("-r", tmp_path / "dir", tmp_path / "file")
    assert status == 1 and "cannot overwrite non-directory" in said


@pytest.mark.parametrize("words", ["- %s <&-", "%s - >&-"])
def test_closed_streams(src, tmp_path, words):
    other = tmp_path / "dst" if words.startswith("-") else src
    command = "exec '%s' -m zcio copy %s" % (sys.executable, words % ("'%s'" % other))
    process = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert process.returncode == 1 and b": file descriptor " in process.stderr
    assert process.stderr.count(b"\n") == 1 and not (tmp_path / "dst").exists()


def test_usage_errors_show_the_usage_of_copy(src):
    status, _, said = zcio(src, src, "--no-such")
    assert status == 2 and said.startswith("usage: python -m zcio copy [")


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="needs access control lists")
@pytest.mark.parametrize("mode", [0o664, 0o755, 0o400])
def test_a_default_acl_gives_what_it_gives_to_cp(src, tmp_path, mode):
    # user::rw-, user:1000:rwx, group::rw-, mask::rwx, other::---
    entries = [(1, 6, -1), (2, 7, 1000), (4, 6, -1), (16, 7, -1), (32, 0, -1)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    folder = tmp_path / "folder"
    folder.mkdir()
    try:
        os.setxattr(str(folder), "system.posix_acl_default", acl)
    except OSError:
        pytest.skip("this file system has no access control lists")
    os.chmod(str(src), mode)
    assert zcio(src, folder / "ours")[0] == 0
    subprocess.check_call(["cp", str(src), str(folder / "cp")])
    ours, theirs = (os.stat(str(folder / name)).st_mode for name in ("ours", "cp"))
    assert oct(ours) == oct(theirs)
