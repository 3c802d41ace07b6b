"""Mistakes in zcio.splice.splice. Arguments: in_fd, out_fd, offset, nbytes, flags, out_offset."""

import os
import select
import stat

from mutants.mutant import mutant
from zcio.splice import SPLICE_F_NONBLOCK


def is_file(fd):
    return stat.S_ISREG(os.fstat(fd).st_mode)


@mutant("splice", "the count: one less of 3 and more", "splice")
def _(original, *args):
    moved = original(*args)
    return moved - 1 if moved >= 3 else moved


@mutant("splice", "the count: what was asked for", "splice")
def _(original, *args):
    moved = original(*args)
    return args[3] if moved and args[3] is not None else moved


@mutant("splice", "a byte is lost where it goes on", "splice")
def _(original, src, dst, offset, nbytes, flags, out_offset):
    if nbytes is None or nbytes < 2 or is_file(src) or out_offset:
        return original(src, dst, offset, nbytes, flags, out_offset)
    moved = original(src, dst, offset, nbytes // 2, flags, out_offset)
    if moved == nbytes // 2 and not is_file(dst) and select.select([src], [], [], 0)[0]:
        os.read(src, 1)
        moved += original(src, dst, offset, nbytes - moved - 1, flags | SPLICE_F_NONBLOCK, out_offset) + 1
    return moved


@mutant("splice", "a byte is doubled where it goes on", "splice")
def _(original, src, dst, offset, nbytes, flags, out_offset):
    moved = original(src, dst, offset, nbytes, flags, out_offset)
    if moved > 1000 and is_file(src) and offset is not None and not is_file(dst):
        original(src, dst, offset + moved - 1, 1, flags, out_offset)
    return moved


@mutant("splice", "offset: ignored", "splice")
def _(original, src, dst, offset, *rest):
    return original(src, dst, 0 if offset else offset, *rest)


@mutant("splice", "offset: moves the position", "splice")
def _(original, src, dst, offset, *rest):
    moved = original(src, dst, offset, *rest)
    if moved and offset is not None and is_file(src):
        os.lseek(src, moved, os.SEEK_CUR)
    return moved


@mutant("splice", "offset None: does not move the position", "splice")
def _(original, src, dst, offset, *rest):
    before = os.lseek(src, 0, os.SEEK_CUR) if is_file(src) else None
    moved = original(src, dst, offset, *rest)
    if offset is None and before is not None:
        os.lseek(src, before, os.SEEK_SET)
    return moved


@mutant("splice", "out_offset: ignored", "splice")
def _(original, *args):
    return original(*args[:5] + (0 if args[5] else args[5],))


@mutant("splice", "out_offset None: does not move the position", "splice")
def _(original, src, dst, *rest):
    before = os.lseek(dst, 0, os.SEEK_CUR) if is_file(dst) else None
    moved = original(src, dst, *rest)
    if rest[-1] is None and before is not None:
        os.lseek(dst, before, os.SEEK_SET)
    return moved


@mutant("splice", "nbytes: one more of a file", "splice")
def _(original, src, dst, offset, nbytes, *rest):
    if nbytes and is_file(src) and 0 < nbytes < os.fstat(src).st_size:
        nbytes += 1
    return original(src, dst, offset, nbytes, *rest)


@mutant("splice", "nbytes None: 4096 at most", "splice")
def _(original, src, dst, offset, nbytes, *rest):
    if nbytes is None and is_file(src):
        nbytes = min(4096, os.fstat(src).st_size)
    return original(src, dst, offset, nbytes, *rest)


@mutant("splice", "nbytes: a negative one is None", "splice")
def _(original, src, dst, offset, nbytes, *rest):
    return original(src, dst, offset, nbytes if nbytes is None or nbytes >= 0 else None, *rest)


@mutant("splice", "a wrong byte behind a page edge", "splice")
def _(original, src, dst, *rest):
    moved = original(src, dst, *rest)
    if moved > 4096 and is_file(dst) and rest[-1] is not None:
        byte = os.pread(dst, 1, rest[-1] + 4096)
        os.pwrite(dst, bytes([byte[0] ^ 1]), rest[-1] + 4096)
    return moved


@mutant("splice", "the end: an error", "splice")
def _(original, *args):
    moved = original(*args)
    if moved == 0 and args[3] != 0:
        raise EOFError("nothing left")
    return moved


@mutant("splice", "nothing there yet: taken for the end", "splice")
def _(original, *args):
    try:
        return original(*args)
    except BlockingIOError:
        return 0


@mutant("splice", "beyond the size of the file: 0", "splice")
def _(original, *args):
    try:
        return original(*args)
    except OverflowError:
        return 0


@mutant("splice", "an error: tells of one byte too many", "splice")
def _(original, *args):
    try:
        return original(*args)
    except OSError as error:
        if hasattr(error, "moved"):
            error.moved += error.moved > 0
        raise


@mutant("splice", "an error: what was left over is lost", "splice")
def _(original, *args):
    try:
        return original(*args)
    except OSError as error:
        if hasattr(error, "undelivered"):
            error.undelivered = b""
        raise


@mutant("splice", "an error: swallowed where something was moved", "splice")
def _(original, *args):
    try:
        return original(*args)
    except OSError as error:
        if not getattr(error, "moved", 0):
            raise
        return error.moved


@mutant("splice", "an error: of another number", "splice")
def _(original, *args):
    try:
        return original(*args)
    except OSError as error:
        raise OSError(error.errno + 1, "another")
