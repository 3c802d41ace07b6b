"""How a machine says that zcio's answer is not the one it must be."""

import hypothesis

from zcio.compat import tally

__all__ = ["Mismatch", "mismatch", "reported", "tolerate"]


class Mismatch(AssertionError):
    """A difference in ``operation``. Each operation has its own subclass, so that Hypothesis reports each of them."""

    operation = None


#: Operations whose mismatches end an example without failing it: those that a run has reported already.
reported = set()
_kinds = {}


def mismatch(operation, text):
    """The exception to raise; ``text`` has the call, the party, the expected outcome and the actual one."""
    if operation in reported:
        hypothesis.reject()
    if operation not in _kinds:
        _kinds[operation] = type("Mismatch", (Mismatch,), {"operation": operation, "__module__": __name__})
    return _kinds[operation](text)


def tolerate(id):
    """A mismatch that the documented difference ``id`` explains."""
    tally.tolerate(id)
    if hypothesis.currently_in_test_context():  # a reproducer is none
        hypothesis.note("# tolerated: " + id)  # between the steps of a program
