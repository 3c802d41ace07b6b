"""The module ``shutil``, with copies that share blocks, keep holes, report progress and use several threads.

``import zcio.shutil as shutil`` is the whole migration: all names of the running interpreter's ``shutil`` are here.
``copyfile``, ``copyfileobj``, ``copy``, ``copy2``, ``copytree`` and ``move`` are zcio's, with the signatures, results
and exceptions of the newest standard library on every interpreter. As there, a target is written in place: its inode,
hard links, access control list and open readers stay. ``atomic=True`` replaces it in one step instead, as
``zcio.splice.copy`` does.

As in the standard library, functions call each other by their names in this module, so that a program may replace them.
"""

import io as _io
import os as _os
import stat as _stat_bits
import sys as _sys
from functools import partial as _partial

from zcio._core.transfer import IN_PLACE as _IN_PLACE, copy_paths as _copy_paths
from zcio._transfer.copying import copy_before_commit as _copy_before_commit, copy_whole as _copy_whole
from zcio._transfer.descriptors import is_path as _is_path
from zcio._transfer.tree import (
    ALL as _ALL,
    NOTHING as _NOTHING,
    TreeProgress as _TreeProgress,
    Workers as _Workers,
    copy_batch as _copy_batch,
    standard_shutil as _shutil,
)

# Every name, including private ones, which programs and the standard library's tests use.
globals().update((name, value) for name, value in vars(_shutil).items() if not name.startswith("__"))

__all__ = list(_shutil.__all__)


def __dir__():
    return list(__all__)


COPY_BUFSIZE = getattr(_shutil, "COPY_BUFSIZE", 64 * 1024)
Error, SameFileError, SpecialFileError = _shutil.Error, _shutil.SameFileError, _shutil.SpecialFileError
copymode, copystat, rmtree = _shutil.copymode, _shutil.copystat, _shutil.rmtree

# After this number of bytes, copyfileobj() copies in the kernel; preparing that takes as long as copying 256 KiB.
_LARGE = 1 << 20

_audit = getattr(_sys, "audit", lambda *arguments: None)  # not before 3.8
_builtin_open = open
# The audit event "open" of a file opened for reading, and of one opened for writing.
_CLOEXEC = getattr(_os, "O_CLOEXEC", 0)
_READS = ("r", _os.O_RDONLY | _CLOEXEC)
_WRITES = ("w", _os.O_WRONLY | _os.O_CREAT | _os.O_TRUNC | _CLOEXEC)
# The metadata that a native call copies besides the content.
_NO_METADATA, _MODE, _ALL_METADATA = range(3)


def _islink(path):
    return path.is_symlink() if isinstance(path, _os.DirEntry) else _os.path.islink(path)


def _stat(path):
    return path.stat() if isinstance(path, _os.DirEntry) else _os.stat(path)


def _samefile(src, dst):
    try:
        return _os.path.samestat(_stat(src), _os.stat(dst))
    except OSError as error:
        if error.errno is None:
            raise  # a signal handler's
        return False


def _options(atomic=False, sparse=True, progress=None):
    """The options that differ from their defaults. A function that a program has put in place of ours gets no
    others."""
    options = {}
    if atomic:
        options["atomic"] = True
    if not sparse:
        options["sparse"] = False
    if progress is not None:
        options["progress"] = progress
    return options


def copyfileobj(fsrc, fdst, length=0):
    """Copy the rest of the file object ``fsrc`` to ``fdst``; as ``shutil.copyfileobj``.

    Files of the io module are copied inside the kernel after the first MiB. For all others, which include text files,
    the methods ``read`` and ``write`` are called.

    Args:
        fsrc: an object with ``read``.
        fdst: an object with ``write``.
        length: the number of bytes to read at once; 0: ``COPY_BUFSIZE``. Negative: everything at once.
    """
    length = length or COPY_BUFSIZE
    read, write = fsrc.read, fdst.write
    left = _LARGE
    while True:
        data = read(length)
        if not data:
            return
        write(data)
        left -= len(data)
        if left < 0:
            if length > 0 and _is_plain(fsrc) and _is_plain(fdst) and not _is_one_file(fsrc, fdst):
                break
            left = _sys.maxsize
    _copy_before_commit(fsrc, fdst)


def _is_plain(file):
    return type(file) in (_io.BufferedReader, _io.BufferedWriter, _io.BufferedRandom, _io.FileIO)


def _is_one_file(fsrc, fdst):
    """Whether both are the same file. Then it must be copied piece by piece, since content may move to its front."""
    return _os.path.sameopenfile(fsrc.fileno(), fdst.fileno())


def copyfile(src, dst, *, follow_symlinks=True, atomic=False, sparse=True, progress=None):
    """Copy the content of the file ``src`` to the file ``dst``; as ``shutil.copyfile``.

    Args:
        src: a path.
        dst: a path, not of a directory; an existing file is overwritten.
        follow_symlinks: False: a symbolic link is copied as a link.
        atomic: replace ``dst`` in one step once everything is written, if that changes nothing but its inode number.
        sparse: leave holes as holes; False: write zeros.
        progress: called as ``progress(done, total)``, in bytes, at most ten times a second and at the end.

    Returns:
        ``dst``.

    Raises:
        SameFileError: both are the same file.
        SpecialFileError: one of them is a named pipe.
        OSError: the copy failed; it has the names of both.
    """
    _audit("shutil.copyfile", src, dst)
    if not follow_symlinks or atomic or progress is not None or _copy_at_once(src, dst, _NO_METADATA) != _ALL:
        _copy_in_steps(src, dst, follow_symlinks, atomic, sparse, progress)
    return dst


def _copy_in_steps(src, dst, follow_symlinks=True, atomic=False, sparse=True, progress=None):
    _refuse_special(src, dst)
    if not follow_symlinks and _islink(src):
        _os.symlink(_os.readlink(src), dst)
    elif atomic and _may_be_replaced(src, dst):
        _copy_before_commit(src, dst, atomic=True, sparse=sparse, progress=progress)
    else:
        with open(src, "rb") as fsrc:
            try:
                with open(dst, "wb") as fdst:
                    _copy_content(fsrc, fdst, sparse, progress)
            except IsADirectoryError as error:
                if not _os.path.exists(dst):
                    raise FileNotFoundError("Directory does not exist: {}".format(dst)) from error
                raise


def _may_be_replaced(src, dst):
    """Whether both are paths, and ``dst`` is not a directory. Otherwise open() raises the right error."""
    for path in (src, dst):
        if not _is_path(path):
            return False
    return bool(_os.path.basename(dst))


def _copy_at_once(src, dst, metadata):
    """Copy a small regular file in one native call. Returns _ALL, _CONTENT, or _NOTHING.

    If that fails, or is not such a file, the caller copies it in steps; audit hooks are then called again.
    """
    if open is not _builtin_open:
        return _NOTHING  # a program or a test has replaced a function, and expects it to be called
    names = b""
    for path in (src, dst):
        if not _is_path(path):
            return _NOTHING  # a descriptor
        name = _os.fsencode(path)
        if b"\0" in name:
            return _NOTHING
        names += name + b"\0"
    _audit("open", _os.fspath(src), *_READS)
    _audit("open", _os.fspath(dst), *_WRITES)
    return _copy_paths(names, _IN_PLACE, metadata, type(src) is _os.DirEntry)


def _copy_with_metadata(src, dst, metadata, sparse):
    """copy() or copy2(), if no function that they call was replaced."""
    _audit_copy(src, dst, metadata)
    _finish_copy(src, dst, metadata, sparse, _copy_at_once(src, dst, metadata))


def _audit_copy(src, dst, metadata):
    _audit("shutil.copyfile", src, dst)
    if metadata != _NO_METADATA:
        _audit("shutil.copystat" if metadata == _ALL_METADATA else "shutil.copymode", src, dst)


def _finish_copy(src, dst, metadata, sparse, done):
    """Copy the part that a native call has not copied."""
    if done == _NOTHING:
        _copy_in_steps(src, dst, sparse=sparse)
    if done != _ALL and metadata != _NO_METADATA:
        (copystat if metadata == _ALL_METADATA else copymode)(src, dst)


def _refuse_special(src, dst):
    if _samefile(src, dst):
        raise SameFileError("{!r} and {!r} are the same file".format(src, dst))
    for path in (src, dst):
        try:
            about = _stat(path)
        except OSError as error:
            if error.errno is None:
                raise
            continue
        if _stat_bits.S_ISFIFO(about.st_mode):
            path = path.path if isinstance(path, _os.DirEntry) else path
            raise SpecialFileError("`%s` is a named pipe" % path)


def _copy_content(fsrc, fdst, sparse, progress):
    if progress is None and not (type(fsrc) is _io.BufferedReader and type(fdst) is _io.BufferedWriter):
        copyfileobj(fsrc, fdst)  # open() was replaced
        return
    about = _os.fstat(fsrc.fileno())
    is_plain = progress is None and about.st_blocks * 512 >= about.st_size
    try:
        if not (is_plain and _copy_whole(fsrc, fdst)):
            _copy_before_commit(fsrc, fdst, sparse=sparse, progress=progress)
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename, error.filename2 = fsrc.name, fdst.name
        raise


def copy(src, dst, *, follow_symlinks=True, atomic=False, sparse=True, progress=None):
    """Copy a file and its permission bits; as ``shutil.copy``.

    Args:
        src: a path.
        dst: a path; in a directory the name is that of ``src``.
        follow_symlinks: False: a symbolic link is copied as a link.
        atomic: as in copyfile().
        sparse: as in copyfile().
        progress: as in copyfile().

    Returns:
        The path of the copy.

    Raises:
        OSError: as copyfile() and copymode().
    """
    if _os.path.isdir(dst):
        dst = _os.path.join(dst, _os.path.basename(src))
    if follow_symlinks and not atomic and progress is None and _native_metadata(copy) is not None:
        _copy_with_metadata(src, dst, _MODE, sparse)
        return dst
    copyfile(src, dst, follow_symlinks=follow_symlinks, **_options(atomic, sparse, progress))
    copymode(src, dst, follow_symlinks=follow_symlinks)
    return dst


def copy2(src, dst, *, follow_symlinks=True, atomic=False, sparse=True, progress=None):
    """Copy a file, its permission bits, times and extended attributes; as ``shutil.copy2``.

    With ``atomic`` the metadata is copied before ``dst`` is replaced.

    Args:
        src: a path.
        dst: a path; in a directory the name is that of ``src``.
        follow_symlinks: False: a symbolic link is copied as a link.
        atomic: as in copyfile().
        sparse: as in copyfile().
        progress: as in copyfile().

    Returns:
        The path of the copy.

    Raises:
        OSError: as copyfile() and copystat().
    """
    if _os.path.isdir(dst):
        dst = _os.path.join(dst, _os.path.basename(src))
    if atomic and _may_be_replaced(src, dst) and (follow_symlinks or not _islink(src)):
        _refuse_special(src, dst)
        _copy_before_commit(
            src, dst, atomic=True, sparse=sparse, progress=progress, finish=lambda path: copystat(src, path)
        )
        return dst
    if follow_symlinks and progress is None and _native_metadata(copy2) is not None:
        _copy_with_metadata(src, dst, _ALL_METADATA, sparse)
        return dst
    copyfile(src, dst, follow_symlinks=follow_symlinks, **_options(False, sparse, progress))
    copystat(src, dst, follow_symlinks=follow_symlinks)
    return dst


def copytree(
    src,
    dst,
    symlinks=False,
    ignore=None,
    copy_function=copy2,
    ignore_dangling_symlinks=False,
    dirs_exist_ok=False,
    *,
    atomic=False,
    sparse=True,
    progress=None,
    workers=1,
):
    """Copy a directory with its content; as ``shutil.copytree``.

    Args:
        src: the directory.
        dst: the path of the copy, which must not exist.
        symlinks: True: symbolic links are copied as links.
        ignore: called as ``ignore(directory, names)``; returns the names that are not to be copied.
        copy_function: called as ``copy_function(src, dst)`` for each file, in one of the threads.
        ignore_dangling_symlinks: without ``symlinks``: ignore dangling links.
        dirs_exist_ok: True: directories may exist already.
        atomic: replace each file in one step; for ``copy`` and ``copy2``.
        sparse: leave holes as holes; for ``copy`` and ``copy2``.
        progress: called as ``progress(done, total, files, all_files)``, the first two in bytes, about ten times a
            second and at the end. The tree is scanned once before.
        workers: the number of threads that copy files at the same time. The calling thread makes directories and calls
            ``ignore``.

    Returns:
        ``dst``.

    Raises:
        Error: some files were not copied; it has a list of ``(src, dst, why)``, in the order in which one thread would
            have met them.
        OSError: ``dst`` cannot be made, or ``src`` cannot be read.
    """
    told = _TreeProgress(progress, src, symlinks) if progress is not None else None
    options = _options(atomic, sparse)
    with _Workers(workers, lambda files: _copy_files(copy_function, files, options, told)) as pool:
        _copy_directory(src, dst, symlinks, ignore, copy_function, ignore_dangling_symlinks, dirs_exist_ok, pool)
        errors = pool.finish()
    if told is not None:
        told.end()
    if errors:
        raise Error(errors)
    return dst


def _copy_directory(src, dst, symlinks, ignore, copy_function, ignore_dangling_symlinks, dirs_exist_ok, pool):
    _audit("shutil.copytree", src, dst)
    with _os.scandir(src) as found:
        entries = list(found)
    ignored = ignore(_os.fspath(src), [entry.name for entry in entries]) if ignore is not None else ()
    _os.makedirs(dst, exist_ok=dirs_exist_ok)
    for entry in entries:
        if entry.name in ignored:
            continue
        srcname, dstname = entry.path, _os.path.join(dst, entry.name)
        srcobj = entry if copy_function is copy2 or copy_function is copy else srcname
        try:
            if entry.is_symlink():
                linkto = _os.readlink(srcname)
                if symlinks:
                    # Not with copy_function, which in older programs handles only files.
                    _os.symlink(linkto, dstname)
                    copystat(srcobj, dstname, follow_symlinks=False)
                    continue
                if not _os.path.exists(linkto) and ignore_dangling_symlinks:
                    continue
            if entry.is_dir():
                _copy_directory(
                    srcobj, dstname, symlinks, ignore, copy_function, ignore_dangling_symlinks, dirs_exist_ok, pool
                )
                continue
        except Error as error:
            pool.failed(error.args[0])
            continue
        except OSError as error:
            pool.failed([(srcname, dstname, str(error))])
            continue
        pool.add((srcobj, dstname, srcname))
    pool.after(_copy_directory_metadata, src, dst)


def _native_metadata(copy_function):
    """The metadata for a native call that does the same as ``copy_function``; None if there is none.

    There is none for functions of the program, nor if the program has replaced a function that ``copy_function`` calls.
    """
    if copyfile is _own_copyfile and open is _builtin_open:
        if copy_function is _own_copy2 and copystat is _own_copystat:
            return _ALL_METADATA
        if copy_function is _own_copy and copymode is _own_copymode:
            return _MODE
        if copy_function is _own_copyfile:
            return _NO_METADATA
    return None


def _copy_files(copy_function, files, options, told):
    """Copy files, given as (source, target path, source path). Returns a list of errors for each.

    Of several files, those that a native call did not copy are not copied here, since they may be large: for each of
    them it returns a function that copies it and returns its list of errors.
    """
    metadata = None if "atomic" in options else _native_metadata(copy_function)
    if metadata is None:
        keywords = options if copy_function is copy2 or copy_function is copy else {}
        copies = [_partial(_errors_of, file, told, copy_function, file[0], file[1], **keywords) for file in files]
        return copies if len(files) > 1 else [copies[0]()]
    results = [_errors_of(file, None, _audit_file, file, metadata) for file in files]
    pairs = [(name, dst) for (_, dst, name), errors in zip(files, results) if not errors]
    states = _copy_batch(pairs, _IN_PLACE, metadata, type(files[0][0]) is _os.DirEntry)
    for index, file in enumerate(files):
        if not results[index]:
            done = next(states)
            sparse = options.get("sparse", True)
            finish = _partial(_errors_of, file, told, _finish_file, file, metadata, sparse, done)
            results[index] = finish if done == _NOTHING and len(files) > 1 else finish()
    return results


def _errors_of(file, told, function, *arguments, **keywords):
    """Call ``function``, which copies the file. Returns a list of errors, as Error has them."""
    try:
        function(*arguments, **keywords)
    except Error as error:
        return error.args[0]
    except OSError as error:
        return [(file[2], file[1], str(error))]
    if told is not None:
        told.copied(file[2])
    return ()


def _audit_file(file, metadata):
    src, dst, name = file
    _audit_copy(src, dst, metadata)
    _audit("open", name, *_READS)
    _audit("open", dst, *_WRITES)


def _finish_file(file, metadata, sparse, done):
    src, dst, _ = file
    if done == _NOTHING and metadata != _NO_METADATA and _os.path.isdir(dst):
        dst = _os.path.join(dst, _os.path.basename(src))  # as copy() and copy2()
    _finish_copy(src, dst, metadata, sparse, done)


def _copy_directory_metadata(src, dst):
    try:
        copystat(src, dst)
    except OSError as error:
        if getattr(error, "winerror", None) is None:
            return [(src, dst, str(error))]
    return []


def move(src, dst, copy_function=copy2, *, atomic=False, sparse=True, progress=None, workers=1):
    """Move a file, or a directory with its content; as ``shutil.move``.

    Args:
        src: a path.
        dst: a path; if it is an existing directory, ``src`` is moved into it.
        copy_function: called as ``copy_function(src, dst)`` for each file if renaming is not possible.
        atomic: if files are copied, replace each in one step; for ``copy`` and ``copy2``.
        sparse: if files are copied, leave holes as holes; for ``copy`` and ``copy2``.
        progress: called as that of copytree() if files are copied, even for a single file.
        workers: the number of threads that copy the files of a directory, as for copytree().

    Returns:
        The new path.

    Raises:
        Error: the destination exists in the directory ``dst``, or a directory would be moved into itself.
        OSError: as copytree(), rmtree() and ``os.rename``.
    """
    _audit("shutil.move", src, dst)
    real_dst = dst
    if _os.path.isdir(dst):
        if _samefile(src, dst) and not _os.path.islink(src):
            # On a file system that ignores case, both names may be the same file; rename it nevertheless.
            _os.rename(src, dst)
            return None
        # Without the slash that src may end with.
        path = _os.fspath(src)
        real_dst = _os.path.join(dst, _os.path.basename(path.rstrip(_separators(path))))
        if _os.path.exists(real_dst):
            raise Error("Destination path '%s' already exists" % real_dst)
    try:
        _os.rename(src, real_dst)
        return real_dst
    except OSError as error:
        if error.errno is None:
            raise  # a signal handler's
    if _os.path.islink(src):
        _os.symlink(_os.readlink(src), real_dst)
        _os.unlink(src)
    elif _os.path.isdir(src):
        if _is_inside(dst, src):
            raise Error("Cannot move a directory '%s' into itself '%s'." % (src, dst))
        if _is_immutable(src):
            raise PermissionError(
                "Cannot move the non-empty directory '%s': Lacking write permission to '%s'." % (src, src)
            )
        options = _options(atomic, sparse, progress)
        if workers != 1:
            options["workers"] = workers
        copytree(src, real_dst, copy_function=copy_function, symlinks=True, **options)
        rmtree(src)
    else:
        _move_file(src, real_dst, copy_function, _options(atomic, sparse), progress)
    return real_dst


def _move_file(src, dst, copy_function, options, progress):
    if copy_function is not copy2 and copy_function is not copy:
        options = {}
    elif progress is not None:
        options["progress"] = lambda done, total: progress(done, total, 0, 1)
    told = _TreeProgress(progress, src, symlinks=True) if progress is not None else None
    copy_function(src, dst, **options)
    if told is not None:
        told.copied(src)
        told.end()
    _os.unlink(src)


def _separators(path):
    separators = _os.path.sep + (_os.path.altsep or "")
    return separators if isinstance(path, str) else _os.fsencode(separators)


def _is_inside(path, directory):
    # Without links, as shutil does it from 3.14.10 on: otherwise a directory could be copied into itself through one.
    path, directory = _os.path.realpath(path), _os.path.realpath(directory)
    separator = _os.path.sep if isinstance(path, str) else _os.fsencode(_os.path.sep)
    return (path.rstrip(separator) + separator).startswith(directory.rstrip(separator) + separator)


def _is_immutable(path):
    flags = getattr(_stat(path), "st_flags", None)  # not on Linux
    return flags in (_stat_bits.UF_IMMUTABLE, _stat_bits.SF_IMMUTABLE)


_own_copyfile, _own_copymode, _own_copystat, _own_copy, _own_copy2 = copyfile, copymode, copystat, copy, copy2
