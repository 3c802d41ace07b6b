"""The machines of zcio.compat call every public method."""

import sys
import unittest.mock

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

import zcio.re
from zcio.compat.subjects import SUBJECTS

if sys.implementation.name == "pypy" or sys.version_info[:2] != (3, 11):
    pytestmark = pytest.mark.skip(reason="the machines are the same everywhere: run on CPython 3.11")

#: The methods that no machine calls, by the reason.
ELSEWHERE = {
    "aio": {"batches", "fill", "records", "split"},  # asyncio has none of them: tests_py/aio
    "bytesio": {"detach", "fileno"},  # they only raise: bytesio/test_bytesio.py
    "pipe": {"feed", "peakexact", "peakexact_zerocopy"},  # other names of methods that it calls
}
if getattr(sys.flags, "dev_mode", False):
    ELSEWHERE["mmap"] = {"set_name"}  # in the development mode its machine leaves it out, too


def public_methods(cls):
    return {name for name in dir(cls) if not name.startswith("_") and callable(getattr(cls, name))}


def methods_called_by(machine, cls, names, examples):
    """Those of ``names``, methods of ``cls``, that a run of the machine calls."""
    called = set()

    def recording(name, original):
        def method(*args, **kwargs):
            called.add(name)
            return original(*args, **kwargs)

        return method

    owners = [cls] + cls.__subclasses__()  # Cursor() makes an instance of a private subclass
    options = settings(
        max_examples=examples,
        stateful_step_count=50,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    patches = [
        unittest.mock.patch.object(owner, name, recording(name, getattr(owner, name)))
        for owner in owners
        for name in sorted(names)
    ]
    for patch in patches:
        patch.start()
    try:
        run_state_machine_as_test(machine, settings=options)
    finally:
        for patch in reversed(patches):
            patch.stop()
    return called


@pytest.mark.parametrize("subject", ["mmap", "bytesio", "cursor", "pipe", "aio", "re"])
def test_every_public_method_is_called(subject):
    cls = zcio.re.Pattern if subject == "re" else SUBJECTS[subject].resolve()
    names = public_methods(cls) - ELSEWHERE.get(subject, set())
    missing = set(names)
    for machine in SUBJECTS[subject].machines().values():
        missing -= methods_called_by(machine, cls, names, 30)
    assert not missing
