"""Runs the machine of zcio.BytesIO. ZCIO_BYTESIO_STEPS=1000000 runs about that many steps."""

import os
import sys

from hypothesis import HealthCheck, settings

from zcio.compat.bytesio_machine import MACHINES

_CHECKS = [getattr(HealthCheck, name) for name in ("too_slow", "data_too_large", "filter_too_much")]

TestBytesIOMachine = MACHINES["bytesio"].TestCase
_settings = dict(deadline=None, stateful_step_count=50, suppress_health_check=_CHECKS)
if sys.implementation.name == "pypy":
    # Every refusal under a view collects garbage there.
    _settings["max_examples"] = max(1, settings.default.max_examples // 4)
if "ZCIO_BYTESIO_STEPS" in os.environ:
    _settings["max_examples"] = max(1, int(os.environ["ZCIO_BYTESIO_STEPS"]) // 100)
    _settings.update(stateful_step_count=100, database=None)
TestBytesIOMachine.settings = settings(**_settings)
