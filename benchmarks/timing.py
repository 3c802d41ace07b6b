"""For a benchmark that is not yet a group of ``zcio.bench``: race, and a line printed at once."""

from zcio.bench.report import Table
from zcio.bench.timing import Row, race

__all__ = ["race", "row"]

_table = Table()


def row(question, times, size, items=None):
    """Print one line: every rival's figure, and how much faster zcio is than each."""
    _table.add(Row(question, times, size, items))
