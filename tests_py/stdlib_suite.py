"""Runs the interpreter's own ``test.test_mmap`` against zcio.mmap; the process that test_mmap_stdlib_suite starts.

Prints, as its last line, a JSON object: for every test "ok", "skipped" or the error it ended with.
"""

import importlib
import json
import sys
import unittest

SWAP = "import sys, zcio.mmap; sys.modules['mmap'] = zcio.mmap\n"


class Outcomes(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.outcomes = {}

    def _note(self, test, outcome):
        name = test.id().rpartition("test_mmap.")[2]
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


def load():
    """The module ``test.test_mmap`` with zcio.mmap in the place of mmap, in the child processes it starts too."""
    exec(SWAP, {})
    try:
        import _testcapi  # noqa: F401
    except ImportError:
        pass
    except Exception:
        # PyPy compiles it on first use, which test.support does not expect to fail where the sources are missing.
        sys.modules["_testcapi"] = None
    suite = importlib.import_module("test.test_mmap")
    assert suite.mmap is sys.modules["zcio.mmap"], "the suite tests something else"
    if hasattr(suite, "assert_python_ok"):
        run = suite.assert_python_ok

        def assert_python_ok(*args, **env):
            args = list(args)
            args[args.index("-c") + 1] = SWAP + args[args.index("-c") + 1]
            return run(*args, **env)

        suite.assert_python_ok = assert_python_ok
    return suite


if __name__ == "__main__":
    result = Outcomes()
    unittest.defaultTestLoader.loadTestsFromModule(load()).run(result)
    print("\n" + json.dumps(result.outcomes))
