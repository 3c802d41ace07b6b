"""``python -m zcio copy``: copies files, pipes and devices as ``cp`` does, inside the kernel."""

import os
import stat
import sys
from errno import ENOENT, ENOTDIR
from functools import partial

from zcio._core.transfer import ATOMIC_WITH_MODE, COPY_PATHS
from zcio._transfer.tree import ALL, Workers, copy_batch
from zcio.cli.copy_progress import Meter
from zcio.cli.parsing import permute, positive_number
from zcio.cli.streams import complain, report

__all__ = ["add_parser", "run"]

# The size of files that one thread copies while others go on: 1 MiB.
_LARGE = 1 << 20
# The metadata that a native call copies besides the content: nothing, or owner, mode, times and attributes.
_NO_METADATA, _OWNER = 0, 3


def add_parser(subparsers):
    """Add the subcommand to the argument parser."""
    parser = subparsers.add_parser(
        "copy",
        help="copy files inside the kernel",
        description="Copy SRC to DST, or each SRC into the directory DST, as `cp` does: by reflink, copy_file_range, "
        "sendfile or splice, whichever works. Holes stay holes. An existing file is replaced in one step once the new "
        "one is complete, if that changes nothing but its inode number. `-` is standard input or output.",
        epilog="Exit status: 0 if everything was copied, 1 if something could not be, 2 for a wrong command line.",
    )
    parser.add_argument("--progress", action="store_true", help="show how many files and bytes are copied, in one line")
    parser.add_argument("-r", "-R", "--recursive", action="store_true", help="copy directories with their content")
    parser.add_argument("-p", dest="preserve", action="store_true", help="keep mode, owner, times and attributes")
    parser.add_argument("-a", "--archive", action="store_true", help="as -r -p, and copy symbolic links as links")
    parser.add_argument(
        "--reflink",
        choices=("auto", "always", "never"),
        default="auto",
        help="whether to share blocks instead of copying them (default: auto)",
    )
    parser.add_argument(
        "--workers", type=positive_number, default=1, metavar="N", help="copy N files of a directory at a time"
    )
    parser.add_argument("--sync", action="store_true", help="wait until the copies are on the disk")
    parser.add_argument("-v", "--verbose", action="store_true", help="print each copied file and the call that did it")
    parser.add_argument("sources", metavar="SRC", nargs="+")
    parser.add_argument("target", metavar="DST")
    parser.set_defaults(run=run)
    permute(parser)


def _complain(text):
    complain("copy", text)


def _reason(error):
    return error.strerror or str(error)


def run(arguments):
    """Run the subcommand. Returns the exit status."""
    if arguments.archive:
        arguments.recursive = arguments.preserve = True
    into = arguments.target != "-" and os.path.isdir(arguments.target)
    if len(arguments.sources) > 1 and not into and arguments.target != "-":
        there = os.path.exists(arguments.target)
        _complain("target '%s': %s" % (arguments.target, os.strerror(ENOTDIR if there else ENOENT)))
        return 1
    arguments.umask = _umask()
    arguments.meter = Meter(arguments.sources, arguments.recursive) if arguments.progress else None
    try:
        return _copy_sources(arguments, into)
    finally:
        if arguments.meter is not None:
            arguments.meter.close()


def _copy_sources(arguments, into):
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
        if _copy_one(source, target, arguments):
            made[target] = source
        else:
            status = 1
    return status


def _copy_one(source, target, arguments, pool=None):
    """Copy a file or directory, a regular file in one of the pool's threads. Returns False if it was not copied."""
    about = None
    if source != "-":
        try:
            about = (os.lstat if arguments.recursive else os.stat)(source)
        except OSError as error:
            _complain("cannot stat '%s': %s" % (source, _reason(error)))
            return False
        if stat.S_ISDIR(about.st_mode):
            if arguments.recursive:
                if pool is None:
                    return _copy_tree(source, target, about, arguments)
                return _copy_directory(source, target, about, arguments, pool)
            _complain("-r not specified; omitting directory '%s'" % source)
            return False
        if not stat.S_ISREG(about.st_mode) and arguments.recursive:
            return _copy_special(source, target, about, arguments)
    if pool is None:
        return _copy_file(source, target, about, arguments)
    pool.add((source, target, about))
    return True


def _copy_file(source, target, about, arguments, pool=None):
    """Copy a file, or standard input. Returns whether it was copied."""
    from shutil import SameFileError

    if target != "-":
        refusal = _refusal(target)
        if refusal is not None:
            _complain(refusal)
            return False
    try:
        return _copy_content(source, target, about, arguments, pool)
    except SameFileError:
        _complain("'%s' and '%s' are the same file" % (source, target))
    except BrokenPipeError:
        raise  # the reader of our standard output has closed it
    except OSError as error:
        if error.filename == target and error.filename2 is None:
            _complain("cannot create regular file '%s': %s" % (target, _reason(error)))
        else:
            _complain("error copying '%s' to '%s': %s" % (source, target, _reason(error)))
    except ValueError as error:
        _complain("error copying '%s' to '%s': %s" % (source, target, error))
    return False


def _copy_tree(source, target, about, arguments):
    """Copy a directory with its content. Returns whether everything was copied."""
    with Workers(arguments.workers, lambda files: _copy_files(files, arguments, pool), COPY_PATHS) as pool:
        pool.is_cancelled = False
        try:
            all_copied = _copy_directory(source, target, about, arguments, pool)
            return not pool.finish() and all_copied
        except BaseException:
            pool.is_cancelled = True
            raise


def _copy_files(files, arguments, pool):
    """Copy regular files for Workers, given as source, target and status: small ones in native calls, others in steps.
    Of several, a large one is left for another thread."""
    parts = iter(())
    if arguments.reflink == "auto" and not arguments.sync and not arguments.verbose:
        pairs = [file[:2] for file in files]
        metadata = _OWNER if arguments.preserve else _NO_METADATA
        parts = copy_batch(pairs, ATOMIC_WITH_MODE, metadata, False)
    results = []
    for source, target, about in files:
        if next(parts, None) == ALL:
            if arguments.meter is not None:
                arguments.meter.file()(about.st_size, about.st_size)
            results.append(())
        else:
            copy = partial(_failure, _copy_file, source, target, about, arguments, pool)
            results.append(copy if about.st_size > _LARGE and len(files) > 1 else copy())
    return results


def _failure(copy, *arguments):
    """A list of errors for Workers, after calling a function that returns whether it succeeded."""
    return () if copy(*arguments) else (copy,)


def _copy_directory(source, target, about, arguments, pool):
    """Copy a directory, and give its files to the pool. Returns False if something was not copied."""
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
        _complain("cannot copy directory '%s' to '%s': %s" % (source, target, _reason(error)))
        return False
    all_copied = True
    inside, to = os.path.join(source, ""), os.path.join(target, "")
    for name in sorted(names):
        if not _copy_one(inside + name, to + name, arguments, pool):
            all_copied = False
    pool.after(_failure, _finish_directory, source, target, about, arguments, made)
    return all_copied


def _finish_directory(source, target, about, arguments, made):
    try:
        if arguments.preserve:
            _preserve(source, target, about)
        elif made and not about.st_mode & stat.S_IRWXU == stat.S_IRWXU:
            os.chmod(target, stat.S_IMODE(about.st_mode) & 0o777 & ~arguments.umask)
    except OSError as error:
        _complain("preserving attributes of '%s': %s" % (target, _reason(error)))
        return False
    return True


def _copy_special(source, target, about, arguments):
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
            _preserve(source, target, about)
    except OSError as error:
        _complain("cannot create '%s': %s" % (target, _reason(error)))
        return False
    return True


def _preserve(source, target, about):
    """Give ``target`` the owner, mode, times and attributes of ``source``. Like cp, ignore that only root may chown."""
    from shutil import copystat

    try:
        os.chown(target, about.st_uid, about.st_gid, follow_symlinks=False)
    except PermissionError:
        pass
    copystat(source, target, follow_symlinks=False)


def _umask():
    """The umask. To read it, it has to be set for a moment, so no other thread may run yet."""
    mask = os.umask(0o777)
    os.umask(mask)
    return mask


def _refusal(target):
    """The reason for which ``cp`` would copy no file to ``target``, or None."""
    try:
        there = os.stat(target)
    except OSError as error:
        if error.errno != ENOENT:
            return "cannot stat '%s': %s" % (target, _reason(error))
        if os.path.islink(target):
            return "not writing through dangling symlink '%s'" % target
        if target.endswith(os.sep):
            return "cannot create regular file '%s': %s" % (target, os.strerror(ENOTDIR))
        return None
    if stat.S_ISDIR(there.st_mode):
        return "cannot overwrite directory '%s' with non-directory" % target
    return None


def _progress(about, arguments, pool):
    """The function for the argument ``progress`` of copy(), or None."""
    tell = None if arguments.meter is None else arguments.meter.file()
    if arguments.workers == 1 or pool is None or about.st_size <= _LARGE:
        return tell

    def progress(done, total):
        if pool.is_cancelled:  # no signal handler raises in a thread
            from concurrent.futures import CancelledError

            raise CancelledError
        if tell is not None:
            tell(done, total)

    return progress


def _copy_content(source, target, about, arguments, pool=None):
    from zcio.splice import copy

    new = target != "-" and not os.path.lexists(target)
    keeps_mode = new and about is not None and stat.S_ISREG(about.st_mode)
    made = []
    try:
        if keeps_mode:
            # Made with the permissions of the source, as cp does, so that the kernel cuts them by the umask or by the
            # directory's default ACL, and nobody can read the copy before it has them. Made and remembered in one step,
            # so that it is removed whenever a signal comes.
            mode = stat.S_IMODE(about.st_mode) & 0o777
            made.extend(map(os.open, (target,), (os.O_WRONLY | os.O_CREAT | os.O_EXCL,), (mode | stat.S_IWUSR,)))
            mode = stat.S_IMODE(os.fstat(made[0]).st_mode) & (mode | ~stat.S_IWUSR)
            os.close(made[0])
        copied = copy(
            sys.stdin.buffer if source == "-" else source,
            sys.stdout.buffer if target == "-" else target,
            progress=_progress(about, arguments, pool),
            sync=arguments.sync,
            reflink=arguments.reflink,
        )
        if made:
            os.chmod(target, mode)
    except BaseException:
        if made:
            os.unlink(target)
        raise
    if arguments.preserve and about is not None and target != "-":
        _preserve(source, target, about)
    if arguments.verbose:
        report("'%s' -> '%s' (%d bytes, %s)" % (source, target, copied, copied.method))
    return True
