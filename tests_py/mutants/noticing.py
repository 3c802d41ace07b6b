"""Whether, and after how many steps, the machines notice a mutant."""

from hypothesis import HealthCheck, Phase, Verbosity, reporting, seed, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from zcio.compat.subjects import SUBJECTS

EXAMPLES = 400


class Watch:
    """The result of a run: ``operation`` noticed the mutant after ``steps`` steps; None if nothing did."""

    def __init__(self):
        self.steps = 0
        self.operation = None
        self.words = None


def noticed(mutant, number=None):
    """Run the machines of the mutant's subject and return a Watch. Without a seed, ``number``, the steps are always the
    same ones."""
    watch = Watch()
    checks = [getattr(HealthCheck, name) for name in ("too_slow", "data_too_large", "filter_too_much")]
    options = settings(
        max_examples=EXAMPLES,
        stateful_step_count=50,
        deadline=None,
        database=None,
        derandomize=number is None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=[Phase.generate],
        suppress_health_check=checks,
        verbosity=Verbosity.normal,
    )
    for machine in SUBJECTS[mutant.subject].machines().values():

        class Watched(machine):
            @invariant()
            def _count(self):
                watch.steps += watch.operation is None

        if number is not None:
            Watched = seed(number)(Watched)
        try:
            with mutant, reporting.with_reporter(lambda words: None):
                run_state_machine_as_test(Watched, settings=options)
        except Exception as error:
            watch.operation = getattr(error, "operation", None) or type(error).__name__
            watch.words = str(error)
            break
    return watch
