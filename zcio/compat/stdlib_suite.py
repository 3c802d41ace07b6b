"""Runs the running interpreter's own test suite for a module against zcio's replacement.

``run`` does that in a child process, so that a crash in the suite does not end this one, and returns
``{test: outcome}`` with "ok", "skipped" or the error. ``deviations`` compares that with ``stdlib_expected``, in both
directions. The suite is the one that is installed with the interpreter.
"""

import contextlib
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

__all__ = ["SUITES", "SuiteError", "available", "deviations", "run", "suites_of"]

_SWAP_MMAP = "import sys, zcio.mmap; sys.modules['mmap'] = zcio.mmap\n"
_SWAP_GUARDED = (
    _SWAP_MMAP
    + """from zcio._mapping.mapping import EXACT_CLASSES
zcio.mmap.mmap = zcio.mmap.GuardedMmap
zcio.mmap.mmap.__name__, EXACT_CLASSES[zcio.mmap.mmap] = "mmap", "mmap.mmap"
"""
)
_COMMAND = ["from zcio.compat.stdlib_suite import _child; _child()"]


class SuiteError(Exception):
    """The suite crashed, hung or printed no outcome."""


def _without_testcapi():
    """Hide ``_testcapi`` where it cannot be imported.

    PyPy compiles it on first use. If its sources are missing that fails, which ``test.support`` does not expect.
    """
    try:
        import _testcapi  # noqa: F401
    except ImportError:
        pass
    except Exception:
        sys.modules["_testcapi"] = None


def _load_mmap(name, swap=_SWAP_MMAP):
    """test.test_mmap with zcio.mmap in place of mmap, also in the child processes that it starts."""
    exec(swap, {})
    suite = importlib.import_module(name)
    assert suite.mmap is sys.modules["zcio.mmap"], "the suite tests something else"
    if hasattr(suite, "assert_python_ok"):
        run_python = suite.assert_python_ok

        def assert_python_ok(*args, **env):
            args = list(args)
            args[args.index("-c") + 1] = swap + args[args.index("-c") + 1]
            return run_python(*args, **env)

        suite.assert_python_ok = assert_python_ok
    return unittest.defaultTestLoader.loadTestsFromModule(suite)


def _load_guarded(name):
    """The same for zcio.mmap.GuardedMmap, under the name the suite knows."""
    return _load_mmap(name, _SWAP_GUARDED)


def _load_memoryio(name, cls):
    """The tests of the C BytesIO, on ``cls``."""
    tests = importlib.import_module(name).CBytesIOTest
    assert tests.ioclass.__module__ == "_io", "the suite tests something else"
    tests.ioclass = cls
    return unittest.defaultTestLoader.loadTestsFromTestCase(tests)


def _load_bytesio(name):
    from zcio.bytesio import BytesIO

    return _load_memoryio(name, BytesIO)


def _load_cursor(name):
    from zcio.cursor import Cursor

    return _load_memoryio(name, Cursor)


def _load_re(name):
    """test.test_re with zcio.re in place of re; the core searches texts of any size."""
    import zcio.re
    from zcio.compat.re_comparison import forced

    forced().__enter__()  # for as long as this process lives

    suite = importlib.import_module(name)
    assert suite.re is sys.modules["re"], "the suite tests something else"
    suite.re = zcio.re
    return unittest.defaultTestLoader.loadTestsFromTestCase(suite.ReTests)


def _load_aio(name):
    """test_streams with zcio's streams in place of asyncio's."""
    import zcio.aio

    zcio.aio.install()
    return unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(name))


def _load_aio_subprocess(name):
    """test_subprocess with zcio's streams in place of asyncio's, and one child watcher."""
    import zcio.aio

    zcio.aio.install()
    suite = importlib.import_module(name)
    tests = getattr(suite, "SubprocessThreadedWatcherTests", None) or suite.SubprocessSafeWatcherTests
    # While read() waits for all bytes, zcio does not pause the transport. So the test passes only if the bytes arrive
    # before read() is called.
    tests.test_pause_reading = None
    return unittest.defaultTestLoader.loadTestsFromTestCase(tests)


def _load_aio_sendfile(name):
    """Those of test_sendfile that send to a socket, with zcio's sendfile in place of the loop's."""
    import asyncio

    import zcio.aio

    async def sock_sendfile(self, sock, file, offset=0, count=None, *, fallback=None):
        return await zcio.aio.sendfile(sock, file, offset, count)

    asyncio.BaseEventLoop.sock_sendfile = sock_sendfile
    loader = unittest.TestLoader()
    loader.testMethodPrefix = "test_sock_sendfile"
    return loader.loadTestsFromModule(importlib.import_module(name))


def _load_shutil(name):
    """test_shutil with zcio.shutil in place of shutil."""
    import zcio.shutil

    suite = importlib.import_module(name)
    suite.shutil = zcio.shutil
    return unittest.defaultTestLoader.loadTestsFromModule(suite)


class Suite:
    """A suite. ``modules``: its possible names. ``load(name)``: returns its tests, on zcio's class. ``least``: the
    least number of tests that pass."""

    def __init__(self, modules, load, least):
        self.modules = modules
        self.load = load
        self.least = least

    def module(self):
        """The name of the module that this interpreter has, or None."""
        _without_testcapi()
        for name in self.modules:
            with contextlib.suppress(ImportError):
                if importlib.util.find_spec(name):
                    return name
        return None


_MEMORYIO = ["test.test_memoryio", "test.test_io.test_memoryio"]

#: The suites by name: that of what is tested or, for a part of it, with another word after it. ``least`` is the number
#: of tests in the smallest suite, Python 3.6's. If fewer pass, the suite was not loaded properly.
SUITES = {
    "mmap": Suite(["test.test_mmap"], _load_mmap, 25),
    "guarded": Suite(["test.test_mmap"], _load_guarded, 25),
    "bytesio": Suite(_MEMORYIO, _load_bytesio, 25),
    "cursor": Suite(_MEMORYIO, _load_cursor, 10),
    "re": Suite(["test.test_re"], _load_re, 60),
    "aio": Suite(["test.test_asyncio.test_streams"], _load_aio, 45),
    "aio_subprocess": Suite(["test.test_asyncio.test_subprocess"], _load_aio_subprocess, 15),
    "aio_sendfile": Suite(["test.test_asyncio.test_sendfile"], _load_aio_sendfile, 12),
    "shutil": Suite(["test.test_shutil"], _load_shutil, 80),
}


def available(name):
    """Whether this interpreter has the suite."""
    return SUITES[name].module() is not None


def suites_of(subject):
    """The names of the suites that this interpreter has for a subject of the comparison, such as "aio"."""
    return [name for name in SUITES if name.partition("_")[0] == subject and available(name)]


def run(name, timeout=120):
    """Run the suite ``name`` for at most ``timeout`` seconds. Returns ``{test: "ok", "skipped" or "Type: text"}``.

    Raises SuiteError if the suite crashes or hangs.
    """
    command = [sys.executable, "-X", "faulthandler", "-c"] + _COMMAND + [name]
    with tempfile.TemporaryDirectory() as scratch:
        # The suites leave files, so run in another directory, from which this zcio must still be found.
        path = os.pathsep.join(os.path.abspath(place) for place in sys.path)
        environment = dict(os.environ, PYTHONPATH=path)
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=scratch, env=environment
        )
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise SuiteError("hangs: " + (out + err).decode(errors="replace")[-4000:]) from None
    lines = out.decode(errors="replace").splitlines()
    if process.returncode or not lines:
        words = "ends with status %d: %s" % (process.returncode, err.decode(errors="replace")[-4000:])
        raise SuiteError(words)
    return json.loads(lines[-1])


def deviations(name, outcomes):
    """A sentence for each outcome that is not expected on this interpreter."""
    from zcio.compat.stdlib_expected import expected_failures

    expected = expected_failures(name)
    found = []
    for test, outcome in sorted(outcomes.items()):
        failed = outcome not in ("ok", "skipped")
        if failed and test not in expected:
            found.append("%s: %s" % (test, outcome))
        elif test in expected and not failed:
            found.append("%s: %s, though expected to fail: %s" % (test, outcome, expected[test]))
    gone = sorted(set(expected) - set(outcomes))
    found += ["%s: expected to fail, but there is no such test" % test for test in gone]
    passed = sum(outcome == "ok" for outcome in outcomes.values())
    if passed < SUITES[name].least:
        found.append("only %d tests passed, of at least %d" % (passed, SUITES[name].least))
    return found


class _Outcomes(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.outcomes = {}

    def _note(self, test, outcome):
        name = ".".join(test.id().split(".")[-2:])
        if self.outcomes.get(name, "ok") == "ok":
            self.outcomes[name] = outcome

    def _note_error(self, test, err):
        self._note(test, "%s: %s" % (err[0].__name__, err[1]))

    addError = addFailure = _note_error

    def addSuccess(self, test):
        self._note(test, "ok")

    def addSkip(self, test, reason):
        self._note(test, "skipped")

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._note_error(test, err)


def _child():
    suite = SUITES[sys.argv[1]]
    result = _Outcomes()
    suite.load(suite.module()).run(result)
    print("\n" + json.dumps(result.outcomes))
