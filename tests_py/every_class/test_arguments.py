"""Arguments that are unusual ints: what a subclass of int overrides is ignored, as in C; what is no int is refused."""

import os

import pytest

from zcio import Cursor, Pipe, Pool, re, search, syscalls
from zcio.mmap import mmap
from zcio.splice import copy


class Hostile(int):
    """An int whose operators must not be called."""

    def _refuse(self, *others):
        raise AssertionError("an override was called")

    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = __neg__ = __bool__ = _refuse
    __floordiv__ = __mul__ = __and__ = __rand__ = __int__ = __index__ = _refuse


TEXT = b"abc\nabc\n" * 100


def filled(**options):
    pipe = Pipe(**options)
    pipe.write(TEXT)
    return pipe


def written(pipe):
    pipe.get_buffer(Hostile(5))
    pipe.buffer_written(Hostile(2))
    return len(pipe)


def mapped():
    mapping = mmap(-1, 8192)
    mapping[: len(TEXT)] = TEXT
    return mapping


CALLS = {
    "read": (lambda: filled().read(Hostile(3)), b"abc"),
    "readexact": (lambda: filled().readexact(Hostile(3)), b"abc"),
    "skip": (lambda: filled().skip(Hostile(3)), 3),
    "skipexact": (lambda: filled().skipexact(Hostile(3)), 3),
    "peek": (lambda: filled().peek(Hostile(3)), b"abc"),
    "find in a Pipe": (lambda: filled().find(b"a", Hostile(1), Hostile(9)), 4),
    "findbyte": (lambda: filled().findbyte(Hostile(99)), 2),
    "limit": (lambda: filled(limit=Hostile(9)).readline(), b"abc\n"),
    "readuntil": (lambda: filled().readuntil(Hostile(99)), b"abc"),
    "buffer_written": (lambda: written(Pipe()), 2),
    "writev_to": (lambda: filled().writev_to(os.open(os.devnull, os.O_WRONLY), Hostile(3)), 3),
    "high_water": (lambda: filled(high_water=Hostile(9)).wants_pause, True),
    "Pool": (lambda: len(Pool(Hostile(64)).take(Hostile(3))), 64),
    "Cursor": (lambda: Cursor(bytearray(TEXT)).read(Hostile(3)), b"abc"),
    "mmap": (lambda: mapped().find(b"a", Hostile(1), Hostile(9)), 4),
    "mmap.read": (lambda: mapped().read(Hostile(3)), b"abc"),
    "search": (lambda: search.find(TEXT, Hostile(97), Hostile(1), Hostile(9)), 4),
    "shards": (lambda: len(search.shards(TEXT, Hostile(2))), 2),
    "threads": (lambda: search.count(TEXT, b"a", threads=Hostile(1)), 200),
    "re": (lambda: re.compile(b"a").count(TEXT, Hostile(1), Hostile(9)), 2),
    "copy": (lambda: copy(os.devnull, os.devnull, count=Hostile(3)), 0),
    "flags": (lambda: syscalls._flags(Hostile(3)), 3),
}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_overrides_of_an_int_subclass_are_not_called(name):
    call, expected = CALLS[name]
    result = call()
    assert result == expected and type(result) is not Hostile


@pytest.mark.parametrize("size", [1.5, "1", None, b"1"])
def test_a_pool_refuses_a_size_that_is_no_int(size):
    with pytest.raises(TypeError, match="cannot be interpreted as an integer|expected integer"):
        Pool().take(size)
