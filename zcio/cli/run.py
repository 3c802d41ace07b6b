"""``python -m zcio run``: a program with ``import mmap`` giving ``zcio.mmap``.

The interpreter is started anew, in the place of this process, with ``shadow-path``'s directory on PYTHONPATH: so all
that makes a program what it is (``__main__``, sys.argv, sys.path[0], tracebacks, the exit status) is the interpreter's
own doing, and the Pythons that the program starts are shadowed, too.
"""

import argparse
import io
import os
import subprocess
import sys

from zcio.cli.shadow_path import AIO_VARIABLE, BYTESIO_VARIABLE, SHUTIL_VARIABLE, directory

__all__ = ["add_parser", "run"]

_USAGE = "usage: python -m zcio run [--bytesio] [--aio] [--shutil] (SCRIPT | - | -m MODULE | -c CODE) [ARGUMENT ...]\n"
_HELP = """
Run a program with `import mmap` giving zcio.mmap, there and in the Pythons that it starts. SCRIPT is what python takes:
a file, a directory or a zip file with a __main__.py, or - for standard input.

  --bytesio  io.BytesIO gives zcio.BytesIO, too
  --aio      asyncio's streams and subprocesses are zcio.aio's, too
  --shutil   import shutil gives zcio.shutil, too
"""


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    # What follows `run` is not argparse's: no argument begins with a NUL.
    parser = subparsers.add_parser(
        "run",
        help="run a program with `import mmap` giving zcio.mmap",
        prefix_chars="\0",
        add_help=False,
    )
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    parser.set_defaults(run=run)


def _refuse(text):
    sys.stderr.write(_USAGE + "python -m zcio run: error: " + text + "\n")
    return 2


def _interpreter():
    """The command that starts this interpreter as it was started."""
    given = getattr(sys, "orig_argv", [])  # from 3.10 on
    options = given[1 : len(given) - len(sys.argv) + 1]
    for ending in (["-m", "zcio"], ["-mzcio"]):
        if options[-len(ending) :] == ending:
            return [sys.executable] + options[: -len(ending)]
    # As multiprocessing does it; kept in every version for that.
    command = [sys.executable] + subprocess._args_from_interpreter_flags()
    # That knows the interpreter's own -X options, and a program may look for others.
    for name, value in sys._xoptions.items():
        option = name if value is True else "%s=%s" % (name, value)
        if option not in command:
            command += ["-X", option]
    if not isinstance(getattr(sys.stdout, "buffer", None), io.BufferedIOBase):
        command.append("-u")
    if sys.flags.inspect:
        command.append("-i")
    return command


def run(arguments):
    """Become the program. Returns an exit status only where there is none to become."""
    rest = arguments.rest
    environment = dict(os.environ)
    variables = {"--bytesio": BYTESIO_VARIABLE, "--aio": AIO_VARIABLE, "--shutil": SHUTIL_VARIABLE}
    while rest and rest[0] in variables:
        environment[variables[rest[0]]] = "1"
        rest = rest[1:]
    if rest[:1] in (["-h"], ["--help"]):
        sys.stdout.write(_USAGE + _HELP)
        return 0
    if not rest:
        return _refuse("what is to be run?")
    if rest[0].startswith("-") and rest[0] != "-" and rest[0][:2] not in ("-m", "-c"):
        return _refuse("unknown option %s (python's own go before -m zcio)" % rest[0])
    if sys.flags.ignore_environment:
        return _refuse("with -E or -I, Python takes no PYTHONPATH, through which mmap is shadowed")
    if sys.flags.no_site and "mmap" in sys.builtin_module_names:
        return _refuse("with -S, the mmap that is built into this interpreter cannot be shadowed")
    if environment.get(BYTESIO_VARIABLE) and sys.flags.no_site:
        return _refuse("with -S, io.BytesIO cannot be shadowed")
    if environment.get(AIO_VARIABLE) and sys.flags.no_site:
        return _refuse("with -S, asyncio cannot be shadowed")
    if environment.get(SHUTIL_VARIABLE) and sys.flags.no_site:
        return _refuse("with -S, shutil cannot be shadowed")
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [directory(), environment.get("PYTHONPATH")]))
    command = _interpreter() + rest
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(command[0], command, environment)
    return subprocess.call(command, env=environment)
