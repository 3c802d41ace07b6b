"""C programs with their own handler of SIGBUS, which may leave by siglongjmp any number of times, or return."""

import os
import shutil
import subprocess
import sys
import tempfile

import pytest
from guarded_child import dies_of_sigbus, passes

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="guards are Linux's")

SOURCE = r"""
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf leave;
static struct sigaction old;
static volatile int calls;

static void recover(int number) { calls++; siglongjmp(leave, 1); }

static void recover_or_chain(int number, siginfo_t *info, void *context)
{
    calls++;
    if (info->si_code == BUS_ADRERR)
        siglongjmp(leave, 1);
    if (old.sa_flags & SA_SIGINFO)
        old.sa_sigaction(number, info, context);
}

static void mend(int number, siginfo_t *info, void *context)
{
    calls++;
    mmap((void *)((unsigned long)info->si_addr & ~(getpagesize() - 1UL)), getpagesize(), PROT_READ,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void chain(int number, siginfo_t *info, void *context)
{
    calls++;
    if (old.sa_flags & SA_SIGINFO)
        old.sa_sigaction(number, info, context);
    else
        signal(SIGBUS, SIG_DFL);
}

static void give_up(int number) { calls++; }

int install(int which, int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_flags = flags;
    switch (which) {
    case 0: action.sa_handler = recover; break;
    case 1: action.sa_sigaction = recover_or_chain; action.sa_flags |= SA_SIGINFO; break;
    case 2: action.sa_sigaction = mend; action.sa_flags |= SA_SIGINFO; break;
    case 3: action.sa_sigaction = chain; action.sa_flags |= SA_SIGINFO; break;
    case 4: action.sa_handler = give_up; break;
    }
    if (flags & SA_ONSTACK) {
        stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
        sigaltstack(&stack, NULL);
    }
    return sigaction(SIGBUS, &action, &old);
}

int restore(void) { return sigaction(SIGBUS, &old, NULL); }

int called(void) { return calls; }

/* Reads a byte, or returns -1 if the handler left. */
int touch(volatile unsigned char *at, int with_mask)
{
    return sigsetjmp(leave, with_mask) ? -1 : *at;
}
"""

SETUP = """
import ctypes
c = ctypes.CDLL(os.environ["ZCIO_RECOVER"])
c.touch.argtypes = [ctypes.c_void_p, ctypes.c_int]
RECOVER, RECOVER_OR_CHAIN, MEND, CHAIN, GIVE_UP = range(5)
NODEFER, ONSTACK, RESETHAND = 0x40000000, 0x08000000, 0x80000000 - (1 << 32)
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
other = tempfile.TemporaryFile()
other.truncate(SIZE)
foreign = libc.mmap(None, SIZE, 1, 1, other.fileno(), 0)
os.truncate(other.fileno(), 0)

def recovers(times=10, with_mask=1):
    # On this thread and on one that has never taken a signal.
    for at in range(times):
        assert c.touch(foreign + at * PAGE, with_mask) == -1
    missed = []
    thread = threading.Thread(target=lambda: missed.extend(c.touch(foreign, with_mask) for _ in range(times)))
    thread.start()
    thread.join()
    assert missed == [-1] * times
"""


@pytest.fixture(scope="module")
def recover():
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    folder = tempfile.mkdtemp()
    try:
        library = os.path.join(folder, "recover.so")
        with open(os.path.join(folder, "recover.c"), "w") as file:
            file.write(SOURCE)
        subprocess.check_call([compiler, "-O1", "-shared", "-fPIC", "-w", "-o", library, file.name])
        yield {"ZCIO_RECOVER": library}
    finally:
        shutil.rmtree(folder)


def run(recover, code):
    passes(SETUP + "\n" + "\n".join(line[8:] for line in code.splitlines()), **recover)


@pytest.mark.parametrize("flags, with_mask", [("0", 1), ("NODEFER", 0), ("NODEFER", 1), ("ONSTACK", 1)])
@pytest.mark.parametrize("which", ["RECOVER", "RECOVER_OR_CHAIN"])
def test_a_recovering_handler_survives_after_searches_and_beside_a_guard(recover, which, flags, with_mask):
    run(
        recover,
        """
        assert c.install(%s, %s) == 0
        large = bytes(1 << 20)
        assert zcio.search.find(large, b"not there") == zcio.search.rfind(large, b"not there" * 20) == -1
        recovers(10, %d)
        guarded = mmap.open_path(path, "r+", guard=True)
        view = memoryview(guarded)
        recovers(10, %d)
        for _ in range(10):
            truncate(PAGE)
            assert view[SIZE - 1] == 0 and guarded.fault.offset == SIZE - 1
            faults(lambda: guarded[2 * PAGE])
            recovers(2, %d)
            fill()
            guarded.clear_fault()
            assert guarded[:] == TEXT
        """
        % (which, flags, with_mask, with_mask, with_mask),
    )


@pytest.mark.parametrize("which", ["RECOVER", "RECOVER_OR_CHAIN"])
def test_a_recovering_handler_that_comes_later_survives(recover, which):
    run(
        recover,
        """
        guarded = mmap.open_path(path, "r+", guard=True)
        truncate(PAGE)
        faults(lambda: guarded[2 * PAGE])
        assert c.install(%s, 0) == 0
        recovers()
        assert guarded[0] == TEXT[0]
        guarded.fault  # moves zcio's handler to the front
        before = c.called()
        recovers()
        assert c.called() == before + 20
        faults(lambda: guarded[2 * PAGE])
        assert c.called() == before + 20
        # Once it is gone, zcio's is still there.
        assert c.restore() == 0
        faults(lambda: guarded[2 * PAGE])
        view = memoryview(guarded)
        assert view[2 * PAGE] == 0
        """
        % which,
    )


def test_handlers_that_call_each_other_are_called_once_each_for_a_signal(recover):
    run(
        recover,
        """
        assert c.install(MEND, 0) == 0
        guarded = mmap.open_path(path, "r+", guard=True)
        # It saved zcio's handler, as the one to call next, and that is now before it, too.
        assert c.install(CHAIN, 0) == 0
        guarded.fault
        for at in range(10):
            before = c.called()
            assert c.touch(foreign + at * PAGE, 1) == 0
            assert c.called() == before + 2
        """,
    )


def test_faulthandler_and_pythons_signal_may_come_and_go_beside_a_recovering_handler(recover):
    run(
        recover,
        """
        assert c.install(RECOVER, 0) == 0
        guarded = mmap.open_path(path, "r+", guard=True)
        for _ in range(100):
            faulthandler.enable()
            guarded.fault
            faulthandler.disable()
            assert guarded[0] == TEXT[0]
        recovers()
        # Many times another one, and zcio's in front of it: no more than one entry for each.
        for _ in range(100):
            signal.signal(signal.SIGBUS, lambda *_: None)
            guarded.fault
            signal.signal(signal.SIGBUS, signal.SIG_DFL)
            guarded.fault
        assert c.install(RECOVER, 0) == 0
        guarded.fault
        recovers()
        truncate(PAGE)
        faults(lambda: guarded[2 * PAGE])
        """,
    )


def test_a_handler_that_resets_itself_is_called_once(recover):
    code = SETUP + """
assert c.install(GIVE_UP, RESETHAND) == 0
guarded = mmap.open_path(path, "r+", guard=True)
print("so far", flush=True)
c.touch(foreign, 1)
"""
    out, _ = dies_of_sigbus(code, **recover)
    assert out == "so far\n"
