"""Runs the machine of zcio.Cursor, and checks that the listed differences exist."""

import pytest
from hypothesis import HealthCheck, settings

from zcio import Cursor
from zcio.compat.cursor_machine import MACHINES
from zcio.compat.differences.cursor import DIFFERENCES

_CHECKS = [getattr(HealthCheck, name) for name in ("too_slow", "data_too_large", "filter_too_much")]

TestCursorMachine = MACHINES["cursor"].TestCase
TestCursorMachine.settings = settings(deadline=None, stateful_step_count=40, suppress_health_check=_CHECKS)


@pytest.mark.parametrize("difference", [one for one in DIFFERENCES if one.witness], ids=lambda one: one.id)
def test_is_as_listed(difference):
    assert difference.witness(Cursor) is difference.here
