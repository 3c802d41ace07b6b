"""The interpreter's own test.test_mmap, from where it is installed, passes on zcio.mmap but for what is listed.

Strict both ways: a listed test that passes fails, too. The suite runs in a process of its own, so that a crash
in it is a failure here and no more.
"""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

RUNNER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stdlib_suite.py")
PYPY = sys.implementation.name == "pypy"

_SIZE_ERROR = "wants 3.13's OSError EBADF of size() with trackfd=False; 3.15 raises ValueError"
_VALUE_FIRST = "wants IndexError of m[len(m)] = b'\\0'; 3.15 looks at the value first: TypeError"


def expected_failures():
    """``{test: reason}`` for the running interpreter: tests of behaviour that CPython 3.15 has changed."""
    if PYPY:
        return {"MmapTests.test_basic": _VALUE_FIRST}
    if (3, 13) <= sys.version_info < (3, 15):
        return {
            "MmapTests.test_trackfd_neg1": _SIZE_ERROR,
            "MmapTests.test_trackfd_parameter": _SIZE_ERROR,
        }
    # Up to 3.12 the suite asserts nothing that 3.15 does otherwise, and 3.15's own has nothing to except.
    return {}


def test_own_suite_passes_but_for_what_3_15_changed(tmp_path):
    if importlib.util.find_spec("test") is None or importlib.util.find_spec("test.test_mmap") is None:
        pytest.skip("this interpreter comes without its test package")
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", RUNNER],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=str(tmp_path),
    )
    try:
        out, err = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail("hangs: %s" % b"".join(process.communicate()).decode(errors="replace")[-4000:])
    assert process.returncode == 0, err.decode(errors="replace")[-4000:]
    outcomes = json.loads(out.decode().splitlines()[-1])

    # As many as the smallest suite (3.6) runs on Linux: nothing was skipped wholesale.
    assert sum(outcome == "ok" for outcome in outcomes.values()) >= 25, outcomes
    expected = expected_failures()
    assert set(expected) <= set(outcomes), "no such test any more: %r" % (set(expected) - set(outcomes))
    failed = {name: outcome for name, outcome in outcomes.items() if outcome not in ("ok", "skipped")}
    assert {name: failed[name] for name in set(failed) - set(expected)} == {}
    assert set(expected) - set(failed) == set(), "no longer fails, take it off the list"
