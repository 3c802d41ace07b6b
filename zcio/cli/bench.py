"""``python -m zcio bench``: times zcio and the peers that are installed on this machine."""

import importlib

from zcio.bench import GROUPS
from zcio.cli.streams import complain

__all__ = ["add_parser", "run"]


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    parser = subparsers.add_parser(
        "bench",
        help="time zcio beside the standard library and installed peers",
        description="Time zcio beside the standard library and the peers that are installed (fmmap, stringzilla, "
        "iocursor, ...), and compare their results. The number behind a peer's time says how many times faster zcio "
        "is; `<` marks the rows in which zcio is slower.",
        epilog="Exit status: 0, or 1 if two peers gave different results, 2 if a file could not be written.",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows and shorter runs, for a first impression")
    parser.add_argument("--plot", metavar="FILE", help="draw the ratios to FILE (.svg, .png, .pdf); needs matplotlib")
    parser.add_argument("--json", metavar="FILE", help="write every figure to FILE")
    parser.add_argument(
        "groups", metavar="GROUP", nargs="*", help="only these of: %s (default: all)" % ", ".join(GROUPS)
    )
    parser.set_defaults(run=run)


def _complain(text):
    complain("bench", text)


def run(arguments):
    """Measure and print. Returns the exit status."""
    from zcio.bench import report
    from zcio.bench.timing import Disagreement

    unknown = [name for name in arguments.groups if name not in GROUPS]
    if unknown:
        arguments.subparser.error("unknown group %s (choose from %s)" % (", ".join(unknown), ", ".join(GROUPS)))
    try:
        plot = _check_outputs(arguments)
    except (ImportError, OSError, ValueError) as error:
        _complain("%s" % error)
        return 2
    print(", ".join("%s %s" % fact for fact in report.facts().items()))
    table = report.Table()
    found = {}
    for name in arguments.groups or GROUPS:
        group = importlib.import_module("zcio.bench." + name)
        table.title(group.TITLE)
        found[name] = []
        try:
            for row in group.rows(arguments.quick):
                table.add(row)
                found[name].append(row)
        except Disagreement as error:
            _complain("%s: %s" % (name, error))
            return 1
    print("\n%d rows, zcio slower in %d of them" % (table.rows, table.losses))
    if arguments.json:
        report.write_json(arguments.json, found)
    if plot is not None:
        plot.draw(arguments.plot, found, report.title(report.facts()))
    return 0


def _check_outputs(arguments):
    """Raise now, and not after minutes of measuring, if a file cannot be written. Returns the plot module, or None."""
    if arguments.json:
        open(arguments.json, "ab").close()
    if not arguments.plot:
        return None
    try:
        from zcio.bench import plot
    except ImportError as error:
        raise ImportError("--plot needs matplotlib (%s)" % error)
    plot.check(arguments.plot)
    return plot
