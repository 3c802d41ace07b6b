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


BYTES = """
import io, socket
from zcio import Cursor, Pipe, re, search
from zcio.splice import copy

def copy_to_socket(data):
    near, far = socket.socketpair()
    with near, far:
        copy(io.BytesIO(data[:60000]), near)

def resident():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

pattern = re.compile(b"[xy]z")
calls = [
    lambda data: search.find(data, b"absent"),
    lambda data: search.rfind(data, b"absent", 5),
    lambda data: search.count(data, b"absent"),
    lambda data: pattern.search(data),
    lambda data: Pipe().write(data),
    lambda data: Cursor(memoryview(data)).find(b"absent"),
    copy_to_socket,
]
for number, call in enumerate(calls):
    for _ in range(300):
        call(bytes(100000))
    before = resident()
    for _ in range(700):
        call(bytes(100000))
    if resident() - before > 50000:
        print("LEAKS", number, before, resident())
"""


def test_no_copies_of_bytes_stay(monkeypatch):
    """PyPy's collector does not know the size of the copies that its cffi makes, so it would not run for them."""
    monkeypatch.setenv("PYPY_GC_NURSERY", "4MB")  # it depends on the processor
    assert run("-c", BYTES) == (0, "")


@pytest.mark.parametrize("what", ["descriptors", "mappings", "memory", "nothing"])
def test_a_leak_is_noticed(what):
    status, said = run("-c", LEAKY, what, HERE)
    assert (status, "LEAKS" in said) == ((0, False) if what == "nothing" else (1, True)), said
