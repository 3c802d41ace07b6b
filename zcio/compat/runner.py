"""Runs the state machines of one subject and reports what was compared and what differed."""

import os
import random
import tempfile
import time
import traceback

from hypothesis import HealthCheck, Phase, Verbosity, configuration, reporting, seed, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from zcio.compat import tally
from zcio.compat.mismatch import reported
from zcio.compat.reproducer import reproducer, step_blocks

__all__ = ["Result", "STEPS", "pick_seed", "run"]

#: The largest number of steps in one example.
STEPS = 50
# The largest number of runs of one machine. After each, the differences found are ignored, to find others.
_ROUNDS = 10

_CHECKS = [
    getattr(HealthCheck, name)
    for name in ("too_slow", "data_too_large", "filter_too_much", "large_base_example")
    if hasattr(HealthCheck, name)
]


class Result:
    """The result of running the machines of one subject.

    ``steps``, ``examples``, ``seconds``: numbers. ``operations``, ``exceptions``, ``tolerated``: numbers by name.
    ``differences``: the undocumented ones, each a dict with ``machine``, ``text`` and ``reproducer``.
    """

    def __init__(self, name):
        self.name = name
        self.steps = self.examples = 0
        self.seconds = 0.0
        self.operations = self.exceptions = self.tolerated = None
        self.differences = []


def pick_seed():
    """A random seed for ``run``."""
    return random.SystemRandom().randrange(2**32)


def _watched(machine, result, progress):
    """A subclass of the machine that counts steps and examples. It has the same name, for the reproducer."""

    class Watched(machine):
        @invariant()
        def _step_was_taken(self):
            result.steps += 1

        def teardown(self):
            super().teardown()
            result.examples += 1
            progress(result)

    Watched.__name__ = machine.__name__
    Watched.__qualname__ = machine.__qualname__
    return Watched


def _leaves(error):
    """The exceptions in an exception group, or the one exception."""
    if hasattr(error, "exceptions"):
        return [leaf for part in error.exceptions for leaf in _leaves(part)]
    return [error]


def _differences(machine, watched, options):
    """Run Hypothesis once. Returns a list of differences and the set of operations that differed."""
    printed = []
    try:
        with reporting.with_reporter(printed.append):
            run_state_machine_as_test(watched, settings=options)
    except Exception as error:
        operations = {getattr(leaf, "operation", None) for leaf in _leaves(error)} - {None}
        return _parse_differences(machine, error, printed, operations), operations
    return [], set()


def _parse_differences(machine, error, printed, operations):
    """A dict for each difference in what Hypothesis raised and printed. Adds to ``operations``."""
    notes = [note for leaf in _leaves(error) for note in getattr(leaf, "__notes__", [])]
    found = []
    for steps in step_blocks(notes) or step_blocks(printed):
        program, raised = reproducer(machine, steps)
        operations |= {getattr(raised, "operation", None)} - {None}
        text = _traceback(error) if raised is None else "%s: %s" % (type(raised).__name__, raised)
        found.append({"machine": machine.__name__, "text": text, "reproducer": program})
    if not found:
        found.append({"machine": machine.__name__, "text": _traceback(error), "reproducer": None})
    return found


def _traceback(error):
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip()


def run(subject, examples=1000, number=None, progress=lambda result: None):
    """Run the machines of ``subject`` for ``examples`` examples of up to 50 steps each, with the seed ``number``.

    ``progress`` is called with the result so far after every example. Returns a Result. Raises ImportError if there are
    no such machines.
    """
    result = Result(subject.name)
    number = pick_seed() if number is None else number
    begun = time.time()
    tally.clear()
    options = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=True,
        suppress_health_check=_CHECKS,
        verbosity=Verbosity.normal,
        phases=[Phase.generate, Phase.shrink],
    )
    with tempfile.TemporaryDirectory() as scratch:
        # Otherwise Hypothesis would leave a directory in the current one.
        configuration.set_hypothesis_home_dir(os.path.join(scratch, "hypothesis"))
        for _, machine in sorted(subject.machines().items()):
            watched = seed(number)(_watched(machine, result, progress))
            for _ in range(_ROUNDS):
                found, operations = _differences(machine, watched, options)
                result.differences += found
                # Run again to find other differences, while the known ones are ignored.
                if not operations - reported:
                    break
                reported.update(operations)
            reported.clear()
    result.seconds = time.time() - begun
    result.operations = dict(tally.operations)
    result.exceptions = dict(tally.exceptions)
    result.tolerated = dict(tally.tolerated)
    return result
