"""``python -m zcio compat``: zcio beside the standard library, for those who want to see that nothing changes."""

import argparse
import importlib.util
import json
import sys

from zcio.compat.subjects import SUBJECTS

__all__ = ["add_parser", "run"]


def _examples(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("N must be a number, at least 1")
    return int(text)


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    parser = subparsers.add_parser(
        "compat",
        help="compare zcio with the standard library, call by call",
        description="Make random calls on zcio's classes and on what they reproduce, side by side, and compare "
        "results, exceptions, their words, bytes and positions. Needs Hypothesis: pip install zcio[compat].",
        epilog="Exit status: 0 if every difference is a documented one, 1 if one is not, 2 if it could not be run.",
    )
    parser.add_argument("thing", nargs="?", default="all", choices=list(SUBJECTS) + ["all"], help="default: all")
    parser.add_argument("--examples", type=_examples, metavar="N", default=1000, help="runs of up to 50 steps each")
    parser.add_argument("--suite", action="store_true", help="and run this interpreter's own tests on zcio's classes")
    parser.add_argument("--seed", type=int, metavar="S", help="make the same calls as a run that printed this seed")
    parser.add_argument("--json", metavar="FILE", help="write all of it to FILE, too; - is standard output, instead")
    parser.set_defaults(run=run)


def _complain(words):
    print("zcio compat: " + words, file=sys.stderr)
    return 2


class _Lines:
    """Progress as plain lines, some ten of them."""

    def __init__(self, name, total):
        self.name = name
        self.total = total
        self.next = self.part = max(1, total // 10)

    def __call__(self, result):
        if result.examples == self.next:
            self.next += self.part
            words = "%s: %d of %d examples, %d steps" % (self.name, result.examples, self.total, result.steps)
            if result.examples > self.total:
                words = "%s: %d examples, looking for the shortest that differ" % (self.name, result.examples)
            print(words, file=sys.stderr)

    def close(self):
        pass


class _Bar:
    """Progress as tqdm's bar."""

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


def _compared(thing, arguments, seed):
    from zcio.compat import report, runner

    progress = _progress(thing.name, arguments.examples * len(thing.machines()))
    try:
        result = runner.run(thing, arguments.examples, seed, progress)
    finally:
        progress.close()
    return report.result_data(thing, result, report.suite_data(thing.name) if arguments.suite else None)


def run(arguments):
    """Compare, and print. Returns 0 if every difference is documented, 1 if not, 2 if it could not be run."""
    if importlib.util.find_spec("hypothesis") is None:
        return _complain("needs Hypothesis: pip install zcio[compat]")
    import faulthandler

    from zcio.compat import report, runner

    if arguments.thing != "all" and not SUBJECTS[arguments.thing].exists():
        return _complain("this zcio cannot compare %s" % arguments.thing)
    # A crash in what is compared is told of, too.
    faulthandler.enable()
    seed = runner.pick_seed() if arguments.seed is None else arguments.seed
    # Where JSON goes to standard output, the text does not.
    out = sys.stderr if arguments.json == "-" else sys.stdout
    print(report.heading(seed), file=out, flush=True)
    everything = []
    for thing in SUBJECTS.values():
        if arguments.thing == "all" and not thing.exists():
            print("\nzcio.%s: this zcio cannot compare it" % thing.name, file=out)
        elif arguments.thing in (thing.name, "all"):
            everything.append(_compared(thing, arguments, seed))
            print("\n" + "\n".join(report.text(everything[-1])), file=out, flush=True)
    ok = all(data["ok"] for data in everything)
    print("\n" + ("Every difference is a documented one." if ok else "THERE ARE UNDOCUMENTED DIFFERENCES."), file=out)
    if arguments.json is not None:
        what = {"zcio": report.version(), "interpreter": report.interpreter(), "seed": seed, "ok": ok}
        what["things"] = everything
        if arguments.json == "-":
            json.dump(what, sys.stdout, indent=1)
        else:
            with open(arguments.json, "w") as file:
                json.dump(what, file, indent=1)
    return 0 if ok else 1
