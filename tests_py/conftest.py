"""Settings and fixtures for all tests: which zcio is tested, Hypothesis profiles, a scratch directory, leak checks."""

import gc
import json
import os
import platform
import signal
import sysconfig

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import none

PYPY = platform.python_implementation() == "PyPy"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# ZCIO_HYPOTHESIS_PROFILE picks one. derandomize is said because the newest Hypothesis turns it on where CI is set.
_PLAIN = settings(
    settings.get_profile("default"),
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("default", _PLAIN, max_examples=50)
# The same calls in each run, so that only a change can make a run fail; long runs take new calls.
settings.register_profile("ci", _PLAIN, max_examples=25 if PYPY else 50, derandomize=True)
settings.register_profile("long", _PLAIN, max_examples=5000)
settings.load_profile(os.environ.get("ZCIO_HYPOTHESIS_PROFILE", "default"))


def pytest_configure(config):
    try:
        import zcio._core
    except ImportError as error:
        raise pytest.UsageError("zcio is not installed here (%s): run `tox`, or `pip install .` first" % error)
    # tox tests the wheel that it has built. A pass on the source tree would say nothing about the wheel.
    if "TOX_ENV_NAME" in os.environ and os.path.abspath(zcio.__file__).startswith(os.path.join(ROOT, "zcio")):
        raise pytest.UsageError("tox must test the installed zcio, not " + zcio.__file__)


    # A shell makes its background jobs ignore SIGINT, and the processes that the tests interrupt would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish(session, exitstatus):
    """Write the results to the directory ZCIO_RESULTS, for tools/support_table.py."""
    if "ZCIO_RESULTS" not in os.environ:
        return
    from zcio import _core
    from zcio.compat.report import interpreter

    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    results = {name: len(reporter.stats.get(name, [])) for name in ("passed", "skipped", "failed", "error")}
    results["ok"] = int(exitstatus) == 0
    results["interpreter"] = interpreter()
    results["free_threaded"] = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    results["native"] = os.path.basename(_core.native_path())
    results["system"] = "%s %s" % (platform.system(), platform.machine())
    name = results["interpreter"].replace(" ", "-").replace("(", "").replace(")", "") + "t" * results["free_threaded"]
    os.makedirs(os.environ["ZCIO_RESULTS"], exist_ok=True)
    with open(os.path.join(os.environ["ZCIO_RESULTS"], name + ".json"), "w") as file:
        json.dump(results, file, indent=1)


@pytest.fixture(scope="session", autouse=True)
def _scratch_directory(tmp_path_factory):
    """Tests run outside the tree: `python -m zcio` in a subprocess would import the source from there."""
    before = os.getcwd()
    os.chdir(str(tmp_path_factory.mktemp("cwd")))
    yield
    os.chdir(before)


def _descriptors():
    """All open descriptors, as ``{descriptor: target of its link in /proc}``."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink("/proc/self/fd/" + name)
        except OSError:
            pass  # the one that listdir had open
    return found


@pytest.fixture(scope="module", autouse=True)
def _what_is_there_stays():
    # What was there before the first test of a module, such as the pandas of another one, need not be searched for
    # garbage by each collection, which took half of the time. Not on CPython 3.6, nor PyPy.
    if hasattr(gc, "freeze"):
        _given_nothing()
        gc.collect()
        gc.freeze()  # novm: asked for above


@settings(database=None, max_examples=1)
@given(none())
def _given_nothing(value):
    """Lets Hypothesis see who refers to its generators: it cannot once gc.freeze() was called."""


def _watched():
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc")
    gc.collect()
    before = _descriptors()
    yield
    # PyPy closes objects that a finalizer of the first round has released only in the second round.
    for _ in range(3 if PYPY else 1):
        gc.collect()
    leaked = {fd: what for fd, what in _descriptors().items() if before.get(fd) != what}
    assert not leaked, "left open: %r" % leaked


@pytest.fixture
def no_fd_leak():
    """Fails a test that leaves descriptors open."""
    yield from _watched()


@pytest.fixture(scope="module")
def no_fd_leak_in_module():
    """Fails if the tests of a module leave descriptors open. Once a module is cheaper: the heap is searched once."""
    yield from _watched()
