"""``python -m zcio compat``: compares zcio with the standard library, to show that a migration changes nothing."""

import importlib.util
import json
import sys

from zcio.cli.parsing import positive_number
from zcio.cli.streams import complain
from zcio.compat.subjects import SUBJECTS

__all__ = ["add_parser", "run"]


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    parser = subparsers.add_parser(
        "compat",
        help="compare zcio with the standard library, call by call",
        description="Make the same random calls on zcio's classes and on those they replace, and compare results, "
        "exceptions and their texts, bytes and positions. Needs Hypothesis: pip install zcio[compat].",
        epilog="Exit status: 0 if every difference is a documented one, 1 if one is not, 2 if it could not be run.",
    )
    parser.add_argument("subject", nargs="?", default="all", choices=list(SUBJECTS) + ["all"], help="default: all")
    parser.add_argument(
        "--examples", type=positive_number, metavar="N", default=1000, help="runs of up to 50 steps each"
    )
    parser.add_argument("--suite", action="store_true", help="also run this interpreter's own tests on zcio's classes")
    parser.add_argument("--seed", type=int, metavar="S", help="repeat the calls of the run that printed this seed")
    parser.add_argument("--json", metavar="FILE", help="also write the results to FILE; `-`: to standard output only")
    parser.set_defaults(run=run)


def _complain(text):
    complain("compat", text)
    return 2


class _Lines:
    """Prints progress as about ten lines."""

    def __init__(self, name, total):
        self.name = name
        self.total = total
        self.next = self.part = max(1, total // 10)

    def __call__(self, result):
        if result.examples == self.next:
            self.next += self.part
            text = "%s: %d of %d examples, %d steps" % (self.name, result.examples, self.total, result.steps)
            if result.examples > self.total:
                text = "%s: %d examples, looking for the shortest that differ" % (self.name, result.examples)
            print(text, file=sys.stderr)

    def close(self):
        pass


class _Bar:
    """Shows progress as a bar of tqdm."""

    def __init__(self, bar):
        self.bar = bar
        self.close = bar.close

    def __call__(self, result):
        self.bar.update()
        if self.bar.total and result.examples > self.bar.total:
            self.bar.total = None
            self.bar.set_description(result.name + ": looking for the shortest that differ")


def _progress(name, total):
    if sys.stderr.isatty() and importlib.util.find_spec("tqdm") is not None:
        from tqdm import tqdm

        return _Bar(tqdm(total=total, desc=name, unit="example", leave=False))
    return _Lines(name, total)


def _compare(subject, arguments, seed):
    from zcio.compat import report, runner, stdlib_suite

    progress = _progress(subject.name, arguments.examples * len(subject.machines()))
    try:
        result = runner.run(subject, arguments.examples, seed, progress)
    finally:
        progress.close()
    suites = stdlib_suite.suites_of(subject.name) if arguments.suite else []
    return report.result_data(subject, result, [report.suite_data(name) for name in suites])


def run(arguments):
    """Compare and print the results. Returns the exit status."""
    if importlib.util.find_spec("hypothesis") is None:
        return _complain("needs Hypothesis: pip install zcio[compat]")
    import faulthandler

    from zcio.compat import report, runner

    if arguments.subject != "all" and not SUBJECTS[arguments.subject].exists():
        return _complain("this zcio cannot compare %s" % arguments.subject)
    if arguments.json not in (None, "-"):
        try:
            open(arguments.json, "ab").close()  # fail now, and not after minutes of comparing
        except OSError as error:
            return _complain("%s" % error)
    faulthandler.enable()  # print a traceback if a compared class crashes the interpreter
    seed = runner.pick_seed() if arguments.seed is None else arguments.seed
    # If JSON goes to standard output, the text goes to standard error.
    out = sys.stderr if arguments.json == "-" else sys.stdout
    print(report.heading(seed), file=out, flush=True)
    everything = []
    for subject in SUBJECTS.values():
        if arguments.subject == "all" and not subject.exists():
            print("\nzcio.%s: this zcio cannot compare it" % subject.name, file=out)
        elif arguments.subject in (subject.name, "all"):
            everything.append(_compare(subject, arguments, seed))
            print("\n" + "\n".join(report.text(everything[-1])), file=out, flush=True)
    ok = all(data["ok"] for data in everything)
    print("\n" + ("Every difference is a documented one." if ok else "THERE ARE UNDOCUMENTED DIFFERENCES."), file=out)
    if arguments.json is not None:
        data = {"zcio": report.version(), "interpreter": report.interpreter(), "seed": seed, "ok": ok}
        data["things"] = everything
        if arguments.json == "-":
            json.dump(data, sys.stdout, indent=1)
        else:
            with open(arguments.json, "w") as file:
                json.dump(data, file, indent=1)
    return 0 if ok else 1
