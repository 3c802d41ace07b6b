"""The exception of a machine for a result of zcio that differs from the expected one."""

import hypothesis

from zcio.compat import tally

__all__ = ["Mismatch", "mismatch", "reported", "tolerate"]


class Mismatch(AssertionError):
    """A difference in ``operation``. Each operation has its own subclass, so that Hypothesis reports each of them."""

    operation = None


#: Operations that a run has reported already. Their mismatches end an example without failing it.
reported = set()
_kinds = {}


def mismatch(operation, text):
    """Return the Mismatch to raise. ``text`` has the call, the class under test, the expected and the actual
    outcome."""
    if operation in reported:
        hypothesis.reject()
    if operation not in _kinds:
        _kinds[operation] = type("Mismatch", (Mismatch,), {"operation": operation, "__module__": __name__})
    return _kinds[operation](text)


def tolerate(id):
    """Count a mismatch that the documented difference ``id`` explains, and note it between the steps of a program."""
    tally.tolerate(id)
    if hypothesis.currently_in_test_context():  # false in a reproducer
        hypothesis.note("# tolerated: " + id)
