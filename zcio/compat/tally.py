"""Counts what a run of the state machines compares: operations by name, and the exceptions that they ended with."""

from collections import Counter

__all__ = ["clear", "count", "exceptions", "operations", "tolerate", "tolerated"]

operations = Counter()
exceptions = Counter()
#: How often each documented difference was met, by its id.
tolerated = Counter()


def count(operation, error=None):
    """One ``operation`` was compared; ``error`` is the exception type both sides raised, or None."""
    operations[operation] += 1
    if error is not None:
        exceptions[error.__name__] += 1


def tolerate(id):
    """A mismatch was explained by the documented difference ``id``."""
    tolerated[id] += 1


def clear():
    """Start anew."""
    operations.clear()
    exceptions.clear()
    tolerated.clear()
