"""Runs the machine of zcio.shutil."""

import sys

import pytest
from hypothesis import HealthCheck, settings

from zcio.compat.shutil_machine import MACHINES

pytestmark = pytest.mark.skipif(
    sys.implementation.name == "pypy" or sys.version_info < (3, 10),
    reason="the machine does not know yet all that older versions of shutil do otherwise",
)

TestShutilMachine = pytest.mark.usefixtures("no_fd_leak_in_module")(MACHINES["shutil"].TestCase)
TestShutilMachine.settings = settings(
    max_examples=25, deadline=None, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow]
)
