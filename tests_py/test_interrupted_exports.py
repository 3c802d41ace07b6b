"""The frame of a handler's exception holds no export that a ``with`` around it would have to release.

Else a BufferError would take the place of the handler's exception.
"""

import array

import pytest
from interrupt_support import check_interruptions_arrive, needs_early_opcodes

from zcio import Cursor, search
from zcio.mmap import MADV_NORMAL, MAP_PRIVATE, mmap
from zcio.pipe import Pipe

pytestmark = needs_early_opcodes

DATA = b"abc\ndefg\n" * 400


def with_a_cursor():
    with Cursor(bytearray(DATA)) as cursor:
        cursor.write(array.array("i", [1]))
        cursor.readline()


def with_a_mapping():
    with mmap(-1, 8192, flags=MAP_PRIVATE) as mapping:
        mapping.madvise(MADV_NORMAL)
        mapping.flush()


CASES = {
    "cursor": with_a_cursor,
    "mapping": with_a_mapping,
    "needle": lambda: search.rfind(memoryview(DATA), bytearray(b"absent")),
    "pipe": lambda: Pipe().write(array.array("i", [1] * 100)),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_exception_arrives(name):
    check_interruptions_arrive(lambda: None, lambda subject: CASES[name]())
