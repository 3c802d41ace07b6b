"""``python -m zcio run``: runs a program in which ``import mmap`` gives ``zcio.mmap``.

This process executes a new interpreter, with the directory of ``shadow-path`` on PYTHONPATH. So the interpreter itself
sets up ``__main__``, sys.argv, sys.path[0], tracebacks and the exit status, and Python processes that the program
starts are shadowed too.
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
Run a program in which `import mmap` gives zcio.mmap, as it does in Python processes that the program starts. SCRIPT is
a file, a directory or a zip file with a __main__.py, or - for standard input.

  --bytesio  io.BytesIO gives zcio.BytesIO too
  --aio      asyncio's streams and subprocesses are zcio.aio's too
  --shutil   import shutil gives zcio.shutil too
"""


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    # No argument begins with a NUL, so argparse takes none of what follows `run` for an option.
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
    """The command that starts this interpreter with the options with which it was started."""
    given = getattr(sys, "orig_argv", [])  # from 3.10 on
    options = given[1 : len(given) - len(sys.argv) + 1]
    for ending in (["-m", "zcio"], ["-mzcio"]):
        if options[-len(ending) :] == ending:
            return [sys.executable] + options[: -len(ending)]
    # multiprocessing uses this private function for the same purpose, so that every version has it.
    command = [sys.executable] + subprocess._args_from_interpreter_flags()
    # It leaves out the -X options that the interpreter does not know, which a program may look for.
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
    """Execute the program in place of this process. Returns an exit status if it cannot, and on Windows."""
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
        return _refuse("expected SCRIPT, -, -m MODULE or -c CODE")
    if rest[0].startswith("-") and rest[0] != "-" and rest[0][:2] not in ("-m", "-c"):
        return _refuse("unknown option %s (options of python go before -m zcio)" % rest[0])
    if sys.flags.ignore_environment:
        return _refuse("mmap is shadowed through PYTHONPATH, which Python ignores with -E or -I")
    if sys.flags.no_site:
        if "mmap" in sys.builtin_module_names:
            return _refuse("with -S, the mmap that is built into this interpreter cannot be shadowed")
        shadowed = ((BYTESIO_VARIABLE, "io.BytesIO"), (AIO_VARIABLE, "asyncio"), (SHUTIL_VARIABLE, "shutil"))
        for variable, name in shadowed:
            if environment.get(variable):
                return _refuse("with -S, %s cannot be shadowed" % name)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [directory(), environment.get("PYTHONPATH")]))
    command = _interpreter() + rest
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(command[0], command, environment)
    return subprocess.call(command, env=environment)
