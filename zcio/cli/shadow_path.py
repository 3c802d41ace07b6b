"""``python -m zcio shadow-path``: a directory that, on PYTHONPATH, makes ``import mmap`` give zcio's."""

import os
import sys

import zcio

__all__ = ["AIO_VARIABLE", "BYTESIO_VARIABLE", "SHUTIL_VARIABLE", "add_parser", "directory", "run"]

#: Set to anything, io.BytesIO is replaced too.
BYTESIO_VARIABLE = "ZCIO_SHADOW_BYTESIO"
#: Set to anything, asyncio's streams and subprocesses are replaced too.
AIO_VARIABLE = "ZCIO_SHADOW_AIO"
#: Set to anything, shutil is replaced too.
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
    """The directory's path."""
    return os.path.join(os.path.dirname(os.path.abspath(zcio.__file__)), "_shadow_path")


def run(arguments):
    """Print the directory. Returns 0."""
    sys.stdout.buffer.write(os.fsencode(directory()) + b"\n")
    return 0
