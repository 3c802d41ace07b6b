"""Operations of io.BufferedIOBase and their arguments, which the families of files in memory share."""

import array
from collections import namedtuple

from cliff_cases import Cell, way

try:
    import numpy
except ImportError:
    numpy = None

__all__ = ["LINE", "LINES", "READS", "WRITES", "Operation", "cells_of", "names", "size_name"]

LINE = b"the quick brown fox jumps over the lazy\n"

#: ``calls``: how many operations the code does; the grid divides the time by it. ``room``: how many bytes it writes.
Operation = namedtuple("Operation", "name code calls room")

#: The ``calls`` of what does something with every line.
EACH_LINE = 0


def _of(name, code, calls=1, room=0):
    return Operation(name, code, calls, room)


_ROW = "f.seek(0)\nfor _ in hundred: f.read(%d)\nf.tell()"

READS = [
    _of("tell()", "f.tell()"),
    _of("seek(0)", "f.seek(0)"),
    _of("seek(20)", "f.seek(20)"),
    _of("seek(5, 1)", "f.seek(0); f.seek(5, 1)"),
    _of("seek(0, 2)", "f.seek(0, 2)"),
    _of("closed", "f.closed"),
    _of("readable()", "f.readable()"),
    _of("seek(0); read(1)", "f.seek(0); f.read(1)"),
    _of("seek(0); read(16)", "f.seek(0); f.read(16)"),
    _of("seek(1); read(16)", "f.seek(1); f.read(16)"),
    _of("seek(-16, 2); read()", "f.seek(-16, 2); f.read()"),
    _of("seek(0); read(4096)", "f.seek(0); f.read(4096)"),
    _of("seek(0); read()", "f.seek(0); f.read()"),
    _of("seek(0); read1(16)", "f.seek(0); f.read1(16)"),
    _of("read(16) at the end", "f.seek(0, 2); f.read(16)"),
    _of("read(4), a hundred times", _ROW % 4, 100),
    _of("read(16), a hundred times", _ROW % 16, 100),
    _of("read(4), read(12) by turns", "f.seek(0)\nfor _ in fifty: f.read(4); f.read(12)\nf.tell()", 100),
    _of("read(16), tell() by turns", "f.seek(0)\nfor _ in fifty: f.read(16); f.tell()\nf.tell()", 100),
    _of("read(8), seek(8, 1) by turns", "f.seek(0)\nfor _ in fifty: f.read(8); f.seek(8, 1)\nf.tell()", 100),
    _of("seek, read(16) here and there", "for at in places: f.seek(at); f.read(16)\nf.tell()", 100),
    _of("readinto(bytearray 16)", "f.seek(0); f.readinto(bytes16)"),
    _of("readinto(memoryview 16)", "f.seek(0); f.readinto(view16)"),
    _of("readinto(array 16)", "f.seek(0); f.readinto(array16)"),
    _of("readinto(bytearray 4096)", "f.seek(0); f.readinto(bytes4096)"),
    _of("readinto(array 4096)", "f.seek(0); f.readinto(array4096)"),
    _of("readinto(bytearray 16), a hundred times", "f.seek(0)\nfor _ in hundred: f.readinto(bytes16)\nf.tell()", 100),
]
if numpy is not None:
    READS.append(_of("readinto(numpy 16)", "f.seek(0); f.readinto(numpy16)"))

LINES = [
    _of("seek(0); readline()", "f.seek(0); f.readline()"),
    _of("seek(0); readline(10)", "f.seek(0); f.readline(10)"),
    _of("next", "f.seek(0); next(f)"),
    _of("loop, first line", "f.seek(0)\nfor line in f: break\nline"),
    _of("loop, three lines", "f.seek(0)\nfor _, line in zip(three, f): pass\nline"),
    _of("loop, all lines", "f.seek(0)\nfor line in f: pass\nline", EACH_LINE),
    _of("readline(), fifty times", "f.seek(0)\nfor _ in fifty: f.readline()\nf.tell()", 50),
    _of("next, tell() by turns", "f.seek(0)\nfor _ in twenty: next(f, None); f.tell()\nf.tell()", 40),
    _of("readline(), tell() by turns", "f.seek(0)\nfor _ in twenty: f.readline(); f.tell()\nf.tell()", 40),
    _of("readline(), read(8) by turns", "f.seek(0)\nfor _ in twenty: f.readline(); f.read(8)\nf.tell()", 40),
    _of("loop, tell() in it", "f.seek(0)\nfor line in f: f.tell()\nf.tell()", EACH_LINE),
    _of("readlines()", "f.seek(0); f.readlines()", EACH_LINE),
    _of("readlines(101)", "f.seek(0); f.readlines(101)"),
    _of("list(f)", "f.seek(0); list(f)", EACH_LINE),
]

WRITES = [
    _of("seek(0); write(bytes 16)", "f.seek(0); f.write(source16)"),
    _of("seek(0); write(bytearray 16)", "f.seek(0); f.write(bytes16)"),
    _of("seek(0); write(memoryview 16)", "f.seek(0); f.write(view16)"),
    _of("seek(0); write(array 16)", "f.seek(0); f.write(array16)"),
    _of("seek(0); write(bytes 4096)", "f.seek(0); f.write(source4096)", room=4096),
    _of("seek(0); write(array 4096)", "f.seek(0); f.write(array4096)", room=4096),
    _of("write(bytes 16), thirty times", "f.seek(0)\nfor _ in thirty: f.write(source16)\nf.tell()", 30, room=480),
    _of("seek(0); writelines(four)", "f.seek(0); f.writelines(four)"),
    _of("writable()", "f.writable()"),
]
if numpy is not None:
    WRITES.append(_of("seek(0); write(numpy 16)", "f.seek(0); f.write(numpy16)"))


def names():
    """Everything the operations use, but the file ``f``."""
    found = {
        "three": range(3),
        "twenty": range(20),
        "thirty": range(30),
        "fifty": range(50),
        "hundred": range(100),
        "places": [at * 37 % 1000 for at in range(100)],
        "bytes16": bytearray(16),
        "view16": memoryview(bytearray(16)),
        "array16": array.array("i", bytes(16)),
        "bytes4096": bytearray(4096),
        "array4096": array.array("d", bytes(4096)),
        "source16": b"0123456789abcdef",
        "source4096": bytes(4096),
        "four": [b"one", b"two", b"three", b"four"],
    }
    if numpy is not None:
        found["numpy16"] = numpy.zeros(2, "f8")
    return found


def size_name(size):
    """ "64 B", "4 KiB", "1 MiB"."""
    for unit, shift in (("MiB", 20), ("KiB", 10)):
        if size >> shift:
            return "%d %s" % (size >> shift, unit)
    return "%d B" % size


def cells_of(operations, where, ours, today):
    """A cell per operation; ``ours`` is a file, ``today`` other files by name. A peer that cannot do it is left out."""
    lines = len(ours.readlines())
    size = ours.tell()
    ours.seek(0)
    for operation in operations:
        if operation.room > size:
            continue
        used = {name: value for name, value in names().items() if name in operation.code}
        rivals = {name: way(operation.code, f=file, **used) for name, file in today.items()}
        for name in list(rivals):
            try:
                exec(operation.code, dict(rivals[name].names))
            except Exception:
                del rivals[name]
        yield Cell(operation.name, where, way(operation.code, f=ours, **used), rivals, operation.calls or lines)
