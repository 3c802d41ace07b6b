"""Runs the machines of zcio.Pipe."""

from hypothesis import HealthCheck, settings

from zcio.compat.pipe_machine import MACHINES

_SETTINGS = settings(deadline=None, stateful_step_count=40, suppress_health_check=[HealthCheck.too_slow])

TestPipeMachine = MACHINES["pipe"].TestCase
TestPipeMachine.settings = _SETTINGS
TestRecordsMachine = MACHINES["records"].TestCase
TestRecordsMachine.settings = _SETTINGS
