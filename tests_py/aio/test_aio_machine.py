"""Runs the machine of zcio.aio."""

from hypothesis import HealthCheck, settings

from zcio.compat.aio_machine import MACHINES

TestAioMachine = MACHINES["aio"].TestCase
TestAioMachine.settings = settings(
    deadline=None, stateful_step_count=40, suppress_health_check=[HealthCheck.too_slow]
)
