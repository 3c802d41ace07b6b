"""``python -m zcio shadow-path``: prints a directory that, on PYTHONPATH, makes ``import mmap`` give zcio's."""

import os

import zcio
from zcio.cli.streams import write

__all__ = ["AIO_VARIABLE", "BYTESIO_VARIABLE", "SHUTIL_VARIABLE", "add_parser", "directory", "run"]

# Environment variables. If one has a value, what it names is shadowed besides mmap: io.BytesIO, asyncio's streams and
# subprocesses, or shutil.
BYTESIO_VARIABLE = "ZCIO_SHADOW_BYTESIO"
AIO_VARIABLE = "ZCIO_SHADOW_AIO"
SHUTIL_VARIABLE = "ZCIO_SHADOW_SHUTIL"


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    parser = subparsers.add_parser(
        "shadow-path",
        help="print a directory for PYTHONPATH that shadows mmap",
        description="Print a directory. A program started with it on PYTHONPATH, and every Python it starts, gets "
        'zcio.mmap from `import mmap`: PYTHONPATH="$(python -m zcio shadow-path)" python program.py. With the '
        "environment variable %s set, io.BytesIO is zcio's, too; with %s, asyncio's streams and subprocesses are; "
        "with %s, shutil is."
        % (BYTESIO_VARIABLE, AIO_VARIABLE, SHUTIL_VARIABLE),
    )
    parser.set_defaults(run=run)


def directory():
    """The path of the directory."""
    return os.path.join(os.path.dirname(os.path.abspath(zcio.__file__)), "_shadow_path")


def run(arguments):
    """Print the directory. Returns 0."""
    write(os.fsencode(directory()) + b"\n")
    return 0
