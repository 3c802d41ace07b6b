"""The fault matrix of splice_faults.py: no cell loses a byte, and each ends with the right result or exception."""

import errno

import pytest
from splice_faults import CALLS, DATA, FAULTS, PROXY_CALLS, proxy_cell, transfer_cell

import zcio.splice
from zcio._core import transfer as core_transfer

# Errors after which the transfer tries again, waits, or takes another method.
PASSING = {"EINTR", "EAGAIN", "short"}
ANOTHER_WAY = {"ENOSYS", "EXDEV"}
# Optional calls: if they fail, the transfer goes on without them.
HELPING = {"pipe2", "F_SETPIPE_SZ", "lseek", "FICLONE"}


def expected(call, fault):
    """The texts a cell may have; None: whether an answer of 0 is the end depends on the source."""
    if call in HELPING or fault == "EINTR" or fault == "short":
        return {"all moved"}
    if fault == "EAGAIN" and call not in ("poll", "read"):
        return {"all moved"}  # poll(2) never fails with it, nor does read(2) from zcio's own pipe
    if fault in ANOTHER_WAY and call in ("copy_file_range", "splice", "sendfile"):
        return {"all moved"}
    if fault == "answers 0":
        return None
    failing = {"%s, moved 0" % fault, "%s, moved some" % fault}
    return failing | {"all moved"} if call in ("poll", "read") else failing


@pytest.mark.parametrize("fault", list(FAULTS))
@pytest.mark.parametrize("name,call", CALLS)
def test_cell(name, call, fault):
    seen = {transfer_cell(name, call, fault, 0), transfer_cell(name, call, fault, 2)} - {"-"}
    assert seen or call == "poll", "this transfer never makes that call"
    allowed = expected(call, fault)
    if allowed is None:
        if call in ("write", "send"):
            assert seen <= {"EIO, moved 0", "EIO, moved some"}
        elif "file to" in name and call != "read":
            assert seen <= {"all moved"}, "a file's size tells that there is more"
    else:
        assert seen <= allowed


@pytest.mark.parametrize("fault", list(FAULTS))
@pytest.mark.parametrize("call", PROXY_CALLS)
def test_proxy_cell(call, fault):
    seen = {proxy_cell(call, fault, 0), proxy_cell(call, fault, 2)} - {"-"}
    if fault in PASSING and call in ("splice", "pipe2") or call == "pipe2":
        assert seen <= {"all moved"}


def test_a_platform_without_any_of_it(tmp_path):
    path = str(tmp_path / "file")
    with open(path, "w+b") as file, open(str(tmp_path / "copy"), "w+b") as copy:
        file.write(b"abc" * 10000)  # little would be read and written
        file.flush()
        core_transfer.inject("splice", errno=None)
        try:
            with pytest.raises(NotImplementedError, match="splice"):
                zcio.splice.splice(file, copy)
        finally:
            assert core_transfer.inject_clear() == 1


def test_faults_have_names():
    with pytest.raises(ValueError):
        core_transfer.inject("no_such_call", errno=errno.EIO)
    assert core_transfer.inject_clear() == 0
    assert len(DATA) > 5 * 65536
