"""Counts the operations that a run of the state machines compares, and the exceptions that they raise."""

from collections import Counter

__all__ = ["clear", "count", "exceptions", "operations", "tolerate", "tolerated"]

operations = Counter()
exceptions = Counter()
#: The number of times that each documented difference was met, by its id.
tolerated = Counter()


def count(operation, error=None):
    """Count one ``operation``. ``error`` is the type of the exception that both sides raised, or None."""
    operations[operation] += 1
    if error is not None:
        exceptions[error.__name__] += 1


def tolerate(id):
    """Count a mismatch that the documented difference ``id`` explains."""
    tolerated[id] += 1


def clear():
    """Reset all counts."""
    operations.clear()
    exceptions.clear()
    tolerated.clear()
