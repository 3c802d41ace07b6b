"""Every documented difference from CPython 3.15's mmap exists. One that has disappeared must be taken off the list."""

import errno
import mmap
import os
import subprocess
import sys

import pytest

import zcio.mmap
from zcio._mapping.stdlib import StdlibMmap
from zcio.compat.differences import mmap as differences
from zcio.compat.differences.mmap import DIFFERENCES, active
from zcio.compat.differences.mmap_runtime import RUNTIME

WITNESSED = [difference for difference in DIFFERENCES if difference.witness and difference.here]
HEALED = [difference for difference in DIFFERENCES if difference.witness and not difference.here]


@pytest.mark.parametrize("difference", WITNESSED, ids=lambda difference: difference.id)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_still_there(difference):
    assert difference.witness(zcio.mmap.mmap)


@pytest.mark.parametrize("difference", HEALED, ids=lambda difference: difference.id)
def test_nowhere_else(difference):
    assert not difference.witness(zcio.mmap.mmap)


@pytest.mark.parametrize("difference", RUNTIME, ids=lambda difference: difference.id)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_interpreters_own(difference):
    """The runtime's class differs from 3.15 on the listed versions and on no others; zcio's never does."""
    if difference.witness and (difference.here or not differences.PYPY):
        assert difference.witness(StdlibMmap) == difference.here
        if difference.here:
            assert not difference.witness(zcio.mmap.mmap)


def test_ids_are_unique():
    ids = [difference.id for difference in DIFFERENCES + RUNTIME]
    assert len(set(ids)) == len(ids)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_runtime_is_to_blame():
    """A difference that zcio keeps, because it inherits a hot method, is also in the runtime's own class."""
    for difference in WITNESSED:
        if difference.id.startswith("hot-"):
            assert difference.witness(mmap.mmap), difference.id


@pytest.mark.skipif(differences.PYPY, reason="PyPy overrides all")
@pytest.mark.parametrize(
    "name",
    "__getitem__ __setitem__ __delitem__ __len__ read read_byte readline write write_byte tell close".split(),
)
def test_hot_methods_are_inherited(name):
    assert getattr(zcio.mmap.mmap, name) is getattr(mmap.mmap, name)


@pytest.mark.skipif(sys.version_info[:2] != (3, 15) or differences.PYPY, reason="CPython 3.15's mistake")
def test_find_end_is_the_standard_librarys():
    assert not differences.end_without_start(mmap.mmap)


AUDIT = """
import sys, tempfile, zcio.mmap
with tempfile.TemporaryFile() as file:
    file.write(b"x" * 10)
    file.flush()
    seen = []
    sys.addaudithook(lambda event, args: seen.append(args) if event == "mmap.__new__" else None)
    zcio.mmap.mmap(file.fileno(), 0)
    assert [args[:1] + args[2:] for args in seen] == [(file.fileno(), 0, 0)], seen
    length = seen[0][1]
    del seen[:]
    zcio.mmap.mmap(file.fileno(), 0, access=1, trackfd=False)
    assert seen[0] == (file.fileno(), 0, 1, 0), seen
    print(len(seen), length)
"""


@pytest.mark.skipif(not hasattr(sys, "addaudithook"), reason="needs sys.addaudithook")
def test_audit_events():
    events, length = map(int, subprocess.check_output([sys.executable, "-c", AUDIT]).split())
    assert events == 1 + active("audit-twice")
    assert length == 10 * active("pypy-audit-length")


def test_resize_to_nothing(tmp_path):
    path = str(tmp_path / "file")
    with open(path, "wb") as file:
        file.write(b"x" * 5000)
    with zcio.mmap.open_path(path, "r+") as mapping:
        with pytest.raises(OSError):
            mapping.resize(0)
    assert os.path.getsize(path) == (5000 if active("pypy-resize-zero") else 0)


def test_views_on_pypy_follow(tmp_path):
    if differences.VIEWS_BLOCK:
        pytest.skip("views block here")
    with zcio.mmap.mmap(-1, 8192, flags=zcio.mmap.MAP_PRIVATE) as mapping:
        view = memoryview(mapping)
        mapping.resize(4096)
        assert len(mapping) == 4096
        view.release()


@pytest.mark.parametrize("of_file", [False, True])
@pytest.mark.parametrize("size", [12289, 3 << 20])
def test_what_is_two_mappings_to_the_kernel_does_not_grow(size, of_file, tmp_path):
    """Advice for a part makes it two. PyPy's own mmap does not notice, and is then one without memory."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 8192)
    with zcio.mmap.open_path(str(path), "r+") if of_file else zcio.mmap.mmap(-1, 8192, flags=2) as mapping:
        mapping[:] = b"x" * 8192
        mapping.resize(12288)
        mapping.resize(8192)
        mapping.madvise(zcio.mmap.MADV_RANDOM, 4096)
        for _ in range(2):
            with pytest.raises(OSError) as caught:
                mapping.resize(size)
            assert caught.value.errno == errno.EFAULT
            assert mapping[:8192] == b"x" * 8192
        mapping.madvise(zcio.mmap.MADV_NORMAL)
        mapping.resize(size)
        assert len(mapping) == size and mapping[:8192] == b"x" * 8192


@pytest.mark.parametrize("size", [2**46, 2**47 - 4096, 2**47, sys.maxsize - 4095, sys.maxsize])
def test_no_room_to_grow(size, tmp_path):
    """PyPy's own mmap does not notice, and is then one without memory."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 5000)
    with zcio.mmap.mmap(-1, 5000, flags=zcio.mmap.MAP_PRIVATE) as mapping:
        mapping[:] = b"x" * 5000
        with pytest.raises(OSError):
            mapping.resize(size)
        assert mapping[:] == b"x" * 5000
    with zcio.mmap.open_path(str(path), "r+") as mapping:
        with pytest.raises(OSError):
            mapping.resize(size)
        assert mapping[:] == b"x" * 5000
