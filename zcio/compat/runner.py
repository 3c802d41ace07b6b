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

#: Steps of one example.
STEPS = 50
# How often to look again for other differences than those found.
_ROUNDS = 10

_CHECKS = [
    getattr(HealthCheck, name)
    for name in ("too_slow", "data_too_large", "filter_too_much", "large_base_example")
    if hasattr(HealthCheck, name)
]


class Result:
    """What the machines of one thing have shown.

    ``steps``, ``examples``, ``seconds``; ``operations``, ``exceptions`` and ``tolerated``: how many by name;
    ``differences``: undocumented ones, each a dict with the ``machine``, what it says (``text``) and a ``reproducer``.
    """

    def __init__(self, name):
        self.name = name
        self.steps = self.examples = 0
        self.seconds = 0.0
        self.operations = self.exceptions = self.tolerated = None
        self.differences = []


def pick_seed():
    """A seed for ``run`` from the system's randomness."""
    return random.SystemRandom().randrange(2**32)


def _watched(machine, result, progress):
    """The machine, counting its steps and examples; its name stays, for the reproducer."""

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
    """The errors in an exception group, or the one."""
    if hasattr(error, "exceptions"):
        return [leaf for part in error.exceptions for leaf in _leaves(part)]
    return [error]


def _differences(machine, watched, options):
    """(a dict for every difference, the operations that differed) of one run of Hypothesis."""
    printed = []
    try:
        with reporting.with_reporter(printed.append):
            run_state_machine_as_test(watched, settings=options)
    except Exception as error:
        operations = {getattr(leaf, "operation", None) for leaf in _leaves(error)} - {None}
        return _found(machine, error, printed, operations), operations
    return [], set()


def _found(machine, error, printed, operations):
    """A dict for every difference in what Hypothesis raised and printed."""
    notes = [note for leaf in _leaves(error) for note in getattr(leaf, "__notes__", [])]
    found = []
    for steps in step_blocks(notes) or step_blocks(printed):
        program, raised = reproducer(machine, steps)
        operations |= {getattr(raised, "operation", None)} - {None}
        text = _words(error) if raised is None else "%s: %s" % (type(raised).__name__, raised)
        found.append({"machine": machine.__name__, "text": text, "reproducer": program})
    if not found:
        found.append({"machine": machine.__name__, "text": _words(error), "reproducer": None})
    return found


def _words(error):
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip()


def run(thing, examples=1000, number=None, progress=lambda result: None):
    """Run the machines of ``thing`` for ``examples`` examples of up to 50 steps each, with the seed ``number``.

    ``progress`` is called with the result so far after every example. Returns a Result. Raises ImportError where
    there are no such machines.
    """
    result = Result(thing.name)
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
        # Hypothesis would leave a directory in the user's.
        configuration.set_hypothesis_home_dir(os.path.join(scratch, "hypothesis"))
        for _, machine in sorted(thing.machines().items()):
            watched = seed(number)(_watched(machine, result, progress))
            for _ in range(_ROUNDS):
                found, operations = _differences(machine, watched, options)
                result.differences += found
                # A later run shows others, once these are known.
                if not operations - reported:
                    break
                reported.update(operations)
            reported.clear()
    result.seconds = time.time() - begun
    result.operations = dict(tally.operations)
    result.exceptions = dict(tally.exceptions)
    result.tolerated = dict(tally.tolerated)
    return result
