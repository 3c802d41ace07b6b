"""``python -m zcio run`` beside ``python``: same output, errors and exit status, for every way to start a program."""

import os
import re
import signal
import subprocess
import sys
import zipfile

import pytest

SHOW = """
import sys
print(__name__, __file__ if "__file__" in globals() else None, __package__, type(__spec__).__name__, sys.argv)
print(sys.path[0], [entry for entry in sys.path if not entry.endswith("_shadow_path")], len(__builtins__.__dict__))
print(sorted(globals()))
"""
HANDLED = """
import os, signal, sys
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(4))
os.kill(os.getpid(), signal.SIGTERM)
"""
INHERITED = """
import os, signal, sys
print([(number, signal.getsignal(number)) for number in range(1, 32)], signal.pthread_sigmask(signal.SIG_BLOCK, []))
print(sorted(os.listdir("/proc/self/fd")), os.getcwd(), os.getpgrp() == os.getppid())
print(os.umask(0), sys.getrecursionlimit(), sys.getswitchinterval())
print(getattr(sys, "orig_argv", None), sys.executable, sys.prefix, sys.dont_write_bytecode, sys.stdout.encoding)
print(sorted(set(os.environ) - {"PYTHONPATH", "LC_CTYPE"}), sys.getfilesystemencoding(), sys.gettrace(), sys.argv)
"""
AT_EXIT_ORDER = """
import atexit, sys, threading
for word in "one", "two":
    atexit.register(print, word)
atexit.register(lambda: 1 / 0)
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
sys.stdout.write("no newline")
sys.exit("words")
"""
SPAWNED = """
import multiprocessing
def child(number):
    print(__name__, number, flush=True)
if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=child, args=(5,))
    process.start()
    process.join()
    raise SystemExit(process.exitcode)
"""
MAIN = """
import inspect, pickle, sys, __main__
class Thing:
    pass
print(__main__ is sys.modules["__main__"], Thing.__module__, type(pickle.loads(pickle.dumps(Thing()))) is Thing)
print(inspect.getsource(Thing), __doc__, __loader__.__class__, "__cached__" in globals(), __annotations__ if 0 else "")
"""
PROGRAMS = {
    "show": SHOW,
    "nothing": "",
    "exit_none": "import sys; sys.exit()",
    "exit_3": "import sys; sys.exit(3)",
    "exit_257": "import sys; sys.exit(257)",
    "exit_minus": "import sys; sys.exit(-1)",
    "exit_huge": "import sys; sys.exit(2**80)",
    "exit_text": "import sys; sys.exit('no good')",
    "exit_tuple": "raise SystemExit(1, 2)",
    "exit_true": "raise SystemExit(True)",
    "exit_float": "raise SystemExit(2.5)",
    "os_exit": "import os; os._exit(7)",
    "at_exit": "import atexit; atexit.register(print, 'bye'); 1 / 0",
    "error": "def f():\n    {}['x']\n\nf()\n",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('two') from error\n",
    "custom": "class Odd(Exception):\n    pass\n\nraise Odd('x')\n",
    "syntax": "x = (1,\n\ny = 2 2\n",
    "indent": "def f():\nreturn 1\n",
    "null": "x = 1\0",
    "coding": "# coding: no-such-coding\nx = 1\n",
    "import_error": "import no_such_module_anywhere",
    "interrupt": "raise KeyboardInterrupt",
    "hook": "import sys; sys.excepthook = lambda *args: print('hooked', args[0]); 1 / 0",
    "killed": "import os; os.kill(os.getpid(), 9)",
    "terminated": "import os; os.kill(os.getpid(), 15)",
    "handled": HANDLED,
    "inherited": INHERITED,
    "warns": "import warnings\n\nfor kind in UserWarning, DeprecationWarning:\n    warnings.warn('w', kind)\n",
    "at_exit_order": AT_EXIT_ORDER,
    "broken_pipe": "import os; r, w = os.pipe(); os.close(r); os.dup2(w, 1); print('x')",
    "thread_error": "import threading; threading.Thread(target=lambda: 1 / 0).start()",
    "unraisable": "class Odd:\n    def __del__(self):\n        1 / 0\n\nodd = Odd()\ndel odd\n",
    "deep": "def f():\n    f()\n\nf()\n",
    "group": "raise ExceptionGroup('g', [ValueError('a'), ExceptionGroup('h', [KeyError('b')])])",
    "spawned": SPAWNED,
    "main": MAIN,
    "flags": "import sys; print(sys.flags, sys.warnoptions, sorted(sys._xoptions), sys.stdout.write_through)",
}


def start(command, **options):
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, **options)


def end(process, stdin=b""):
    out, err = process.communicate(stdin, timeout=60)
    # No two runs have an address in common.
    return process.returncode, out.decode(), re.sub(" at 0x[0-9a-f]+", " at 0x", err.decode())


def ended(command, **options):
    return end(start(command, **options))


def same(arguments, flags=(), stdin=b"", **options):
    """Runs it both ways; (status, out, err) of both, which are the same."""
    python = [sys.executable] + list(flags)
    processes = [start(python + runner + arguments, **options) for runner in ([], ["-m", "zcio", "run"])]
    expected, got = [end(process, stdin) for process in processes]
    assert got == expected
    return expected


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    directory = tmp_path_factory.mktemp("programs")
    for name, source in PROGRAMS.items():
        (directory / (name + ".py")).write_bytes(source.encode())
    package = directory / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(SHOW)
    (package / "fails.py").write_text("raise SystemExit(9)")
    (directory / "no_main").mkdir()
    with zipfile.ZipFile(str(directory / "program.zip"), "w") as archive:
        archive.writestr("__main__.py", SHOW + "import beside\n")
        archive.writestr("beside.py", "print('beside'); 1 / 0")
    return directory


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_scripts(programs, name):
    status, _, error = same([str(programs / (name + ".py")), "a", "-m", "--", "--bytesio", ""], cwd=str(programs))
    assert "zcio" not in error
    assert status == {"exit_3": 3, "exit_257": 1, "os_exit": 7, "killed": -9, "nothing": 0}.get(name, status)


@pytest.mark.parametrize(
    "arguments",
    [
        ["show.py", "x"],
        ["./package/../show.py"],
        ["package"],
        ["program.zip", "x"],
        ["no_main"],
        ["no_such_file.py"],
        ["-m", "show", "-m", "x"],
        ["-mshow"],
        ["-m", "package", "--help"],
        ["-m", "package.fails"],
        ["-m", "no_such_module"],
        ["-m", "package.no_such"],
        ["-m", "syntax"],
        ["-m"],
        ["-c"],
        ["-c", SHOW, "-c", "y"],
        ["-cprint(1)"],
        ["-c", "1 / 0"],
        ["-c", "x = = 1"],
        ["-c", ""],
    ],
)
def test_ways_to_name_a_program(programs, arguments):
    same(arguments, cwd=str(programs))


@pytest.mark.parametrize("source", [SHOW, "1 / 0", "x = = 1", "import sys; sys.exit(5)"])
def test_standard_input(programs, source):
    same(["-", "x"], stdin=source.encode(), cwd=str(programs))


def test_the_programs_own_standard_input(programs):
    assert same(["-c", "import sys; print(sys.stdin.read())"], stdin=b"text")[1] == "text\n"


@pytest.mark.parametrize(
    "flags",
    [["-O"], ["-OO", "-B"], ["-W", "error", "-X", "dev"], ["-u"], ["-b", "-q"], ["-s"], ["-X", "utf8"], ["-X", "a=b"]],
)
def test_the_interpreters_own_options(programs, flags):
    same(["flags.py"], flags, cwd=str(programs))


@pytest.mark.parametrize("flags", [["-W", "error"], ["-W", "ignore::UserWarning"], ["-Wonce", "-Walways"]])
def test_warnings(programs, flags):
    same(["warns.py"], flags, cwd=str(programs))


@pytest.fixture
def usual_signals():
    """Children inherit what is ignored, as SIGHUP is under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("usual_signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("before", ["", "atexit.register(print, 'bye')", "signal.signal(15, lambda *_: sys.exit(4))"])
def test_signals_from_outside(number, before):
    # A signal that comes just before a wait is handled after it, so the waits are short;
    # and all is one line, the same in every traceback wherever the signal comes.
    code = "import atexit, signal, sys, time\n%s\n" % before
    code += "for i in range(600): i or print('ready', flush=True); time.sleep(0.1)"
    outcomes = []
    for runner in ([], ["-m", "zcio", "run"]):
        process = start([sys.executable] + runner + ["-c", code])
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        status, out, err = end(process)
        outcomes.append((status, out, re.sub(r"\n +[~^]+(?=\n)|, line \d+", "", err)))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] != 0


def run(*arguments, **options):
    return ended([sys.executable, "-m", "zcio", "run"] + list(arguments), **options)


def test_it_is_shadowed_and_so_are_children():
    code = "import mmap, subprocess, sys; print(mmap.__name__, flush=True); %s"
    child = code % "import multiprocessing.heap as heap; print(heap.mmap.__name__)"
    parent = code % ("subprocess.check_call([sys.executable, '-c', %r])" % child)
    assert run("-c", parent) == (0, "zcio.mmap\nzcio.mmap\nzcio.mmap\n", "")


def test_interrupt_ends_it_as_a_signal():
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    assert same(["-c", code])[0] in (-signal.SIGINT, 1)


def test_io_bytesio():
    pytest.importorskip("zcio.bytesio")
    code = "import io, mmap; print(io.BytesIO.__module__, mmap.__name__)"
    assert run("--bytesio", "-c", code)[1].split() == ["zcio.bytesio", "zcio.mmap"]
    assert run("-c", code)[1].split() == ["_io", "zcio.mmap"]


def test_the_streams_of_asyncio():
    code = "import sys, asyncio, mmap; print(asyncio.StreamReader.__module__, asyncio.open_connection.__module__)"
    assert run("--aio", "-c", code)[1].split() == ["zcio._aio.reader", "zcio._aio.streams"]
    assert run("-c", code)[1].split() == ["asyncio.streams"] * 2
    without = run("--aio", "-c", "import sys; print('asyncio' in sys.modules, 'zcio.aio' in sys.modules)")
    assert without[1].split() == ["False", "False"], "a program without asyncio does not pay for it"


@pytest.mark.parametrize("arguments", [[], ["--bytesio"], ["--aio"], ["-V"], ["--no-such"], ["-W", "error", "x.py"]])
def test_usage_errors(arguments):
    status, out, error = run(*arguments)
    assert (status, out) == (2, "")
    assert error.startswith("usage: python -m zcio run ") and len(error.splitlines()) == 2


def test_help():
    assert run("--help")[:2] == run("-h")[:2]
    status, out, error = run("--help", "x")
    assert (status, error) == (0, "") and out.startswith("usage: python -m zcio run [--bytesio] [--aio] [--shutil] (")


def test_where_the_environment_is_ignored():
    # -I and -E keep an uninstalled zcio from being found, too.
    code = "import sys; sys.path.insert(0, %r); from zcio.cli import main; sys.exit(main(['run', 'x.py']))"
    root = os.path.dirname(os.path.dirname(os.path.abspath(sys.modules["zcio"].__file__)))
    status, out, error = ended([sys.executable, "-E", "-c", code % root])
    assert (status, out) == (2, "") and "PYTHONPATH" in error


def test_shutil_is_shadowed_on_request():
    code = "import shutil, tempfile; print(shutil.copytree.__module__, tempfile._shutil is shutil)"
    assert run("--shutil", "-c", code)[1].split()[0] == "zcio.shutil"
    assert run("-c", code)[1].split() == ["shutil", "True"]
    assert run("--shutil", "-c", "import mmap; print(mmap.__name__)")[1].split() == ["zcio.mmap"]
