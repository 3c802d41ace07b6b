"""``python -m zcio grep`` beside GNU grep, and the regular expressions of ``python -m zcio search``."""

import os
import random
import shutil
import subprocess
import sys

import pytest

from zcio import cli

GREP = shutil.which("grep")
WORDS = [b"foo", b"bar", b"Foo", b"a_b", b"", b" ", b"foobar", b"x1", b"foo foo", b"ERROR 12", b"\xff\xe9"]
PATTERNS = ["foo", "foo|bar", "^foo", "bar$", "[a-z]+1", "", "fo+b?", "x*", "ERROR [0-9]+", "absent", "^$", "o.b", "a_"]
OPTIONS = "-i -v -n -b -o -H -h -w -x -c -l -L -q -a -F -m1 -m2 -m0 -A1 -B1 -C1 -A2 -s --color=always".split()
PLACES = [["a"], ["a", "b"], ["a", "empty", "c.log"], ["bin"], ["a", "missing"], ["d"], ["-"], ["-r", "d"]]
PLACES += [["-r", "d", "--include=*.log"], ["-r", "--exclude=*.txt", "d"], ["-z", "z"]]

ENVIRONMENT = dict(os.environ, LC_ALL="C", PYTHONPATH=os.pathsep.join(map(os.path.abspath, filter(None, sys.path))))
ENVIRONMENT.pop("GREP_COLORS", None)


def _lines(rnd, end=b"\n"):
    lines = [b" ".join(rnd.choice(WORDS) for _ in range(rnd.randrange(4))) for _ in range(rnd.randrange(25))]
    return end.join(lines) + rnd.choice([b"", end, end])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory of small files."""
    rnd = random.Random(5)
    top = tmp_path_factory.mktemp("grep")
    (top / "d" / "sub").mkdir(parents=True)
    for name in ("a", "b", "c.log", "d/e.txt", "d/sub/f.log"):
        (top / name).write_bytes(_lines(rnd))
    (top / "empty").write_bytes(b"")
    (top / "bin").write_bytes(b"foo bar\nline\nx\0foo\nbar foo\n")
    (top / "z").write_bytes(_lines(rnd, b"\0"))
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


def _version():
    said = subprocess.check_output([GREP, "--version"]).split()
    return tuple(int(part) for part in said[3].split(b".")[:2])


@pytest.mark.skipif(GREP is None or not sys.platform.startswith("linux"), reason="no GNU grep")
@pytest.mark.parametrize("number", range(12))
def test_output_and_status_are_grep_s(place, number, capfdbinary, monkeypatch):
    if _version() < (3, 5):
        pytest.skip("an older grep has other words for binary files")
    rnd = random.Random(number)
    monkeypatch.chdir(str(place))
    data = (place / "a").read_bytes()
    for _ in range(6):
        options = rnd.sample(OPTIONS, rnd.choice([0, 1, 1, 2, 2, 3, 4]))
        where = rnd.choice([one for one in PLACES if one != ["-"]])
        patterns = ["-e", rnd.choice(PATTERNS)] * rnd.choice([1, 1, 2])
        if where == ["bin"]:
            # GNU grep takes null bytes for line ends there.
            patterns, options = ["foo"], [option for option in options if option not in ("-c", "-v")]
        kind = [] if "-F" in options else ["-E"]
        expected = _ran(["grep"] + kind + options + patterns + where, str(place), data)
        status = cli.main(["grep"] + kind + options + patterns + where)
        out, error = capfdbinary.readouterr()
        got = status, out, error.replace(b"zcio grep: ", b"grep: ")
        assert got == expected, (options, patterns, where)


def test_standard_input_and_mixed_operands(place):
    assert grep("-n", "o", data=b"one\ntwo\nsix") == (0, b"1:one\n2:two\n", b"")
    if sys.version_info >= (3, 7):
        assert grep("-c", "o", "-", "-H", data=b"one\ntwo") == (0, b"(standard input):2\n", b"")


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


@pytest.mark.skipif(os.name != "posix", reason="closes descriptors by a shell")
@pytest.mark.parametrize("command", ["search x - <&-", "search x /dev/null >&-", "grep x <&-", "grep x /dev/null >&-"])
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
