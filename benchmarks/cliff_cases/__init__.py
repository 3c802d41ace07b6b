"""The cells of ``cliffs.py``, one module a family; each has a function ``cells()`` that yields ``Cell``s.

Yield a cell as soon as it is made, so that its data is freed before the next one is made.
"""

from collections import namedtuple

__all__ = ["FAMILIES", "Cell", "Way", "way"]

#: The modules of this package, in the order in which they are measured.
FAMILIES = ("cursor", "bytesio", "mmap", "search", "pipe", "aio", "splice")

#: Python statements to time and the names they use. The last statement is an expression: its value is the answer.
Way = namedtuple("Way", "code names")


def way(code, **names):
    return Way(code, names)


class Cell(namedtuple("Cell", "operation where ours today calls")):
    """One operation on one kind and size of data.

    Args:
        operation: What is done, such as ``"seek(0); read(16)"``.
        where: What it is done to, such as ``"bytearray, 4 KiB"``.
        ours: The ``Way`` that uses zcio.
        today: What users run today: ``{name: Way}``. Its answers must equal ours.
        calls: How many times one run of the code does ``operation``; the grid divides the time by it.
    """

    __slots__ = ()

    def __new__(cls, operation, where, ours, today, calls=1):
        return super().__new__(cls, operation, where, ours, today, calls)
