"""Drives GuardedMmap by the machine of mmap: as long as no page is gone, it behaves the same."""

import sys

import pytest
from hypothesis import HealthCheck, settings

from zcio._mapping.mapping import EXACT_CLASSES
from zcio.compat.mmap_machine import MmapMachine
from zcio.compat.mmap_parties import Party
from zcio.mmap import GuardedMmap

if not sys.platform.startswith("linux"):
    pytest.skip("guards are Linux's", allow_module_level=True)


class GuardedMachine(MmapMachine):
    def __init__(self):
        super().__init__()
        self.parties = [Party("zcio", GuardedMmap)]


TestGuardedMachine = GuardedMachine.TestCase
_CHECKS = [getattr(HealthCheck, name) for name in ("too_slow", "data_too_large", "filter_too_much")]
# A quarter of the examples: test_mmap_machine drives most of the same code.
TestGuardedMachine.settings = settings(
    deadline=None,
    stateful_step_count=50,
    suppress_health_check=_CHECKS,
    max_examples=max(1, settings.default.max_examples // 4),
)


@pytest.fixture(autouse=True, scope="module")
def under_the_name_of_the_model():
    names = GuardedMmap.__name__, EXACT_CLASSES[GuardedMmap]
    GuardedMmap.__name__, EXACT_CLASSES[GuardedMmap] = "mmap", "mmap.mmap"
    yield
    GuardedMmap.__name__, EXACT_CLASSES[GuardedMmap] = names
