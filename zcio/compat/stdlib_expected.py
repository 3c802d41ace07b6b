"""The tests of the interpreters' own suites that are expected to fail on zcio, each with the reason."""

import sys

__all__ = ["expected_failures"]

PYPY = sys.implementation.name == "pypy"
VERSION = sys.version_info[:2]

_SIZE_ERROR = "wants 3.13's OSError EBADF of size() with trackfd=False; 3.15 raises ValueError"
_READ1 = "wants read1() to need an argument, as 3.6's does"
_VALUE_FIRST = "wants IndexError of m[len(m)] = b'\\0'; 3.15 looks at the value first: TypeError"


def _mmap():
    # The suites up to 3.12 test nothing that 3.15 has changed, and 3.15's own suite passes.
    if PYPY:
        return {"MmapTests.test_basic": _VALUE_FIRST}
    if (3, 13) <= VERSION < (3, 15):
        return {"MmapTests.test_trackfd_neg1": _SIZE_ERROR, "MmapTests.test_trackfd_parameter": _SIZE_ERROR}
    return {}


def _bytesio():
    return {"CBytesIOTest.test_read1": _READ1} if VERSION == (3, 6) and not PYPY else {}


# Tests that a Cursor cannot pass: (reason, tests of every version, tests that 3.14 added).
_CURSOR = (
    (
        "makes a stream of nothing, or by keyword; a Cursor is over a buffer",
        "detach flags getstate instance_dict_leak issue5449 setstate unicode writelines writelines_error",
        "getbuffer_empty issue141311 memory_error write_concurrent_close write_concurrent_export "
        "writelines_concurrent_close writelines_concurrent_export",
    ),
    (
        "writes to a stream made of bytes; a Cursor writes to the memory itself, and bytes are read-only",
        "getbuffer overseek write",
        "readinto_overlapping_buffer write_mutating_buffer",
    ),
    ("cuts the stream; a Cursor has the size of its buffer", "truncate", "truncate_size_changes_stream"),
    (
        "calls __init__ with a buffer, or again; a Cursor is made by __new__",
        "init",
        "write_with_export",
    ),
    ("wants getvalue() as bytes; a Cursor gives the object it is over", "bytes_array", ""),
)
_COUNTS = "counts references to what BytesIO shares or copies; a Cursor holds its buffer"


def _cursor():
    expected = _bytesio()
    for reason, always, added in _CURSOR:
        names = always.split() + (added.split() if VERSION >= (3, 14) else [])
        expected.update(("CBytesIOTest.test_" + name, reason) for name in names)
    if (3, 11) <= VERSION < (3, 14):
        expected["CBytesIOTest.test_getbuffer_empty"] = _CURSOR[0][0]
    if PYPY:
        expected["CBytesIOTest.test_iterator"] = "wants iter() to give the stream itself; a Cursor gives an iterator"
    if not PYPY:
        for name in ("mutable", "setstate", "truncate", "write"):
            expected["CBytesIOTest.test_cow_" + name] = _COUNTS
    return expected


def _re():
    if VERSION == (3, 11):
        place = "wants a warning about a template to name the caller's file; it names that of zcio.re's Pattern.sub"
        return {"ReTests.test_symbolic_refs_errors": place}
    return {}


_REPR = "wants the short words of 3.6's repr; 3.15 has exception=, limit=, transport= and waiter="


def _aio():
    names = ("exception", "nondefault_limit", "transport", "waiter")
    return {"StreamReaderTests.test___repr__" + name: _REPR for name in names} if VERSION == (3, 6) else {}


def _shutil():
    inside = "replaces a private function of shutil, which rmtree and copyfile of zcio do not call"
    expected = {}
    if VERSION < (3, 14):
        class_name = "TestShutil" if VERSION < (3, 9) else "TestRmTree"
        expected[class_name + ".test_rmtree_uses_safe_fd_version_if_available"] = inside
    if VERSION >= (3, 8):
        for name in ("test_blocksize_arg", "test_file2file_not_supported", "test_unhandled_exception"):
            expected["TestZeroCopySendfile." + name] = inside
    if VERSION >= (3, 14):
        for name in ("test_blocksize_arg", "test_unhandled_exception"):
            expected["TestZeroCopyCopyFileRange." + name] = "replaces os.copy_file_range, which zcio does not call"
    return expected


_SUITES = {
    "aio": _aio,
    "aio_sendfile": dict,
    "aio_subprocess": dict,
    "bytesio": _bytesio,
    "cursor": _cursor,
    "guarded": _mmap,
    "mmap": _mmap,
    "re": _re,
    "shutil": _shutil,
}


def expected_failures(name):
    """``{test: reason}`` of the suite ``name`` on the running interpreter."""
    return _SUITES[name]()
