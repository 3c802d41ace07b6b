"""Mistakes in zcio.shutil."""

import os

from mutants.mutant import PYPY, mutant


@mutant("shutil", "copyfile: links are always followed", "copyfile")
def _(original, src, dst, *, follow_symlinks=True, **options):
    return original(src, dst, **options)


@mutant("shutil", "copyfile: a file may be copied to itself", "_samefile")
def _(original, *args):
    return False


@mutant("shutil", "copyfile: the last byte of large files is lost", "_copy_whole")
def _(original, src, dst):
    done = original(src, dst)
    os.ftruncate(dst, os.fstat(dst).st_size - 1)
    return done


@mutant("shutil", "copyfile: always replaces", "_copy_in_steps")
def _(original, src, dst, follow_symlinks=True, atomic=False, sparse=True, progress=None):
    return original(src, dst, follow_symlinks, True, sparse, progress)


@mutant("shutil", "native: the metadata is lost", "_copy_paths")
def _(original, names, target, metadata, as_before):
    return original(names, target, 0, as_before)


@mutant("shutil", "native: what failed is taken for done", "_copy_paths")
def _(original, names, target, metadata, as_before):
    original(names, target, metadata, as_before)
    return int("10" * (names.count(b"\0") // 2), 2)


@mutant("shutil", "native: what was only begun is taken for the content", "_copy_at_once")
def _(original, *args):
    return original(*args) or 1


@mutant("shutil", "copy2: the times are those of the copy", "copystat")
def _(original, src, dst, **options):
    os.chmod(dst, os.stat(src).st_mode & 0o7777)


@mutant("shutil", "copy2: atomic forgets the metadata", "_copy_before_commit")
def _(original, *args, **options):
    options.pop("finish", None)
    return original(*args, **options)


@mutant("shutil", "atomic: is in place", "_copy_before_commit")
def _(original, *args, **options):
    return original(*args, **dict(options, atomic=False))


@mutant("shutil", "copytree: links are followed", "copytree")
def _(original, src, dst, symlinks=False, *args, **options):
    return original(src, dst, False, *args, **options)


@mutant("shutil", "copytree: nothing is ignored", "copytree")
def _(original, src, dst, symlinks=False, ignore=None, *args, **options):
    return original(src, dst, symlinks, None, *args, **options)


@mutant("shutil", "copytree: directories keep no metadata", "_copy_directory_metadata")
def _(original, *args):
    return ()


@mutant("shutil", "copytree: errors are lost", "_errors_of")
def _(original, *args, **options):
    original(*args, **options)
    return ()


@mutant("shutil", "copytree: the last file of a batch is lost", "_copy_files")
def _(original, copy_function, files, *args):
    return original(copy_function, files[:-1] if len(files) > 1 else files, *args)


@mutant("shutil", "move: the source stays", "rmtree")
def _(original, *args):
    return None


@mutant("shutil", "copyfileobj: the first piece is all", "copyfileobj", here=not PYPY)
def _(original, source, target, length=0):
    target.write(source.read(length))
