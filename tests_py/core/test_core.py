"""zcio._core: errors of the core become exceptions, and the process goes on."""

import array
import errno
import mmap
import os
import subprocess
import sys
import tempfile
import threading

import pytest

from zcio import _core
from zcio._core import mapping as core_mapping, memory as core_memory, search as core_search

PAGE = mmap.PAGESIZE


def test_a_panic_is_an_exception_with_its_text():
    for _ in range(3):
        with pytest.raises(_core.CoreError) as caught:
            _core.panic_probe()
        assert "the panic that was asked for" in str(caught.value)
        assert "rust/src/" in str(caught.value).replace("\\", "/"), "the place is what a report needs"
    assert isinstance(caught.value, RuntimeError)
    assert core_search.find(b"still here", b"here", 0, 10) == 6


def test_panics_in_many_threads_are_all_reported():
    told = []

    def work():
        for _ in range(50):
            try:
                _core.panic_probe()
            except _core.CoreError as error:
                told.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 400
    assert all("the panic that was asked for" in text for text in told)


def test_a_panic_writes_nothing_and_leaves_the_process_well():
    code = (
        "from zcio import _core\nfrom zcio._core import search\n"
        "try: _core.panic_probe()\n"
        "except _core.CoreError: print(search.find(b'abc', b'c', 0, 3))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.split(), err) == (0, [b"2"], b"")


def raises_errno(number, function, *arguments):
    with pytest.raises(OSError) as caught:
        function(*arguments)
    assert caught.value.errno == number
    assert caught.value.strerror == os.strerror(number)


def test_errors_of_mapping_a_file_carry_their_errno_and_leave_the_target_alone(tmp_path):
    with mmap.mmap(-1, PAGE) as mapping:
        mapping[:4] = b"safe"
        raises_errno(errno.EBADF, core_mapping.map_file, mapping, -1, 0, mmap.PROT_READ, mmap.MAP_SHARED)
        with tempfile.TemporaryFile() as file:
            file.truncate(PAGE)
            fd = file.fileno()
            raises_errno(errno.EINVAL, core_mapping.map_file, mapping, fd, 1, mmap.PROT_READ, mmap.MAP_SHARED)
            raises_errno(errno.EINVAL, core_mapping.map_file, mapping, fd, 0, mmap.PROT_READ, 0)
        directory = os.open(str(tmp_path), os.O_RDONLY)
        try:
            raises_errno(errno.ENODEV, core_mapping.map_file, mapping, directory, 0, mmap.PROT_READ, mmap.MAP_SHARED)
        finally:
            os.close(directory)
        assert mapping[:4] == b"safe"


def test_a_subclass_of_oserror_where_python_has_one(tmp_path):
    path = str(tmp_path / "readable")
    with open(path, "wb") as file:
        file.truncate(PAGE)
    with open(path, "rb") as file:
        with mmap.mmap(-1, PAGE) as mapping, pytest.raises(PermissionError):
            core_mapping.map_file(mapping, file.fileno(), 0, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED)


def test_errors_of_calls_on_a_mapping_carry_their_errno():
    with mmap.mmap(-1, 2 * PAGE) as mapping:
        raises_errno(errno.EINVAL, core_mapping.msync, mapping, 1, PAGE, 4)
        raises_errno(errno.EINVAL, core_mapping.msync, mapping, 0, PAGE, 0x4000)
        raises_errno(errno.EINVAL, core_mapping.madvise, mapping, 0, PAGE, 9999)
        raises_errno(errno.EINVAL, core_mapping.madvise, mapping, 1, PAGE, 4)
        mapping[:4] = b"safe"
        assert mapping[:4] == b"safe"


def test_a_file_takes_the_place_of_a_mapping(tmp_path):
    path = str(tmp_path / "file")
    with open(path, "wb") as file:
        file.write(b"of the file".ljust(PAGE, b"."))
    mapping = mmap.mmap(-1, PAGE)
    with open(path, "rb") as file:
        core_mapping.map_file(mapping, file.fileno(), 0, mmap.PROT_READ, mmap.MAP_SHARED)
    assert mapping[:11] == b"of the file"
    mapping.close()


def test_what_the_platform_lacks_is_not_implemented():
    with pytest.raises(NotImplementedError, match="not available on this platform"):
        _core.fail(_core.lib.ZCIO_UNSUPPORTED)


def test_refuses_what_is_no_buffer():
    for call in (
        lambda thing: core_search.find(thing, b"x", 0, 1),
        lambda thing: core_search.count(thing, b"x", 0, 1),
        lambda thing: core_search.finder_find_into(
            thing, core_search.finder_new(b"x"), 0, 1, False, array.array("Q", [0])
        ),
        lambda thing: core_memory.copy(thing, 0, 1),
        lambda thing: core_mapping.msync(thing, 0, 0, 4),
    ):
        for thing in (None, 5, "text", object()):
            with pytest.raises(TypeError):
                call(thing)
    closed = mmap.mmap(-1, PAGE)
    closed.close()
    with pytest.raises(ValueError):
        core_search.find(closed, b"x", 0, 1)


def test_constants_are_those_of_the_platform():
    constants = core_mapping.map_constants()
    for name in ("MAP_SHARED", "MAP_PRIVATE", "PROT_READ", "PROT_WRITE", "MAP_ANONYMOUS"):
        if name in constants:
            assert constants[name] == getattr(mmap, name)
    assert constants["MS_SYNC"] and all(type(value) is int for value in constants.values())


def test_says_which_instructions_it_searches_with():
    assert _core.search_level() and _core.search_level() == _core.search_level().lower()


def test_no_two_error_codes_are_equal():
    """Else fail() could take one for another."""
    codes = {name: getattr(_core.lib, name) for name in dir(_core.lib) if name.startswith("ZCIO_")}
    negative = sorted(code for code in codes.values() if code < 0)
    assert len(set(negative)) == len(negative) >= 10, codes
