"""Runs the machines of zcio.Pipe."""

from hypothesis import HealthCheck, settings

from zcio._pipe import reading, records, searching
from zcio.compat.pipe_machine import MACHINES

_SETTINGS = settings(deadline=None, stateful_step_count=40, suppress_health_check=[HealthCheck.too_slow])

TestPipeMachine = MACHINES["pipe"].TestCase
TestPipeMachine.settings = _SETTINGS
TestRecordsMachine = MACHINES["records"].TestCase
TestRecordsMachine.settings = _SETTINGS


def test_a_machine_leaves_the_thresholds_as_they_were():
    def thresholds():
        return searching.NEAR, searching.NEAR_BYTE, records.NEAR, records.NEAR_BYTE, reading.SMALL, records.AHEAD

    before = thresholds()
    machine = MACHINES["records"]()
    machine.open(chunk_size=7, retained=0, limit=None, marks=None, near=3, small=1, ahead=10)
    during = thresholds()
    machine.teardown()
    assert during != before and thresholds() == before
