"""The interpreter's own tests, as they are installed, pass on zcio except for those that are listed."""

import pytest

from zcio.compat import stdlib_suite


@pytest.mark.parametrize("name", sorted(stdlib_suite.SUITES))
def test_own_suite_passes_but_for_what_is_listed(name):
    if not stdlib_suite.available(name):
        pytest.skip("this interpreter comes without its test package")
    assert stdlib_suite.deviations(name, stdlib_suite.run(name)) == []


def test_strict_both_ways(monkeypatch):
    monkeypatch.setattr("zcio.compat.stdlib_expected.expected_failures", lambda name: {"a": "why", "gone": "why"})
    monkeypatch.setattr(stdlib_suite.SUITES["mmap"], "least", 2)
    assert stdlib_suite.deviations("mmap", {"a": "ok", "b": "ok", "c": "Error: words", "d": "skipped"}) == [
        "a: ok, though expected to fail: why",
        "c: Error: words",
        "gone: expected to fail, but there is no such test",
    ]
    assert stdlib_suite.deviations("mmap", {"a": "E: x", "gone": "E: x", "d": "ok"}) == [
        "only 1 tests passed, of at least 2"
    ]


@pytest.mark.parametrize("code, words", [("import os; os.abort()", "status -6"), ("while True: pass", "hangs")])
def test_a_suite_that_dies_is_an_error(monkeypatch, code, words):
    suite = stdlib_suite.Suite([], None, 0)
    monkeypatch.setitem(stdlib_suite.SUITES, "dies", suite)
    monkeypatch.setattr(stdlib_suite, "_COMMAND", [code])
    with pytest.raises(stdlib_suite.SuiteError, match=words):
        stdlib_suite.run("dies", timeout=2)
