"""The command line. Each subcommand has a module with ``add_parser(subparsers)`` and ``run(arguments)``."""

import argparse
import importlib
import os
import signal
import sys

from zcio import _core
from zcio.cli import streams

__all__ = ["main"]


_EXAMPLES = """\
`COMMAND --help` says more. For a start:
  python -m zcio search --count ERROR /var/log/syslog
  python -m zcio run your_program.py
  python -m zcio bench --quick
"""


# In the order of the help. The module of a command has the command's name, with an underscore for a hyphen.
_COMMANDS = ("search", "grep", "copy", "run", "shadow-path", "compat", "bench", "info")


def _parser(commands):
    parser = argparse.ArgumentParser(
        prog="python -m zcio",
        description="Zero-copy I/O for Python.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version="zcio " + _core.version())
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    subparsers.required = True
    for command in commands:
        importlib.import_module("zcio.cli." + command.replace("-", "_")).add_parser(subparsers)
    for subparser in subparsers.choices.values():
        subparser.set_defaults(subparser=subparser)
    return parser


def _complete(parser):
    try:
        import argcomplete
    except ImportError:
        return
    argcomplete.autocomplete(parser)


class _Ended(BaseException):
    """A signal came in that ends the process; the argument is its number."""


def _end(number, frame):
    raise _Ended(number)


def main(argv=None):
    """Run the command line. Returns the exit status."""
    if argv is None:
        argv = sys.argv[1:]
    streams.open_closed()
    # Import one command only: importing all of them takes longer than many searches.
    command = argv[0] if argv and argv[0] in _COMMANDS else None
    parser = _parser(_COMMANDS if command is None else [command])
    if "_ARGCOMPLETE" in os.environ:  # a shell asks for completions
        _complete(parser)
    try:
        try:
            arguments, unknown = parser.parse_known_args(argv)
            if unknown:  # argparse would show the usage of the whole command
                arguments.subparser.error("unrecognized arguments: %s" % " ".join(unknown))
            if command == "copy":  # it removes the file that it has not finished
                for name in ("SIGTERM", "SIGHUP"):
                    number = getattr(signal, name, None)
                    if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                        signal.signal(number, _end)
            status = arguments.run(arguments)
        except SystemExit:  # argparse's, after an error or the help; since Python 3.11, it ignores failed writes
            sys.stdout.flush()
            sys.stderr.flush()
            raise
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader of our output has closed it.
        streams.discard(sys.stdout)
        return 128 + getattr(signal, "SIGPIPE", 13)
    except OSError as error:
        # Without a file name it is a failed write to standard output or, of a usage error before Python 3.11, to
        # standard error. The commands report errors of files themselves.
        if error.filename is not None:
            raise
        streams.discard(sys.stdout)
        streams.complain(command, "write error: %s" % error.strerror)
        return 2
    except (KeyboardInterrupt, _Ended) as ended:
        # End by the signal, so that a loop of the calling shell stops too.
        number = signal.SIGINT if type(ended) is KeyboardInterrupt else ended.args[0]
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        return 128 + number
