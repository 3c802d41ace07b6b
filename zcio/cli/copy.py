"""``python -m zcio copy``: files, pipes and devices, copied as ``cp`` does, inside the kernel."""

import os
import stat
import sys
from errno import ENOENT, ENOTDIR

__all__ = ["add_parser", "run"]


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    parser = subparsers.add_parser(
        "copy",
        help="copy files inside the kernel",
        description="Copy SRC to DST, or each SRC into the directory DST, as `cp` does: by reflink, copy_file_range, "
        "sendfile or splice, whichever works. Holes stay holes; a file that is there is replaced in one step, when all "
        "of the new one is written. `-` is standard input or output.",
        epilog="Exit status: 0 if all was copied, 1 if something could not be, 2 for a command line that is wrong.",
    )
    parser.add_argument("--progress", action="store_true", help="show a bar on a terminal, where tqdm is installed")
    parser.add_argument(
        "--reflink",
        choices=("auto", "always", "never"),
        default="auto",
        help="whether to share blocks instead of copying them (default: auto)",
    )
    parser.add_argument("--sync", action="store_true", help="return once the copies are on the disk")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what was copied, and by which call")
    parser.add_argument("sources", metavar="SRC", nargs="+")
    parser.add_argument("target", metavar="DST")
    parser.set_defaults(run=run)


def _complain(text):
    print("zcio copy: " + text, file=sys.stderr)


def _why(error):
    return error.strerror or str(error)


def _bar(name):
    """A tqdm bar, or None where there is no terminal or no tqdm."""
    if not sys.stderr.isatty():
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(desc=name, unit="B", unit_scale=True, unit_divisor=1024, dynamic_ncols=True, file=sys.stderr)


def _advance(bar):
    def progress(done, total):
        bar.total = total
        bar.update(done - bar.n)

    return progress


def run(arguments):
    """Run the subcommand. Returns the exit status."""
    into = arguments.target != "-" and os.path.isdir(arguments.target)
    if len(arguments.sources) > 1 and not into and arguments.target != "-":
        there = os.path.exists(arguments.target)
        _complain("target '%s': %s" % (arguments.target, os.strerror(ENOTDIR if there else ENOENT)))
        return 1
    status = 0
    made = {}
    for source in arguments.sources:
        target = arguments.target
        if into:
            if source == "-":
                _complain("standard input has no name to have in '%s'" % target)
                status = 1
                continue
            target = os.path.join(target, os.path.basename(os.path.normpath(source)))
            if made.get(target) == source:
                _complain("warning: source file '%s' specified more than once" % source)
                continue
            if target in made:
                _complain("will not overwrite just-created '%s' with '%s'" % (target, source))
                status = 1
                continue
        if _one(source, target, arguments):
            made[target] = source
        else:
            status = 1
    return status


def _one(source, target, arguments):
    from shutil import SameFileError

    about = None
    if source != "-":
        try:
            about = os.stat(source)
        except OSError as error:
            _complain("cannot stat '%s': %s" % (source, _why(error)))
            return False
        if stat.S_ISDIR(about.st_mode):
            _complain("omitting directory '%s'" % source)
            return False
    if target != "-":
        why_not = _unfit(target)
        if why_not is not None:
            _complain(why_not)
            return False
    try:
        return _copied(source, target, about, arguments)
    except SameFileError:
        _complain("'%s' and '%s' are the same file" % (source, target))
    except BrokenPipeError:
        raise  # whoever read our output has seen enough
    except OSError as error:
        if error.filename == target and error.filename2 is None:
            _complain("cannot create regular file '%s': %s" % (target, _why(error)))
        else:
            _complain("error copying '%s' to '%s': %s" % (source, target, _why(error)))
    except ValueError as error:
        _complain("error copying '%s' to '%s': %s" % (source, target, error))
    return False


def _unfit(target):
    """Why ``cp`` copies nothing to ``target``, whatever the source; None where it would."""
    try:
        there = os.stat(target)
    except OSError as error:
        if error.errno != ENOENT:
            return "cannot stat '%s': %s" % (target, _why(error))
        if os.path.islink(target):
            return "not writing through dangling symlink '%s'" % target
        if target.endswith(os.sep):
            return "cannot create regular file '%s': %s" % (target, os.strerror(ENOTDIR))
        return None
    if stat.S_ISDIR(there.st_mode):
        return "cannot overwrite directory '%s' with non-directory" % target
    return None


def _copied(source, target, about, arguments):
    from zcio.splice import copy

    new = target != "-" and not os.path.lexists(target)
    bar = _bar(source) if arguments.progress else None
    try:
        copied = copy(
            sys.stdin.buffer if source == "-" else source,
            sys.stdout.buffer if target == "-" else target,
            progress=None if bar is None else _advance(bar),
            sync=arguments.sync,
            reflink=arguments.reflink,
        )
    finally:
        if bar is not None:
            bar.close()
    if new and about is not None and stat.S_ISREG(about.st_mode):
        # As cp: a new file has the permissions of the one it is of, as far as the umask lets it.
        mask = os.umask(0o777)
        os.umask(mask)
        os.chmod(target, stat.S_IMODE(about.st_mode) & 0o777 & ~mask)
    if arguments.verbose:
        print("'%s' -> '%s' (%d bytes, %s)" % (source, target, copied, copied.method), file=sys.stderr)
    return True
