"""No search reads a byte outside its window: the pages before and after it cannot be read here.

Each search runs in a child process, which one byte too far would end with SIGSEGV.
"""

import array
import os
import subprocess
import sys

import pytest

from zcio._core import search as core_search

PAGE = 4096

# Of needles: about each width of a vector register, and of two.
LENGTHS = list(range(1, 20)) + [31, 32, 33, 34, 47, 48, 49, 63, 64, 65, 66, 70]


def libc():
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    library.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
    library.mmap.restype = ctypes.c_void_p
    return library


def address_of(mapping):
    from zcio._core import ffi

    with ffi.from_buffer(mapping) as memory:
        return int(ffi.cast("uintptr_t", memory))


def guarded():
    """A mapping of three pages of which only the middle one can be read."""
    import mmap

    assert mmap.PAGESIZE == PAGE
    mapping = mmap.mmap(-1, 3 * PAGE)
    for page in (0, 2):
        assert libc().mprotect(address_of(mapping) + page * PAGE, PAGE, 0) == 0
    return mapping


def followed_by_guard(pages):
    """A mapping of zcio.mmap with an unreadable page behind its end."""
    import zcio.mmap

    mapping = zcio.mmap.mmap(-1, (pages + 1) * PAGE)
    mapping.resize(pages * PAGE)
    behind = address_of(mapping) + pages * PAGE
    flags = zcio.mmap.MAP_PRIVATE | zcio.mmap.MAP_ANONYMOUS | zcio.mmap.MAP_FIXED
    assert libc().mmap(behind, PAGE, zcio.mmap.PROT_NONE, flags, -1, 0) == behind
    return mapping


# Texts that lead the searches to look as far as they ever do: the first or last bytes of the needle everywhere.
def needles(length):
    yield b"a" * length
    if length > 1:
        yield b"a" * (length - 1) + b"b"
        yield b"b" + b"a" * (length - 1)
        yield b"a" * (length // 2) + b"b" + b"a" * (length - length // 2 - 1)


def check(find, rfind, count, find_into, hay, needle, low, high):
    """All four searches over ``[low:high]``, of which ``hay`` is a copy."""
    start, end = hay.find(needle), hay.rfind(needle)
    assert find(needle, low, high) == (start if start < 0 else start + low)
    assert rfind(needle, low, high) == (end if end < 0 else end + low)
    assert count(needle, low, high) == hay.count(needle)
    found, after, out, finder = [], low, array.array("Q", bytes(8 * 256)), core_search.finder_new(needle)
    while after is not None:
        how_many, after = find_into(finder, after, high, False, out)
        found += out[:how_many].tolist()
    assert len(found) == hay.count(needle) and found[:1] == ([start + low] if found else [])


def search_beside_guards():
    mapping = guarded()

    def over(entry):
        return lambda *arguments: entry(mapping, *arguments)

    entries = core_search.find, core_search.rfind, core_search.count, core_search.finder_find_into
    searches = [over(entry) for entry in entries]
    sizes = list(range(0, 140)) + [255, 256, 257, 1000, PAGE - 1, PAGE]
    for length in LENGTHS:
        for needle in needles(length):
            # Every alignment of the window's far end, and every distance between needle and guard; the long windows
            # and a part of the short ones for each needle, all of them for a few.
            chosen = sizes if length in (1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65) else sizes[length % 7 :: 7]
            for size in chosen:
                for low in (PAGE, 2 * PAGE - size):
                    hay = b"a" * size
                    mapping[low : low + size] = hay
                    check(*searches, hay=hay, needle=needle, low=low, high=low + size)
                    if length <= size:  # the needle itself right at the guard
                        hay = (needle + b"." * size)[:size] if low == PAGE else (b"." * size + needle)[-size:]
                        mapping[low : low + size] = hay
                        check(*searches, hay=hay, needle=needle, low=low, high=low + size)


def needles_beside_guards():
    from zcio._core import ffi, lib

    mapping = guarded()
    page = ffi.cast("uint8_t *", address_of(mapping) + PAGE)
    for length in LENGTHS + [127, 128, 129, 1000, PAGE]:
        for needle in needles(length):
            for offset in (0, PAGE - length):
                mapping[PAGE + offset : PAGE + offset + length] = needle
                # With the needle, with one that differs in its first byte only, and without.
                for hay in (b"." * 100 + needle + b"." * 100, b"b" + b"a" * 300, b"a" * 150):
                    place = page + offset
                    found, last = hay.find(needle), hay.rfind(needle)
                    got = lib.zcio_find(hay, len(hay), place, length, 0)
                    assert got == (lib.ZCIO_NOT_FOUND if found < 0 else found)
                    got = lib.zcio_rfind(hay, len(hay), place, length, len(hay))
                    assert got == (lib.ZCIO_NOT_FOUND if last < 0 else last)
                    progress = ffi.new("zcio_progress *")
                    assert lib.zcio_count(hay, len(hay), place, length, progress) == hay.count(needle)


def search_through_the_class():
    import zcio
    from zcio import search

    for pages in (1, 64):
        mapping = followed_by_guard(pages)
        size = pages * PAGE
        hay = b"a" * size
        mapping[:] = hay
        for length in LENGTHS:
            for needle in needles(length):
                first, last = hay.find(needle), hay.rfind(needle)
                finder = search.Finder(needle)
                assert (mapping.find(needle), mapping.rfind(needle)) == (first, last)
                assert mapping.find(needle, size - length) == (last if last >= 0 else -1)
                for start in (1, 7, 33, size - 2 * length, size - 70):
                    for bounds in [(start,), (start, size), (start, size + 1), (start - size, size - 1)]:
                        assert mapping.find(needle, *bounds) == hay.find(needle, *bounds)
                        assert mapping.rfind(needle, *bounds) == hay.rfind(needle, *bounds)
                    assert search.find(mapping, needle, start, size) == hay.find(needle, start, size)
                    assert finder.rfind(mapping, start, size) == hay.rfind(needle, start, size)
                mapping[-length:] = needle
                assert mapping.rfind(needle) == size - length
                assert finder.find(mapping, size - length, size) == size - length
                with zcio.Cursor(mapping) as cursor:
                    for start in (0, size - 2 * length, size - length):
                        cursor.seek(start)
                        assert cursor.readuntil(needle + b"!") == mapping[start:]
                mapping[-length:] = b"a" * length


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mprotect through libc")
@pytest.mark.parametrize("what", ["search_beside_guards", "needles_beside_guards", "search_through_the_class"])
def test_never_reads_past_the_window(what):
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", os.path.abspath(__file__), what],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    out = process.communicate(timeout=200)[0].decode(errors="replace")
    assert process.returncode == 0, out[-4000:]


if __name__ == "__main__":
    globals()[sys.argv[1]]()
