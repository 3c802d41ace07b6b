"""Makes every allocation of the interpreter fail once in every class: it raises MemoryError, and no object is damaged.

rust/tests/no_memory.rs makes the allocations of the core fail, and test_faults_memory.py those of address space.
"""

import importlib.util
import os
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.skipif(
        sys.implementation.name == "pypy" or importlib.util.find_spec("_testcapi") is None,
        reason="no way to make allocations fail",
    ),
    # Seen in the evaluation loop of 3.12 and 3.13 if there is no memory for a frame or a function.
    pytest.mark.skipif(sys.version_info >= (3, 12), reason="the interpreter itself crashes"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc"),
]

CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "no_memory_child.py")


def run(*arguments):
    process = subprocess.run(
        [sys.executable] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=280
    )
    return process.returncode, process.stdout.decode(), process.stderr.decode()[-3000:]


def test_every_allocation_fails_once(tmp_path):
    status, told, errors = run(CHILD, str(tmp_path))
    assert status == 0, told + errors
    assert len(told.splitlines()) == 15


def test_what_is_left_is_noticed(tmp_path):
    leaky = """
import sys
sys.path.insert(0, sys.argv[1])
import no_memory_child as child
child.CASES["pool"] = lambda place: kept.append(place.pool.take(4096)) if len(kept) < 20 else bytes(100) * 100
kept = []
sys.exit(child.main(sys.argv[2], ["pool"]))
"""
    status, told, errors = run("-c", leaky, os.path.dirname(CHILD), str(tmp_path))
    assert status == 1 and "a chunk is left" in told, told + errors
