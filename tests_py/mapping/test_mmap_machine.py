"""Runs the machine of zcio.mmap. ZCIO_MMAP_STEPS=1000000 runs about that many steps."""

import os

from hypothesis import HealthCheck, settings

from zcio.compat.mmap_machine import MACHINES

_CHECKS = [getattr(HealthCheck, name) for name in ("too_slow", "data_too_large", "filter_too_much")]

TestMmapMachine = MACHINES["mmap"].TestCase
_settings = dict(deadline=None, stateful_step_count=50, suppress_health_check=_CHECKS)
if "ZCIO_MMAP_STEPS" in os.environ:
    _settings["max_examples"] = max(1, int(os.environ["ZCIO_MMAP_STEPS"]) // 100)
    _settings.update(stateful_step_count=100, database=None)
TestMmapMachine.settings = settings(**_settings)
