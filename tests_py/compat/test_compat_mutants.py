"""The machines of zcio.compat notice a mistake in any method of zcio, and find none without."""

import os
import sys

import pytest
from mutants import MUTANTS, noticed

from zcio.compat.subjects import SUBJECTS

# The machines are the same everywhere: one interpreter shows what they see. All mutants take three minutes.
if os.environ.get("ZCIO_HYPOTHESIS_PROFILE") != "long":
    MUTANTS = MUTANTS[::5]
if sys.implementation.name == "pypy" or sys.version_info[:2] != (3, 11):
    pytestmark = pytest.mark.skip(reason="run on CPython 3.11")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: "%s %s" % (mutant.subject, mutant.name))
@pytest.mark.filterwarnings("ignore")
def test_noticed(mutant):
    if not mutant.here or not SUBJECTS[mutant.subject].exists():
        pytest.skip("not here")
    if mutant.name.startswith("set_name") and getattr(sys.flags, "dev_mode", False):
        pytest.skip("in the development mode the interpreter names mappings itself, and the machine names none")
    # A run of 400 examples misses some, once in a while: which those are depends on what else is imported.
    assert any(noticed(mutant, number).operation is not None for number in (None, 1, 2))
