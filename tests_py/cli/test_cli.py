"""The command line, run as a user runs it."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest

import zcio as zcio_package
from zcio import cli


def zcio(*arguments, **options):
    """Run ``python -m zcio`` and return (status, standard output, standard error)."""
    process = subprocess.run(
        [sys.executable, "-m", "zcio"] + list(arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=60,
        **options,
    )
    return process.returncode, process.stdout, process.stderr.decode()


@pytest.fixture
def text(tmp_path):
    """A file with occurrences of "needle" near both ends, at a seam of the stream's pieces, and overlapping "aa"."""
    seam = (1 << 20) - 3
    data = bytearray(b"hay " * 700000)
    for at in (10, seam, len(data) - 6):
        data[at : at + 6] = b"needle"
    data[100:105] = b"aaaaa"
    path = tmp_path / "text"
    path.write_bytes(bytes(data))
    return str(path), bytes(data)


def offsets(data, sub):
    """Non-overlapping offsets, from the left."""
    found, at = [], data.find(sub)
    while at >= 0:
        found.append(at)
        at = data.find(sub, at + len(sub))
    return found


@pytest.mark.parametrize("through", ["file", "stdin"])
@pytest.mark.parametrize("pattern", ["needle", "aa", "hay hay", "y"])
def test_offsets_as_grep_prints_them(text, pattern, through):
    path, data = text
    sub = pattern.encode()
    expected = b"".join(b"%d:%s\n" % (at, sub) for at in offsets(data, sub))
    if through == "file":
        status, out, error = zcio("search", pattern, path)
    else:
        status, out, error = zcio("search", pattern, "-", input=data)
    assert (status, error) == (0, "")
    assert out == expected
    if through == "file" and shutil.which("grep"):
        assert subprocess.check_output(["grep", "-obUaF", "-e", pattern, path]) == expected


@pytest.mark.parametrize("through", ["file", "stdin"])
def test_count_last_and_limit(text, through):
    path, data = text
    where, options = (path, {}) if through == "file" else ("-", {"input": data})
    assert zcio("search", "-c", "hay ha", where, **options)[:2] == (0, b"%d\n" % data.count(b"hay ha"))
    assert zcio("search", "-c", "--threads", "2", "needle", where, **options) == zcio(
        "search", "-c", "needle", where, **options
    )
    assert zcio("search", "--threads", "2", "needle", where, **options) == zcio("search", "needle", where, **options)
    assert zcio("search", "--last", "needle", where, **options)[:2] == (0, b"%d:needle\n" % data.rfind(b"needle"))
    assert zcio("search", "--limit", "1", "needle", where, **options)[:2] == (0, b"10:needle\n")
    assert zcio("search", "-c", "--limit", "2", "needle", where, **options)[:2] == (0, b"2\n")
    assert zcio("search", "--limit", "0", "needle", where, **options)[:2] == (1, b"")


@pytest.mark.parametrize("arguments", [("search", "--limit", "x", "y", "z"), ("compat", "--examples", "x")])
def test_an_argument_that_is_not_a_number_is_refused(arguments):
    status, out, error = zcio(*arguments)
    assert (status, out) == (2, b"") and "must be a number" in error.splitlines()[-1]


def test_hexadecimal_and_percent(tmp_path):
    path = tmp_path / "archive"
    path.write_bytes(b"..PK\x05\x06..100%d..")
    assert zcio("search", "--hex", "504b0506", str(path))[:2] == (0, b"2:PK\x05\x06\n")
    assert zcio("search", "0%d", str(path))[:2] == (0, b"10:0%d\n")
    status, out, error = zcio("search", "--hex", "xy", str(path))
    assert (status, out) == (2, b"") and "not hexadecimal" in error


def test_several_files_and_what_cannot_be_searched(text, tmp_path):
    path, _ = text
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    missing = str(tmp_path / "missing")
    status, out, error = zcio("search", "--limit", "1", "needle", str(empty), path)
    assert (status, out, error) == (0, path.encode() + b":10:needle\n", "")
    status, out, error = zcio("search", "--limit", "1", "needle", missing, str(tmp_path), path)
    assert status == 2
    assert out == path.encode() + b":10:needle\n"
    assert error.splitlines() == [
        "zcio search: %s: No such file or directory" % missing,
        "zcio search: %s: Is a directory" % tmp_path,
    ]
    assert zcio("search", "absent", path, str(empty)) == (1, b"", "")
    assert zcio("search", "", path)[0] == 2


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="needs /proc")
def test_proc_files_have_no_size_but_a_content():
    status, out, error = zcio("search", "-c", "r-xp", "/proc/self/maps")
    assert (status, error) == (0, "")
    assert int(out) > 0


def test_a_reader_that_has_seen_enough(text):
    path, _ = text
    process = subprocess.Popen(
        [sys.executable, "-m", "zcio", "search", "hay", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.readline()
    process.stdout.close()
    error = process.stderr.read()
    assert process.wait(timeout=60) == 128 + signal.SIGPIPE
    assert error == b""
    process.stderr.close()


def test_interrupting_a_long_search(tmp_path):
    path = str(tmp_path / "sparse")
    with open(path, "wb") as file:
        file.truncate(1 << 38)
    process = subprocess.Popen(
        [sys.executable, "-m", "zcio", "search", "needle", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    time.sleep(1.5)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=10)
    assert (process.returncode, out, error) == (-signal.SIGINT, b"", b"")


def test_info_and_version():
    status, out, error = zcio("info")
    assert (status, error) == (0, "")
    facts = dict(line.split(None, 1) for line in out.decode().splitlines() if line.startswith(("zcio", "interpreter")))
    assert facts["interpreter"].split()[1] == sys.version.split()[0]
    for name in ("commit", "cffi", "processor", "C library", "kernel", "native module"):
        assert "\n%s " % name in out.decode(), "a bug report needs it"
    status, out, _ = zcio("--version")
    assert (status, out.decode().strip()) == (0, "zcio " + facts["zcio"])


def test_info_tells_the_commit():
    """The whole hash; "unknown" only if zcio was built without git."""
    facts = dict(line.split(None, 1) for line in zcio("info")[1].decode().splitlines())
    commit = facts["commit"]
    assert re.match(r"[0-9a-f]{40}(-dirty)?( \(a checkout\))?$", commit) or commit == "unknown"
    package = os.path.dirname(zcio_package.__file__)
    root = os.path.dirname(package)
    if os.path.exists(os.path.join(root, ".git")) and shutil.which("git"):
        head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=root).decode().strip()
        assert commit.startswith(head) and commit.endswith(" (a checkout)")


@pytest.mark.parametrize("arguments", [["search", "x"], ["grep"], ["bench", "nonsense"]])
def test_what_argparse_does_not_check_shows_the_usage_too(arguments):
    status, out, error = zcio(*arguments)
    assert (status, out) == (2, b"") and error.startswith("usage: python -m zcio %s [" % arguments[0])


def test_usage_errors():
    for arguments in ([], ["search"], ["search", "x"], ["nonsense"], ["search", "--limit", "-1", "x", "y"]):
        status, out, error = zcio(*arguments)
        assert status == 2 and out == b"" and "Traceback" not in error


@pytest.mark.parametrize("line, wanted", [("zcio be", {"bench"}), ("zcio search --la", {"--last"})])
def test_a_shell_can_complete(tmp_path, line, wanted):
    pytest.importorskip("argcomplete")
    out = tmp_path / "completions"
    asked = {"COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n"}
    asked["_ARGCOMPLETE_STDOUT_FILENAME"] = str(out)
    status, said, error = zcio(env=dict(os.environ, **asked))
    assert (status, said, error) == (0, b"", "")
    assert {word.strip() for word in out.read_text().splitlines()} == wanted


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("arguments", [["info"], ["search", "hay"], ["search", "-c", "hay"]])
def test_output_that_cannot_be_written(text, arguments):
    if arguments != ["info"]:
        arguments = arguments + [text[0], text[0]]
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [sys.executable, "-u", "-m", "zcio"] + arguments, stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert process.returncode == 2
    assert process.stderr.decode() == "zcio %s: write error: No space left on device\n" % arguments[0]


def shell(command, *arguments, **options):
    """Run a line of sh, in which $0 is ``python`` and $1 is the first of ``arguments``."""
    return subprocess.run(
        ["sh", "-c", command, sys.executable] + list(map(str, arguments)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=60,
        **options
    )


@pytest.mark.parametrize(
    "command, status, out",
    [
        ("search x /no-such-file $1 2>&-", 2, b"%s:1:x\n"),
        ("search x /no-such-file $1 2>/dev/full", 2, b"%s:1:x\n"),
        ("copy -v $1 - 2>&-", 0, b"axa\n"),
        ("search x 2>/dev/full", 2, b""),
        ("search 2>&-", 2, b""),
    ],
)
def test_messages_do_not_go_to_standard_output(tmp_path, command, status, out):
    path = tmp_path / "file"
    path.write_bytes(b"axa\n")
    process = shell("$0 -m zcio " + command, path)
    assert (process.returncode, process.stdout) == (status, out.replace(b"%s", os.fsencode(str(path))))


def test_a_file_does_not_get_the_descriptor_of_a_closed_stream():
    program = "from zcio.cli import streams; streams.open_closed(); print(open('/dev/null').fileno() > 2)"
    assert shell("$0 -c \"%s\" <&- 2>&-" % program).stdout == b"True\n"


def test_run_without_standard_output():
    assert shell("$0 -m zcio run -c 'import sys; sys.exit(7 if sys.stdout is None else 0)' >&-").returncode == 7


@pytest.mark.parametrize("command", ["search x $1", "grep -on x $1"])
def test_a_write_that_is_cut_short_is_an_error(tmp_path, command):
    (tmp_path / "file").write_bytes(b"x\n" * 1000)
    process = shell("$0 -u -m zcio %s > $1.out" % command, tmp_path / "file", preexec_fn=_limit_file_size)
    assert process.returncode == 2 and b"write error: File too large" in process.stderr


@pytest.mark.parametrize(
    "words, out",
    [
        (["search", "--", "-c", "file"], b"2:-c\n"),
        (["search", "-ie", "-C", "file", "--limit", "1"], b"2:-c\n"),
        (["grep", "--", "-c", "file"], b"a -c\n"),
        (["grep", "--regex", "-c", "-n", "--color", "--", "-file"], b"1:a -c\n"),
        (["copy", "--", "-file", "-"], b"a -c\n"),
    ],
)
def test_operands_and_values_that_begin_with_a_dash(tmp_path, monkeypatch, capfdbinary, words, out):
    monkeypatch.chdir(tmp_path)
    for name in ("file", "-file"):
        (tmp_path / name).write_bytes(b"a -c\n")
    assert cli.main(words) == 0
    assert capfdbinary.readouterr() == (out, b"")


def test_a_pipe_is_read_once():
    assert zcio("search", "-E", "x", "/dev/stdin", input=b"axa") == (0, b"1:x\n", "")


@pytest.mark.parametrize("words", ["search x -", "search -E x -"])
def test_input_that_would_block_is_an_error(words):
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    try:
        status, out, error = zcio(*words.split(), stdin=reading)
    finally:
        os.close(reading)
        os.close(writing)
    assert (status, out, error) == (2, b"", "zcio search: -: Resource temporarily unavailable\n")


@pytest.mark.parametrize(
    "command, is_refused", [("search x -", True), ("search -E x $1", True), ("grep -c x $1", False)]
)
def test_the_output_is_not_searched_but_counted(tmp_path, command, is_refused):
    path = tmp_path / "file"
    path.write_bytes(b"x\n" * 10)
    process = shell("$0 -m zcio %s < $1 >> $1" % command, path)
    assert process.returncode == (2 if is_refused else 0)
    assert (b"input file is also the output" in process.stderr) == is_refused
    assert path.read_bytes() == b"x\n" * 10 + (b"" if is_refused else b"10\n")


def test_more_threads_than_a_number_of_c_can_tell(text):
    assert cli.main(["search", "-c", "--threads", "9" * 30, "needle", text[0]]) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the address space")
def test_too_little_memory_is_an_error():
    assert zcio("search", "-E", "x", "/dev/zero", preexec_fn=_limit_memory)[::2] == (
        2,
        "zcio search: /dev/zero: memory exhausted\n",
    )


def _limit_file_size():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


def _limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
