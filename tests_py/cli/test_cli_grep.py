"""``python -m zcio grep`` beside GNU grep, and the regular expressions of ``python -m zcio search``."""

import os
import random
import re
import shutil
import subprocess
import sys

import pytest

from zcio import cli
from zcio._call_guard import PYPY
from zcio._core import regex
from zcio._re.program import LineProgram

GREP = shutil.which("grep")
WORDS = [b"foo", b"bar", b"Foo", b"a_b", b"", b" ", b"foobar", b"x1", b"foo foo", b"ERROR 12", b"\xff\xe9", b"-foo-"]
#: They mean the same to grep -E and to Python, and no match is longer than the one that Python finds first.
PATTERNS = ["foo", "foo|bar", "^foo", "bar$", "[a-z]+1", "", "fo+b?", "x*", "ERROR [0-9]+", "absent", "^$", "o.b", "a_"]
PATTERNS += ["(foo)+", "^(foo|bar)$", ".", "^.", "[^o]$", "x{2}", "b|^", "(o)\\1", "\\bbar", ".*", "^ *", "o\\b"]
FLAGS = "-i -v -n -b -o -H -h -w -x -c -l -L -q -a -F -s".split()
NUMBERS = "-m1 -m2 -m3 -m0 -A0 -A1 -A2 -A9 -B1 -B2 -B0 -C1 -C0 -C2".split()
PLACES = ["a", "a b", "a empty c.log", "bin", "a missing", "d", "a d b", "-r d", "-r d a", "-r a", "a bin b", "late"]
PLACES += ["-r --include=*.log d", "-r --exclude=*.txt d", "--exclude=a a b", "--include=*.log a c.log", "-z z", "- a"]
PLACES += ["-r", "-r d/", "-r link", "d/link a", "holes", "-a late", "sparse later", "./a"]
PLACES += ["-r --exclude=sub/f.log d", "-", "later"]
PLACES += ["--include=*.log --exclude=c.* a c.log", "--exclude=c.* --include=*.log a c.log d/sub/f.log", "one", "one a"]

ENVIRONMENT = dict(os.environ, LC_ALL="C", PYTHONPATH=os.pathsep.join(map(os.path.abspath, filter(None, sys.path))))
ENVIRONMENT.pop("GREP_COLORS", None)


def _lines(rnd, end=b"\n", most=25):
    lines = [b" ".join(rnd.choice(WORDS) for _ in range(rnd.randrange(4))) for _ in range(rnd.randrange(most))]
    return end.join(lines) + rnd.choice([b"", end, end])


def fill(top, seed=5):
    """Put files into a directory: small ones, binary ones, and large ones that turn out to be binary late."""
    rnd = random.Random(seed)
    (top / "d" / "sub").mkdir(parents=True)
    for name in ("a", "b", "c.log", "d/e.txt", "d/sub/f.log"):
        (top / name).write_bytes(_lines(rnd))
    (top / "empty").write_bytes(b"")
    (top / "one").write_bytes(rnd.choice([b"foo", b"x\nfoo\nbar\nfoo", b"\n", b"\n\n", b"foo\0", b"\0\0"]))
    (top / "bin").write_bytes(b"foo bar\nline\nx\0foo\nbar foo\n" + rnd.choice([b"", b"\0"]) + _lines(rnd))
    (top / "z").write_bytes(_lines(rnd, b"\0"))
    filler = b"nothing here\n" * rnd.choice([8000, 20000])
    (top / "late").write_bytes(_lines(rnd) + filler + _lines(rnd) + b"x\0foo\n" + _lines(rnd))
    filler = b"nothing to be found in this line\n" * rnd.choice([40000, 70000])
    (top / "later").write_bytes(_lines(rnd) + filler + _lines(rnd) + b"x\0foo\n" + _lines(rnd))
    (top / "holes").write_bytes(b"".join(_lines(rnd) + b"\0" * rnd.choice([0, 1, 2]) for _ in range(3)))
    with open(str(top / "sparse"), "wb") as file:
        file.write(b"foo\n" * 30000)
        file.seek(rnd.choice([300000, 3000000]))
        file.write(b"\nfoo\n")
    os.symlink("a", str(top / "link"))
    os.symlink("e.txt", str(top / "d" / "link"))


def case(rnd):
    """(options, patterns, where): arguments of a run."""
    options = rnd.sample(FLAGS, rnd.choice([0, 1, 1, 2, 2, 3, 4])) + rnd.sample(NUMBERS, rnd.choice([0, 0, 1, 1, 2]))
    options += rnd.choice([[], [], ["--color=always"]])
    if "-x" in options and "-w" in options:
        options.remove("-w")  # the two together make GNU grep colour the ends of lines
    patterns = ["-e", rnd.choice(PATTERNS)]
    if rnd.randrange(4) == 0:
        # One of several that begin at a place is the longest, in both.
        patterns = ["-e", "foo", "-e", rnd.choice(["bar", "x1", "foob", "^$"])]
    elif rnd.randrange(12) == 0:
        patterns = rnd.choice([["-f", os.devnull], ["-f", os.devnull, "-e", ""], ["-e", "", "-e", ""]])
    return options + ([] if "-F" in options else ["-E"]), patterns, rnd.choice(PLACES).split()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory of files."""
    top = tmp_path_factory.mktemp("grep")
    fill(top)
    return top


def grep(*arguments, **options):
    """Run zcio's. Returns (status, output, what it complained of)."""
    command = [sys.executable, "-m", "zcio", "grep"] + list(arguments)
    return _ran(command, **options)


def _ran(command, cwd=None, data=b""):
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, env=ENVIRONMENT
    )
    out, error = process.communicate(data)
    return process.returncode, out, error.replace(b"zcio grep: ", b"grep: ")


def _is_like_ours():
    """Whether there is a GNU grep of a version whose output ours is."""
    if GREP is None or not sys.platform.startswith("linux"):
        return False
    said = subprocess.check_output([GREP, "--version"]).split()
    return b"GNU" in said[1] and (3, 5) <= tuple(int(part) for part in said[3].split(b".")[:2])


def compare(place, rnd, run):
    """One random run of both; ``run(arguments)`` is ours, over the file a as standard input."""
    options, patterns, where = case(rnd)
    with open(str(place / "a"), "rb") as data:
        process = subprocess.Popen(
            ["grep"] + options + patterns + where,
            stdin=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=str(place),
            env=ENVIRONMENT,
        )
        out, error = process.communicate()
    arguments = options + patterns + where
    status, ours, complaint = run(["grep"] + arguments)
    got = status, ours, complaint.replace(b"zcio grep: ", b"grep: ")
    assert got == (process.returncode, out, error), arguments


@pytest.mark.skipif(not _is_like_ours(), reason="no GNU grep, or one with other messages")
@pytest.mark.parametrize("number", range(12))
def test_output_and_status_are_grep_s(place, number, capfdbinary, monkeypatch):
    rnd = random.Random(number)
    monkeypatch.chdir(str(place))

    def run(arguments):
        with open("a", "rb") as data:
            os.dup2(data.fileno(), 0)
        monkeypatch.setattr(sys, "stdin", open(0, closefd=False))
        status = cli.main(arguments)
        return (status,) + tuple(capfdbinary.readouterr())

    stdin = os.dup(0)
    try:
        for _ in range(6):
            compare(place, rnd, run)
    finally:
        os.dup2(stdin, 0)
        os.close(stdin)


def test_standard_input_and_mixed_operands(place):
    assert grep("-n", "o", data=b"one\ntwo\nsix") == (0, b"1:one\n2:two\n", b"")
    if sys.version_info >= (3, 7):
        assert grep("-c", "o", "-", "-H", data=b"one\ntwo") == (0, b"(standard input):2\n", b"")


def _last_line_and_peak(block, times, options):
    """What a search of a pipe for needle prints last, and the most memory it takes, in bytes."""
    command = [sys.executable, "-m", "zcio", "grep"] + options + ["needle"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT)
    with process.stdin as stdin, process.stdout as stdout:
        for _ in range(times):
            stdin.write(block)
        stdin.write(b"needle")
        stdin.close()
        last = stdout.read().splitlines()[-1]
    _, process.returncode, usage = os.wait4(process.pid, 0)
    return last, usage.ru_maxrss * 1024


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss has other units")
@pytest.mark.parametrize(
    "block, options, expected",
    [
        (b"no interest\n" * 100000, ["-n", "-B1"], b"10000001:needle"),
        (b"no interest\n" * 100000, ["-v", "-c"], b"10000000"),
        (b"\0" * 1000000, ["-c"], b"1"),
    ],
    # pytest before 7 would put the blocks, of a megabyte each, into the names.
    ids=["lines", "count", "null bytes"],
)
def test_memory_does_not_grow_with_standard_input(block, options, expected):
    _, least = _last_line_and_peak(b"", 0, options)
    last, peak = _last_line_and_peak(block, 100, options)
    assert last == expected
    assert peak < least + 40e6


WITH_A_SHELL = [
    "printf 'foo\\nbar\\nfoo\\nbaz\\n' > in; (GREP -m1 foo; cat) < in",
    "printf 'foo\\nbar\\nfoo\\nbaz\\n' > in; (GREP -m1 -A1 foo; cat) < in",
    "printf 'foo\\nbar\\nfoo\\nbaz\\n' > in; (GREP -v foo; cat) < in",
    "printf 'foo\\nbar\\nfoo\\nbaz\\n' > in; (GREP -l foo; cat) < in",
    "printf 'foo\\nbar\\nfoo\\nbaz\\n' > in; (read line; GREP -nb foo) < in",
    "printf 'foo\\n' > in; cp in out; GREP foo in out >> out; echo $?; cat out",
    "printf 'foo\\n' > in; GREP -m1 foo in >> in; echo $?; cat in",
    "printf 'foo\\n' > in; GREP -q foo in >> in; echo $?; GREP -l foo in >> in; cat in",
    "printf 'foo\\n' | GREP foo > /dev/full; echo $?",
    "yes foo | head -n 100000 | GREP foo > /dev/full; echo $?",
    "printf 'foo\\n' | GREP -c foo > /dev/full; echo $?",
    "printf 'foo\\n' | GREP -q foo > /dev/full; echo $?",
    "yes foo | head -n 100000 | GREP foo | head -n 2",
    "yes foo | GREP -m 3 foo",
    "yes foo | GREP -q foo",
    "printf 'foo\\nfoo\\n' | GREP -m -1 foo",
    "echo foo | GREP foo - - missing; echo $?",
    "GREP -c foo /proc/self/mem; echo $?",
    "GREP -c processor /proc/cpuinfo; GREP -r foo /dev/null; echo $?",
    "echo foo > in; printf 'o\\n' | GREP -f - in -; echo $?",
    "echo foo > in; chmod 0 in; GREP foo in missing; GREP -s foo in missing; echo $?",
    "mkdir d; mkfifo d/pipe; ln -s ../d d/loop; echo foo > d/in; GREP -r foo; GREP -r foo d/loop d; echo $?",
    "printf 'a\\r\\nb\\r\\n' | GREP -n --color=always b",
]


@pytest.mark.skipif(not _is_like_ours(), reason="no GNU grep, or one with other messages")
@pytest.mark.parametrize("script", WITH_A_SHELL)
def test_shell_scripts_do_the_same_with_either(tmp_path, script):
    results = []
    for number, command in enumerate(["grep", '"$0" -m zcio grep']):
        directory = tmp_path / str(number)
        directory.mkdir()
        results.append(_ran(["/bin/sh", "-c", script.replace("GREP", command), sys.executable], str(directory)))
    assert results[1] == results[0]


TRUNCATED = """
import os, sys
import zcio.re
from zcio.cli.grep_windows import Windows
from zcio.cli.search import _File, _RegexFile
kind = sys.argv[2]
with open(sys.argv[1], "r+b", 0) as file:
    if kind == "bytes":
        parts = _File(sys.argv[1], b"a", False, True).batches(None)
    elif kind == "regex":
        parts = _RegexFile(sys.argv[1], zcio.re.compile(b"a"), False, True).batches(None)
    else:
        parts = iter(Windows(file, b"\\n", kind == "text"))
    next(parts)
    file.truncate(1000)
    try:
        print(len(list(parts)))
    except OSError as error:
        print(type(error).__name__)
"""


@pytest.mark.skipif(PYPY or not sys.platform.startswith("linux"), reason="elsewhere it ends the process")
@pytest.mark.parametrize("kind", ["text", "any", "bytes", "regex"])
def test_a_file_that_is_truncated_meanwhile_is_an_error(tmp_path, kind):
    path = tmp_path / "file"
    path.write_bytes(b"a line\n" * 600000)
    assert _ran([sys.executable, "-c", TRUNCATED, str(path), kind]) == (0, b"MappingFault\n", b"")


@pytest.mark.skipif(PYPY or not sys.platform.startswith("linux"), reason="elsewhere it ends the process")
def test_a_count_in_a_file_that_is_truncated_meanwhile_is_an_error(tmp_path, monkeypatch, capfd):
    path = tmp_path / "file"
    path.write_bytes(b"a line\n" * 600000)
    count = regex.Search.count

    def truncate_and_count(*arguments, **options):
        os.truncate(str(path), 1000)
        return count(*arguments, **options)

    monkeypatch.setattr(regex.Search, "count", truncate_and_count)
    assert cli.main(["grep", "-c", "a", str(path)]) == 2
    assert "a page in the mapping is gone" in capfd.readouterr().err


@pytest.mark.skipif(not _is_like_ours(), reason="no GNU grep, or one with other messages")
@pytest.mark.parametrize("options", [["foo"], ["^foo"], [".+"], ["-w", "foo"], ["-x", "foo"], ["-v", "foo"]])
def test_null_bytes_end_the_lines_of_a_large_file_that_are_counted(tmp_path, options, capfdbinary):
    path = tmp_path / "file"
    path.write_bytes(b"foo bar\0foo\0\0bar foo\nx\0foo" * 50000)
    for threads in "1", "2":
        assert cli.main(["grep", "-c", "--threads", threads] + options + [str(path)]) == 0
        expected = subprocess.check_output([GREP, "-cE"] + options + [str(path)], env=ENVIRONMENT)
        assert capfdbinary.readouterr().out == expected


def test_lines_that_end_in_null_bytes_are_matched_as_the_standard_library_does():
    rnd = random.Random(7)
    for pattern in PATTERNS + ["a\\Z", "(?s)o.b", "(?m)^b", "b$"]:
        pattern = re.compile(pattern.encode())
        program = LineProgram([pattern], False, b"\0")
        is_native = b"\\1" not in pattern.pattern and b"$" not in pattern.pattern and not pattern.flags & re.MULTILINE
        assert (program.reason is None) == is_native, pattern
        if is_native:
            text = b"".join(rnd.choice(WORDS + [b"\n", b"\0", b"\0"]) for _ in range(100))
            lines = text.split(b"\0")
            if not lines[-1]:
                lines.pop()
            with regex.Hold(text) as hold:
                found = sum(program.search().batches(hold, 0, len(text), lines=True), [])
            expected = [line for line in lines if pattern.search(line)]
            assert [text[a:b].rstrip(b"\0") for a, b in zip(found[::2], found[1::2])] == expected, pattern


def test_several_patterns_are_each_by_themselves(place, capfdbinary):
    text = place / "text"
    text.write_bytes(b"aa\nxx\nFOO\nfoo\nab\n")
    for options, expected in [
        (["-e", "(x)x", "-e", r"(a)\1"], b"aa\nxx\n"),
        (["-e", "(?i)foo", "-e", "(?P<a>a)b", "-e", "(?P<a>z)"], b"FOO\nfoo\nab\n"),
        (["-w", "-e", "(?i)foo"], b"FOO\nfoo\n"),
        (["-x", "-e", "(?x) fo o # all of it"], b"foo\n"),
        (["-o", "-e", "f", "-e", "foo", "-e", "fo"], b"foo\n"),
        (["-oF", "-e", "f", "-e", "foo", "-e", "fo"], b"foo\n"),
    ]:
        assert cli.main(["grep"] + options + [str(text)]) == 0
        assert capfdbinary.readouterr()[0] == expected


def test_patterns_from_a_file(place, capfdbinary):
    listed = place / "patterns"
    listed.write_bytes(b"^one$\ntwo\n")
    text = place / "text"
    text.write_bytes(b"one\ntwo\nthree\n")
    assert cli.main(["grep", "-h", "-f", str(listed), str(text)]) == 0
    assert capfdbinary.readouterr()[0] == b"one\ntwo\n"
    listed.write_bytes(b"")
    assert cli.main(["grep", "-f", str(listed), str(text)]) == 1


def test_a_bad_pattern_says_why(capfdbinary):
    assert cli.main(["grep", "(", os.devnull]) == 2
    assert b"zcio grep: invalid pattern: " in capfdbinary.readouterr()[1]


@pytest.mark.parametrize("pattern", [r"(?<=b)\d", r"(\d)\1", r"\d$"])
def test_patterns_that_the_core_cannot_search(place, pattern, capfdbinary):
    import re

    data = b"".join(b"b%d a%d\n" % (number, number * 7) for number in range(1000))
    (place / "numbers").write_bytes(data)
    expected = [line for line in data.splitlines() if re.search(pattern.encode(), line)]
    assert cli.main(["grep", pattern, str(place / "numbers")]) == 0
    assert capfdbinary.readouterr()[0].splitlines() == expected


def test_threads_count_the_same(place, capfdbinary):
    (place / "large").write_bytes(b"GET / 200\nPOST / 404\n" * 200000)
    for options in ([], ["-v"], ["--threads", "3"], ["-v", "--threads", "3"]):
        assert cli.main(["grep", "-c"] + options + ["4.4$", str(place / "large")]) == 0
        assert capfdbinary.readouterr()[0] == b"200000\n"
    with open(str(place / "large"), "ab") as file:
        file.write(b"GET\0POST / 404\n")
    for options in ([], ["--threads", "3"]):
        assert cli.main(["grep", "-c"] + options + ["4$", str(place / "large")]) == 0
        assert capfdbinary.readouterr()[0] == b"200001\n"
        assert cli.main(["grep", "-cv"] + options + ["4$", str(place / "large")]) == 0
        assert capfdbinary.readouterr()[0] == b"200001\n"


@pytest.mark.skipif(os.name != "posix", reason="closes descriptors by a shell")
@pytest.mark.parametrize("command", ["search x - <&-", "grep x <&-", "info >&-", "shadow-path >&-", "-h >&-"])
def test_closed_standard_streams_are_errors_and_no_tracebacks(command):
    status, out, error = _ran(["/bin/sh", "-c", '"$0" -m zcio ' + command, sys.executable])
    assert (status, out) == (2, b"") and b"Bad file descriptor" in error and b"Traceback" not in error


def test_search_for_regular_expressions(tmp_path, capfdbinary):
    path = tmp_path / "text"
    path.write_bytes(b"hello HELLO\nworld " + b"-" * 100000 + b"ll")
    for options, expected in [
        (["-i", "hello"], b"0:hello\n6:HELLO\n"),
        (["-E", "--limit", "2", "l+"], b"2:ll\n15:l\n"),
        (["-E", "--last", "-e", "l+"], b"100018:ll\n"),
        (["-E", "-c", "[lo]+"], b"4\n"),
    ]:
        assert cli.main(["search"] + options + [str(path)]) == 0
        assert capfdbinary.readouterr()[0] == expected
    assert cli.main(["search", "-E", "absent?x", str(path), os.devnull]) == 1
    assert cli.main(["search", "-E", "(", str(path)]) == 2
