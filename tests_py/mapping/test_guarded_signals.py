"""Our handler of SIGBUS takes care of guarded pages only: every other SIGBUS reaches the handler that it was for."""

import sys

import pytest
from guarded_child import dies_of_sigbus, passes

PYPY = sys.implementation.name == "pypy"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="guards are Linux's")

FOREIGN = """
guarded = mmap.open_path(path, guard=True)
other = tempfile.TemporaryFile()
other.truncate(SIZE)
foreign = std.mmap(other.fileno(), SIZE)
truncate(PAGE)
%s
faults(lambda: guarded[-1])
print("so far", flush=True)
os.truncate(other.fileno(), 0)
%s
print("not here", flush=True)
"""
ACCESS = "foreign[5]"
SENT = "os.kill(os.getpid(), signal.SIGBUS)"


@pytest.mark.parametrize("how", [ACCESS, SENT, "other.close(); memoryview(foreign).tobytes()"])
def test_a_foreign_sigbus_kills(how):
    assert dies_of_sigbus(FOREIGN % ("", how))[0] == "so far\n"


@pytest.mark.parametrize("how", [ACCESS, SENT])
@pytest.mark.parametrize("before", [True, False])
def test_a_foreign_sigbus_reaches_faulthandler_and_kills(how, before):
    code = FOREIGN % ("" if before else "faulthandler.enable()", how)
    out, err = dies_of_sigbus(code, *["-X", "faulthandler"] if before else [])
    assert out == "so far\n"
    assert err.count("Fatal Python error: Bus error") == 1 and "most recent call first" in err


@pytest.mark.parametrize(
    "switches",
    [
        "faulthandler.enable()",
        "faulthandler.enable(); faulthandler.disable()",
        "faulthandler.enable(); guarded[0]; faulthandler.disable(); guarded[0]; faulthandler.enable()",
        "signal.signal(signal.SIGBUS, lambda *_: print('handled'))",
        "signal.signal(signal.SIGBUS, signal.SIG_IGN)",
        "signal.signal(signal.SIGBUS, signal.SIG_DFL)",
    ],
)
def test_what_is_installed_later_stands_behind(switches):
    err = passes(
        """
        guarded = mmap.open_path(path, guard=True)
        %s
        truncate(PAGE)
        faults(lambda: guarded[-1])
        faults(guarded.find, b"not there")
        view = memoryview(guarded)
        assert view[SIZE - 1] == 0 and guarded.fault
        """
        % switches
    )
    assert err == ""


def test_views_survive_what_is_installed_later():
    # faulthandler then says its word, which is not true.
    passes(
        """
        guarded = mmap.open_path(path, guard=True)
        view = memoryview(guarded)
        truncate(PAGE)
        faulthandler.enable()
        assert view[SIZE - 1] == 0
        assert guarded.fault.offset == SIZE - 1
        faults(lambda: guarded[-1])
        """
    )


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_python_handler_gets_what_is_sent(when):
    out = passes(
        """
        def install():
            signal.signal(signal.SIGBUS, lambda number, frame: print("handled", number == signal.SIGBUS))
        if %r == "before":
            install()
        guarded = mmap.open_path(path, guard=True)
        if %r == "after":
            install()
        truncate()
        faults(lambda: guarded[0])
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGBUS)
            time.sleep(0.01)
        faults(lambda: guarded[0])
        """
        % (when, when)
    )
    assert out == "handled True\n" * 3


def test_ignored_is_ignored_but_for_a_fault():
    code = FOREIGN % ("", SENT + "; print('ignored', flush=True); " + ACCESS)
    assert dies_of_sigbus("signal.signal(signal.SIGBUS, signal.SIG_IGN)\n" + code)[0] == "so far\nignored\n"


def test_a_c_handler_is_called_with_what_the_kernel_says():
    passes(
        """
        import ctypes
        libc = ctypes.CDLL(None)
        seen = []
        class Info(ctypes.Structure):
            _fields_ = [("number", ctypes.c_int), ("errno", ctypes.c_int), ("code", ctypes.c_int),
                        ("pad", ctypes.c_int), ("address", ctypes.c_size_t)]
        @ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.POINTER(Info), ctypes.c_void_p)
        def handler(number, info, context):
            seen.append((number, info[0].code, info[0].address))
            os.truncate(other.fileno(), SIZE)  # mends it
        class Action(ctypes.Structure):
            _fields_ = [("handler", ctypes.c_void_p), ("mask", ctypes.c_ulong * 16), ("flags", ctypes.c_int),
                        ("restorer", ctypes.c_void_p)]
        action = Action(handler=ctypes.cast(handler, ctypes.c_void_p), flags=4)
        assert libc.sigaction(signal.SIGBUS, ctypes.byref(action), None) == 0
        other = tempfile.TemporaryFile()
        other.truncate(SIZE)
        foreign = std.mmap(other.fileno(), SIZE)
        guarded = mmap.open_path(path, guard=True)
        truncate()
        faults(lambda: guarded[0])
        assert seen == []
        address = ctypes.addressof(ctypes.c_char.from_buffer(foreign))
        for _ in range(3):
            os.truncate(other.fileno(), 0)
            assert foreign[PAGE + 5] == 0
        assert seen == [(signal.SIGBUS, 2, address + PAGE + 5)] * 3
        """
    ) if not PYPY else pytest.skip("a Python function as a handler in the midst of the JIT's code")


def test_the_first_guard_alone_installs_the_handler():
    passes(
        """
        def catches():
            with open("/proc/self/status") as status:
                now = [int(line.split()[1], 16) for line in status if line.startswith("SigCgt")][0]
            return bool(now >> (signal.SIGBUS - 1) & 1)
        large = b"x" * (1 << 20)
        m = mmap.open_path(path, "r+")
        m.resize(1 << 20)
        for buffer in (large, bytearray(large), memoryview(large), m, memoryview(m)):
            finder = zcio.search.Finder(b"not there" * 20)
            assert zcio.search.find(buffer, b"not there") == finder.find(buffer) == finder.rfind(buffer) == -1
            assert zcio.search.count(buffer, b"not there") == zcio.search.find_any(buffer, b"\\xff") + 1 == 0
            assert list(zcio.search.find_all(buffer, b"not there")) == []
        assert m.find(b"not there" * 20) == m.rfind(b"not there", 0) == -1
        assert not catches()
        mmap.open_path(path, guard=True)
        assert catches()
        """
    )


@pytest.mark.parametrize("search", ["m.find(b'not there' * 20, 0)", "zcio.search.count(m, b'not there')"])
@pytest.mark.parametrize("beside", ["", "guarded = mmap.open_path(path, guard=True)"])
def test_a_truncated_plain_map_dies_under_a_search_as_with_the_standard_library(search, beside):
    dies_of_sigbus(
        """
        os.truncate(path, 1 << 20)
        m = mmap.open_path(path)
        %s
        %s
        truncate(PAGE)
        %s
        """
        % (beside, search, search)
    )
