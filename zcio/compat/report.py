"""The results of a comparison, as text and as JSON."""

import platform
import sys
import textwrap

from zcio import _core
from zcio.compat import stdlib_suite

__all__ = ["documented", "heading", "interpreter", "result_data", "suite_data", "text", "version"]

_WIDTH = 100


version = _core.version


def interpreter():
    """The running interpreter's name and version."""
    name = "%s %s" % (platform.python_implementation(), platform.python_version())
    if sys.implementation.name == "pypy":
        name += " (%d.%d.%d)" % sys.pypy_version_info[:3]
    return name


def documented(differences, cls, tolerated):
    """The documented differences that this interpreter has, as dicts.

    ``seen`` in a dict says how often this run met the difference, or what a probe of ``cls`` showed, or is None.
    """
    found = []
    for difference in differences:
        if not difference.here:
            continue
        seen = None
        if tolerated.get(difference.id):
            seen = "%d times" % tolerated[difference.id]
        elif difference.witness:
            try:
                seen = "by a probe" if difference.witness(cls) else "gone: a probe no longer shows it"
            except Exception as error:
                seen = "its probe failed: %s: %s" % (type(error).__name__, error)
        entry = {name: getattr(difference, name) for name in ("id", "where", "what", "why")}
        found.append(dict(entry, seen=seen))
    return found


def suite_data(name):
    """The outcome of a test suite of the interpreter on zcio's replacement, as a dict."""
    module = stdlib_suite.SUITES[name].module()
    try:
        outcomes = stdlib_suite.run(name)
    except stdlib_suite.SuiteError as error:
        return {"module": module, "passed": 0, "skipped": 0, "failed": {}, "deviations": [str(error)]}
    values = list(outcomes.values())
    return {
        "module": module,
        "passed": values.count("ok"),
        "skipped": values.count("skipped"),
        "failed": {test: outcome for test, outcome in outcomes.items() if outcome not in ("ok", "skipped")},
        "deviations": stdlib_suite.deviations(name, outcomes),
    }


def result_data(subject, result, suites):
    """The results for one subject, as a dict that can be written as JSON. ``suites``: what suite_data() returned."""
    names = ("name", "examples", "steps", "seconds", "operations", "exceptions", "differences")
    data = {name: getattr(result, name) for name in names}
    data["beside"] = subject.beside
    data["documented"] = documented(subject.differences(), subject.resolve(), result.tolerated)
    data["changed"] = documented(subject.runtime_differences(), subject.resolve_own(), result.tolerated)
    data["suites"] = suites
    data["ok"] = not result.differences and not any(suite["deviations"] for suite in suites)
    return data


def _counts(counts):
    return ", ".join("%s %s" % (name, format(count, ",")) for name, count in sorted(counts.items())) or "none"


def _wrapped(label, text):
    return textwrap.fill(
        text, _WIDTH, initial_indent=label, subsequent_indent=" " * len(label), break_long_words=False
    )


def _documented_lines(heading, entries):
    yield "  %s: %d" % (heading, len(entries))
    for entry in entries:
        yield "  * %s [%s; %s]" % (entry["id"], entry["where"], entry["seen"] or "not seen in this run")
        yield _wrapped("      ", entry["what"])
        yield _wrapped("      why: ", entry["why"])


def _suite_lines(suite):
    what = "%d passed, %d skipped, %d failed as expected"
    expected = len(suite["failed"]) - sum(test in " ".join(suite["deviations"]) for test in suite["failed"])
    yield "  %s: " % suite["module"] + what % (suite["passed"], suite["skipped"], expected)
    for deviation in suite["deviations"]:
        yield _wrapped("  UNEXPECTED ", deviation)


def text(data):
    """Yield the lines of the report for people, from the dict of result_data()."""
    yield "zcio.%s beside %s" % (data["name"], data["beside"])
    figures = (format(data["steps"], ","), format(data["examples"], ","), data["seconds"])
    yield "  %s steps in %s examples, %.1f s" % figures
    yield _wrapped("  operations: ", _counts(data["operations"]))
    yield _wrapped("  exceptions: ", _counts(data["exceptions"]))
    for line in _documented_lines("documented differences of zcio from it", data["documented"]):
        yield line
    heading = "where this interpreter's own class differs from 3.15's, and zcio's does not"
    for line in _documented_lines(heading, data["changed"]) if data["changed"] else ():
        yield line
    for suite in data["suites"]:
        for line in _suite_lines(suite):
            yield line
    yield "  undocumented differences: %s" % (len(data["differences"]) or "none")
    for number, difference in enumerate(data["differences"], 1):
        yield "\n  DIFFERENCE %d (%s)" % (number, difference["machine"])
        yield textwrap.indent(difference["text"], "    ")
        if difference["reproducer"]:
            yield "    this program shows it:\n"
            yield textwrap.indent(difference["reproducer"].rstrip(), "      ")


def heading(seed):
    """The first line of a report."""
    return "zcio %s on %s, seed %d" % (_core.version(), interpreter(), seed)
