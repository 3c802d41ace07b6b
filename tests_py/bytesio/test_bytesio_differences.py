"""Every documented difference of zcio.BytesIO exists. One that has disappeared must be taken off the list."""

import subprocess
import sys

import pytest

from zcio._bytesio.stdlib import StdlibBytesIO
from zcio.bytesio import BytesIO
from zcio.compat.differences.bytesio import DIFFERENCES, PYPY, active
from zcio.compat.differences.bytesio_runtime import RUNTIME

WITNESSED = [difference for difference in DIFFERENCES if difference.witness and difference.here]
HEALED = [difference for difference in DIFFERENCES if difference.witness and not difference.here]


@pytest.mark.parametrize("difference", WITNESSED, ids=lambda difference: difference.id)
def test_still_there(difference):
    assert difference.witness(BytesIO)


@pytest.mark.parametrize("difference", HEALED, ids=lambda difference: difference.id)
def test_nowhere_else(difference):
    assert not difference.witness(BytesIO)


@pytest.mark.parametrize("difference", RUNTIME, ids=lambda difference: difference.id)
def test_the_interpreters_own(difference):
    """The runtime's class differs from 3.15 on the listed versions and on no others; zcio's never does."""
    if difference.here or not PYPY:
        assert difference.witness(StdlibBytesIO) == difference.here
        if difference.here:
            assert not difference.witness(BytesIO)


def test_ids_are_unique():
    ids = [difference.id for difference in DIFFERENCES + RUNTIME]
    assert len(set(ids)) == len(ids)


def test_runtime_is_to_blame():
    """A difference that zcio keeps, because it inherits a hot method, is also in the runtime's own class."""
    for difference in WITNESSED:
        if difference.id.startswith("hot-"):
            assert difference.witness(StdlibBytesIO), difference.id


def ends_by_a_signal(code):
    prelude = "import gc\nfrom zcio.bytesio import BytesIO\nstream = BytesIO(b'abc')\n"
    process = subprocess.Popen([sys.executable, "-c", prelude + code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate()
    assert process.returncode <= 0, err.decode()
    return process.returncode < 0


CLOSED_INSIDE = """
class Exporter:
    def __buffer__(self, flags):
        stream.close()
        return memoryview(b"A")
try:
    stream.%s
except ValueError:
    pass
"""


@pytest.mark.skipif(not PYPY and sys.version_info < (3, 12), reason="objects with __buffer__ are no buffers there")
@pytest.mark.parametrize("call", ["__init__(Exporter())", "write(Exporter())", "writelines([Exporter()])"])
def test_closing_inside_buffer(call):
    assert ends_by_a_signal(CLOSED_INSIDE % call) == active("hot-reentrancy")


@pytest.mark.parametrize("call", ["find(Exporter())", "readuntil(Exporter())"])
def test_closing_inside_buffer_where_zcio_asks(call):
    assert not ends_by_a_signal(CLOSED_INSIDE % call)


IN_A_CYCLE = """
cycle = [stream.getbuffer()]
cycle.append(cycle)
del stream, cycle
gc.collect()
"""


def test_a_view_in_a_cycle():
    assert ends_by_a_signal(IN_A_CYCLE) == active("view-in-a-cycle")
