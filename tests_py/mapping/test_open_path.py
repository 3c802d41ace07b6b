"""zcio.mmap.open_path: modes, bounds, errors with the path in them, no descriptor left open."""

import errno
import os
import sys

import pytest

import zcio.mmap as mmap

PAGE = mmap.ALLOCATIONGRANULARITY
TEXT = b"0123456789".ljust(2 * PAGE, b".") + b"the end"

pytestmark = pytest.mark.usefixtures("no_fd_leak_in_module")


@pytest.fixture
def path(tmp_path):
    path = str(tmp_path / "file")
    with open(path, "wb") as file:
        file.write(TEXT)
    return path


def content(path):
    with open(path, "rb") as file:
        return file.read()


# ---- modes ----


@pytest.mark.parametrize("arguments", [(), ("r",)])
def test_r_reads_and_no_more(path, arguments):
    with mmap.open_path(path, *arguments) as mapping:
        assert type(mapping) is mmap.mmap
        assert mapping[:] == TEXT and mapping.tell() == 0 and mapping.size() == len(TEXT)
        with pytest.raises(TypeError, match="readonly"):
            mapping[0] = 65
    assert mapping.closed


def test_r_plus_writes_to_the_file(path):
    with mmap.open_path(path, "r+") as mapping:
        mapping[:4] = b"WXYZ"
        mapping.flush()
        assert content(path)[:6] == b"WXYZ45"
        mapping.resize(PAGE)
    assert os.path.getsize(path) == PAGE


def test_c_writes_to_memory_alone(path):
    with mmap.open_path(path, "c") as mapping:
        mapping[:4] = b"WXYZ"
        assert mapping[:6] == b"WXYZ45"
        mapping.flush()
    assert content(path) == TEXT


def test_c_and_r_do_with_a_file_that_cannot_be_written(path):
    os.chmod(path, 0o400)
    for mode in ("r", "c"):
        with mmap.open_path(path, mode) as mapping:
            assert mapping[:3] == b"012"


@pytest.mark.parametrize("mode", ["w", "r+b", "rb", "", "rw", "a", None, 5, [], b"r"])
def test_other_modes_are_refused(path, mode):
    with pytest.raises(ValueError, match="^mode must be 'r', 'r\\+' or 'c', not "):
        mmap.open_path(path, mode)
    assert content(path) == TEXT


# ---- access, length, offset, trackfd ----


def test_access_instead_of_the_modes(path):
    with mmap.open_path(path, "r", access=mmap.ACCESS_COPY) as mapping:
        mapping[:1] = b"x"
    with mmap.open_path(path, "r+", access=mmap.ACCESS_READ) as mapping:
        with pytest.raises(TypeError):
            mapping[:1] = b"x"
    with mmap.open_path(path, "r+", access=mmap.ACCESS_DEFAULT) as mapping:
        mapping[:1] = b"x"
    assert content(path) == b"x" + TEXT[1:]
    with pytest.raises(ValueError, match="invalid access"):
        mmap.open_path(path, access=9)


def test_length_and_offset(path):
    with mmap.open_path(path, length=5) as mapping:
        assert mapping[:] == b"01234"
    with mmap.open_path(path, offset=2 * PAGE) as mapping:
        assert mapping[:] == b"the end" and "offset=%d" % (2 * PAGE) in repr(mapping)
    with mmap.open_path(path, "r+", length=3, offset=2 * PAGE) as mapping:
        mapping[:] = b"THE"
    assert content(path) == TEXT[: 2 * PAGE] + b"THE end"


def test_an_offset_inside_a_page_is_the_position(path):
    with mmap.open_path(path, offset=2 * PAGE + 4) as mapping:
        assert mapping.tell() == 4 and mapping.read() == b"end"
        assert len(mapping) == 7
    with mmap.open_path(path, offset=3, length=4) as mapping:
        assert mapping.read() == b"3456" and len(mapping) == 7


@pytest.mark.parametrize(
    "bounds",
    [
        dict(length=len(TEXT) + 1),
        dict(length=8, offset=2 * PAGE),
        dict(length=4, offset=2 * PAGE + 4),
        dict(offset=len(TEXT)),
        dict(offset=3 * PAGE),
        dict(offset=3 * PAGE, length=1),
    ],
)
def test_bounds_past_the_end(path, bounds):
    with pytest.raises(ValueError, match="greater than file size"):
        mmap.open_path(path, **bounds)


@pytest.mark.parametrize("bounds", [dict(length=-1), dict(offset=-PAGE), dict(offset=-1), dict(length=2**70)])
def test_impossible_bounds(path, bounds):
    with pytest.raises(OverflowError):
        mmap.open_path(path, **bounds)


@pytest.mark.parametrize("bounds", [dict(length="1"), dict(offset=1.0), dict(length=None), dict(access="r")])
def test_wrong_types(path, bounds):
    with pytest.raises(TypeError):
        mmap.open_path(path, **bounds)


def test_takes_two_positional_arguments(path):
    with pytest.raises(TypeError):
        mmap.open_path(path, "r", 5)
    with pytest.raises(TypeError):
        mmap.open_path()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_the_descriptor_is_closed_and_trackfd_keeps_none(path):
    def held():
        names = ("/proc/self/fd/" + fd for fd in os.listdir("/proc/self/fd"))
        return sum(os.path.exists(name) and os.path.realpath(name) == os.path.realpath(path) for name in names)

    with mmap.open_path(path):
        assert held() == 1
    assert held() == 0
    with mmap.open_path(path, "r+", trackfd=False) as mapping:
        assert held() == 0
        assert mapping[:10] == TEXT[:10]
        with pytest.raises(ValueError, match="trackfd=False"):
            mapping.size()
        with pytest.raises(ValueError, match="trackfd=False"):
            mapping.resize(PAGE)


# ---- paths and their errors ----


def test_kinds_of_paths(path, tmp_path):
    class Like:
        def __fspath__(self):
            return path

    for kind in (path, os.fsencode(path), tmp_path / "file", Like()):
        with mmap.open_path(kind) as mapping:
            assert mapping[:3] == b"012"
    # Names that are no text have no place on some file systems.
    odd = os.path.join(os.fsencode(str(tmp_path)), b"\xff\xfe name")
    try:
        os.rename(path, odd)
    except OSError:
        return
    with mmap.open_path(odd) as mapping, mmap.open_path(os.fsdecode(odd)) as other:
        assert mapping[:3] == other[:3] == b"012"


@pytest.mark.parametrize("path", [None, 5.0, [], object()])
def test_what_is_no_path(path):
    with pytest.raises(TypeError):
        mmap.open_path(path)


def test_a_null_byte_in_a_path():
    with pytest.raises(ValueError, match="null"):
        mmap.open_path("a\0b")


def raises_errno(error, number, path, *arguments, **options):
    with pytest.raises(error) as caught:
        mmap.open_path(path, *arguments, **options)
    assert caught.value.errno == number
    assert caught.value.filename == os.fspath(path)
    assert repr(os.fspath(path)) in str(caught.value)


def test_errors_name_the_path(path, tmp_path):
    raises_errno(FileNotFoundError, errno.ENOENT, str(tmp_path / "missing"))
    raises_errno(FileNotFoundError, errno.ENOENT, tmp_path / "missing")
    raises_errno(FileNotFoundError, errno.ENOENT, os.fsencode(str(tmp_path / "missing")), "r+")
    raises_errno(NotADirectoryError, errno.ENOTDIR, os.path.join(path, "below"))
    raises_errno(IsADirectoryError, errno.EISDIR, str(tmp_path), "r+")
    raises_errno(IsADirectoryError, errno.EISDIR, tmp_path, "c", length=1)
    # These come from mmap(2), which does not know of paths.
    raises_errno(PermissionError, errno.EACCES, path, "r", access=mmap.ACCESS_WRITE)
    raises_errno(PermissionError, errno.EACCES, tmp_path / "file", "r", access=mmap.ACCESS_WRITE, trackfd=False)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may open anything")
def test_permission_to_open(path):
    os.chmod(path, 0o400)
    raises_errno(PermissionError, errno.EACCES, path, "r+")


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_an_empty_file(tmp_path, mode):
    path = tmp_path / "empty"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="^cannot mmap an empty file$"):
        mmap.open_path(path, mode)
    with pytest.raises(ValueError, match="^mmap length is greater than file size$"):
        mmap.open_path(path, mode, length=1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_files_that_cannot_be_mapped():
    with pytest.raises((OSError, ValueError)):
        mmap.open_path("/proc/self/status")
    with pytest.raises(OSError):
        mmap.open_path("/dev/null")


@pytest.mark.parametrize("length", [0, 10, sys.maxsize // 2])
def test_a_bad_descriptor_is_the_first_error(length):
    for options in ({}, {"trackfd": False}):
        with pytest.raises(OSError) as caught:
            mmap.mmap(-2, length, **options)
        assert caught.value.errno == errno.EBADF
