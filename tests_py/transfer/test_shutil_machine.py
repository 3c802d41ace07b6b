"""Runs the machine of zcio.shutil."""

import sys

import pytest
from hypothesis import HealthCheck, Phase, settings

from zcio.compat.shutil_machine import MACHINES

TestShutilMachine = pytest.mark.usefixtures("no_fd_leak_in_module")(MACHINES["shutil"].TestCase)
TestShutilMachine.settings = settings(
    max_examples=25 if sys.version_info >= (3, 10) else 10,
    deadline=None,
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow],
    # Not Phase.shrink: every attempt makes trees anew, which takes minutes in all.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
