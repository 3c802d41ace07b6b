"""An exception that a signal handler raises during a method of Cursor or BytesIO reaches the caller once."""

import array

import pytest
from signal_support import check_alarms_arrive, needs_alarms

from zcio import BytesIO, Cursor

DATA = b"a line\n" * 200

CALLS = {
    "make": lambda file: (BytesIO(bytearray(8)).close(), Cursor(bytearray(8)).close()),
    "read": lambda file: file.read(10),
    "readline": lambda file: file.readline(),
    "loop": lambda file: [line for line in file],
    "readlines": lambda file: file.readlines(100),
    "readinto": lambda file: file.readinto(array.array("i", [0, 0])),
    "write": lambda file: file.write(b"another"),
    "write array": lambda file: file.write(array.array("i", [0, 0])),
    "writelines": lambda file: file.writelines([b"one", bytearray(b"two")]),
    "peek": lambda file: file.peek(10),
    "find": lambda file: file.find(b"absent"),
    "readuntil": lambda file: file.readuntil(b"e\n"),
    "read_view": lambda file: file.read_view(10).release(),
    "getbuffer": lambda file: file.getbuffer().release(),
    "remaining": lambda file: file.remaining(),
}


@needs_alarms
@pytest.mark.parametrize("name", sorted(CALLS))
@pytest.mark.parametrize("make", [BytesIO, Cursor], ids=["BytesIO", "Cursor"])
def test_what_a_signal_handler_raises_arrives(make, name):
    file = make(bytearray(DATA))

    def call():
        file.seek(0)
        CALLS[name](file)

    check_alarms_arrive(call, rounds=40)
