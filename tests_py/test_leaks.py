"""No class of zcio leaks descriptors, mappings or memory. tools/deep_checks.py runs more cycles."""

import os
import subprocess
import sys

import pytest
from leak_cycles import CYCLES

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")

HERE = os.path.dirname(os.path.abspath(__file__))
LEAKY = """
import os, sys
sys.path.insert(0, sys.argv[2])
import leak_cycles, zcio.mmap as mmap
kept = []
leaks = {
    "descriptors": lambda place: kept.append(os.dup(0)),
    "mappings": lambda place: kept.append(mmap.mmap(-1, 4096, mmap.MAP_SHARED)),
    "memory": lambda place: kept.append(bytes(100000)),
    "nothing": lambda place: bytes(100000),
}
leak_cycles.CYCLES["leaky"] = leaks[sys.argv[1]]
sys.exit(leak_cycles.main(400, ["leaky"]))
"""


def run(*arguments):
    process = subprocess.Popen(
        [sys.executable] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    said = process.communicate(timeout=280)[0].decode(errors="replace")
    return process.returncode, said


@pytest.mark.parametrize("name", sorted(CYCLES))
def test_nothing_is_kept(name):
    status, said = run("-W", "error", os.path.join(HERE, "leak_cycles.py"), "400", name)
    assert status == 0, said


@pytest.mark.parametrize("what", ["descriptors", "mappings", "memory", "nothing"])
def test_a_leak_is_noticed(what):
    status, said = run("-c", LEAKY, what, HERE)
    assert (status, "LEAKS" in said) == ((0, False) if what == "nothing" else (1, True)), said
