"""``python -m zcio copy``: files, pipes and devices, copied as ``cp`` does, inside the kernel."""

import os
import stat
import sys
from errno import EBADF, ENOENT, ENOTDIR

__all__ = ["add_parser", "run"]


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    parser = subparsers.add_parser(
        "copy",
        help="copy files inside the kernel",
        description="Copy SRC to DST, or each SRC into the directory DST, as `cp` does: by reflink, copy_file_range, "
        "sendfile or splice, whichever works. Holes stay holes; a file that is there is replaced in one step, when all "
        "of the new one is written, if nothing but the inode tells. `-` is standard input or output.",
        epilog="Exit status: 0 if all was copied, 1 if something could not be, 2 for a command line that is wrong.",
    )
    parser.add_argument("--progress", action="store_true", help="show on a terminal how far each file is")
    parser.add_argument("-r", "-R", "--recursive", action="store_true", help="copy directories and all in them")
    parser.add_argument("-p", dest="preserve", action="store_true", help="keep mode, owner, times and attributes")
    parser.add_argument("-a", "--archive", action="store_true", help="the same as -r -p, and symbolic links as links")
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
    """A tqdm bar, or a plain one where it is not installed; None where there is no terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return _PlainBar(name)
    return tqdm(desc=name, unit="B", unit_scale=True, unit_divisor=1024, dynamic_ncols=True, file=sys.stderr)


class _PlainBar:
    """One line that tells how far a copy is, with what _advance() and close() need of tqdm."""

    def __init__(self, name):
        self._name = name
        self.total = None
        self.n = 0

    def update(self, count):
        self.n += count
        whole = " of %d" % self.total if self.total is not None else ""
        sys.stderr.write("\r%s: %d%s bytes" % (self._name, self.n, whole))
        sys.stderr.flush()

    def close(self):
        sys.stderr.write("\n")


def _advance(bar):
    def progress(done, total):
        bar.total = total
        bar.update(done - bar.n)

    return progress


def run(arguments):
    """Run the subcommand. Returns the exit status."""
    if arguments.archive:
        arguments.recursive = arguments.preserve = True
    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        used = "-" in arguments.sources if name == "input" else arguments.target == "-"
        if used and stream is None:
            _complain("standard %s: %s" % (name, os.strerror(EBADF)))
            return 1
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
            about = (os.lstat if arguments.recursive else os.stat)(source)
        except OSError as error:
            _complain("cannot stat '%s': %s" % (source, _why(error)))
            return False
        if stat.S_ISDIR(about.st_mode):
            if arguments.recursive:
                return _directory(source, target, about, arguments)
            _complain("omitting directory '%s'" % source)
            return False
        if not stat.S_ISREG(about.st_mode) and arguments.recursive:
            return _special(source, target, about, arguments)
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


def _directory(source, target, about, arguments):
    """Copy a directory and all in it. Returns whether all was copied."""
    if target == "-" or os.path.lexists(target) and not os.path.isdir(target):
        _complain("cannot overwrite non-directory '%s' with directory '%s'" % (target, source))
        return False
    inside = os.path.join(os.path.realpath(target), "")
    if inside.startswith(os.path.join(os.path.realpath(source), "")):
        _complain("cannot copy a directory, '%s', into itself, '%s'" % (source, target))
        return False
    made = False
    try:
        names = os.listdir(source)
        if not os.path.isdir(target):
            os.mkdir(target, stat.S_IMODE(about.st_mode) | stat.S_IRWXU)
            made = True
    except OSError as error:
        _complain("cannot copy directory '%s' to '%s': %s" % (source, target, _why(error)))
        return False
    all_copied = True
    for name in sorted(names):
        if not _one(os.path.join(source, name), os.path.join(target, name), arguments):
            all_copied = False
    try:
        if arguments.preserve:
            _keep(source, target, about)
        elif made and not about.st_mode & stat.S_IRWXU == stat.S_IRWXU:
            _as_the_umask_leaves(target, about)
    except OSError as error:
        _complain("preserving attributes of '%s': %s" % (target, _why(error)))
        return False
    return all_copied


def _special(source, target, about, arguments):
    """Copy a symbolic link or a named pipe as such. Returns whether it was copied."""
    if not stat.S_ISLNK(about.st_mode) and not stat.S_ISFIFO(about.st_mode):
        _complain("'%s' is a special file, which is not copied" % source)
        return False
    try:
        if os.path.lexists(target) and not os.path.isdir(target):
            os.unlink(target)
        if stat.S_ISLNK(about.st_mode):
            os.symlink(os.readlink(source), target)
        else:
            os.mkfifo(target, stat.S_IMODE(about.st_mode))
        if arguments.preserve:
            _keep(source, target, about)
    except OSError as error:
        _complain("cannot create '%s': %s" % (target, _why(error)))
        return False
    return True


def _keep(source, target, about):
    """Give ``target`` the owner, mode, times and attributes of ``source``. As cp, without a word where only root could
    give it away."""
    from shutil import copystat

    try:
        os.chown(target, about.st_uid, about.st_gid, follow_symlinks=False)
    except PermissionError:
        pass
    copystat(source, target, follow_symlinks=False)


def _as_the_umask_leaves(target, about):
    mask = os.umask(0o777)
    os.umask(mask)
    os.chmod(target, stat.S_IMODE(about.st_mode) & 0o777 & ~mask)


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
    keeps_mode = new and about is not None and stat.S_ISREG(about.st_mode)
    bar = _bar(source) if arguments.progress else None
    mask = os.umask(0o777)
    # Nobody may read the copy, while it is made, who may not read the source.
    os.umask(mask | ~about.st_mode & 0o777 if keeps_mode else mask)
    try:
        copied = copy(
            sys.stdin.buffer if source == "-" else source,
            sys.stdout.buffer if target == "-" else target,
            progress=None if bar is None else _advance(bar),
            sync=arguments.sync,
            reflink=arguments.reflink,
        )
    finally:
        os.umask(mask)
        if bar is not None:
            bar.close()
    if keeps_mode:
        # As cp: a new file has the permissions of the one it is of, as far as the umask lets it.
        _as_the_umask_leaves(target, about)
    if arguments.preserve and about is not None and target != "-":
        _keep(source, target, about)
    if arguments.verbose:
        print("'%s' -> '%s' (%d bytes, %s)" % (source, target, copied, copied.method), file=sys.stderr)
    return True
