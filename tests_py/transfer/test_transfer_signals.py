"""An exception that a signal handler raises during a transfer arrives once; and what several threads may do."""

import copy as copy_module
import gc
import io
import os
import pickle
import socket
import sys
import threading

import pytest
from signal_support import check_alarms_arrive, needs_alarms

from zcio import syscalls
from zcio.mmap import open_path
from zcio.splice import Splicer, copy, proxy, splice

# A file that was just opened when a handler raises is closed with its last reference.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Ends:
    def __init__(self, folder):
        (folder / "src").write_bytes(b"x" * 5000)
        self.path, self.target = str(folder / "src"), str(folder / "dst")
        self.src, self.dst = open(self.path, "rb"), open(self.target, "w+b")
        self.inlet, self.outlet = os.pipe()
        self.splicers = []
        self.memory = io.BytesIO(b"x" * 5000)

    def close(self):
        self.src.close()
        self.dst.close()
        os.close(self.inlet)
        os.close(self.outlet)

    def through_pipe(self, call):
        call()
        os.read(self.inlet, 1 << 16)

    def stepped(self):
        with Splicer(self.src, self.dst, offset=0, out_offset=0) as splicer:
            self.splicers.append(splicer)  # what a handler raises in __del__, Python prints and drops
            while not splicer.done:
                splicer.step()


@pytest.fixture
def ends(tmp_path):
    ends = Ends(tmp_path)
    yield ends
    ends.close()


CALLS = {
    "splice": lambda ends: splice(ends.src, ends.dst),
    "Splicer": Ends.stepped,
    "copy files": lambda ends: copy(ends.src, ends.dst, offset=0),
    "copy paths": lambda ends: copy(ends.path, ends.target),
    "copy in place": lambda ends: copy(ends.path, ends.target, atomic=False),
    "copy memory": lambda ends: copy(ends.memory, ends.dst, offset=0),
    "sendfile": lambda ends: syscalls.sendfile(ends.dst.fileno(), ends.src.fileno(), 0, 5000),
    "copy_file_range": lambda ends: syscalls.copy_file_range(ends.src.fileno(), ends.dst.fileno(), 5000, 0, 0),
}


@needs_alarms
@pytest.mark.parametrize("name", sorted(CALLS))
def test_exceptions_of_signal_handlers_arrive(ends, name):
    check_alarms_arrive(lambda: CALLS[name](ends), rounds=60)


@needs_alarms
@pytest.mark.parametrize("error", [TimeoutError, BlockingIOError, OSError, ValueError])
def test_they_arrive_whatever_their_class(ends, error):
    raised = type("Raised", (error,), {})
    check_alarms_arrive(lambda: copy(ends.memory, ends.dst, offset=0), rounds=40, error=raised)
    check_alarms_arrive(lambda: copy(ends.path, ends.target), rounds=40, error=raised)


def test_a_splicer_is_not_copied(ends):
    with Splicer(ends.src, ends.dst) as splicer:
        for call in (copy_module.copy, copy_module.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="cannot pickle 'Splicer' object"):
                call(splicer)


def test_a_splicer_lets_go_of_its_ends_when_it_is_closed(ends):
    file = open(ends.path, "rb")
    fd = file.fileno()
    splicer = Splicer(file, ends.dst)
    del file
    gc.collect()
    os.fstat(fd)
    splicer.close()
    gc.collect()
    with pytest.raises(OSError):
        os.fstat(fd)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_closing_a_splicer_that_the_garbage_collector_found(ends):
    class Owner:
        def __del__(self):
            closed.append(self.splicer.close())

    closed = []
    for rounds in range(1, 4):
        splicer = Splicer(ends.src, ends.dst)
        owner = Owner()
        owner.splicer = splicer
        owner.owner = owner
        del splicer, owner
        gc.collect()
        assert closed == [b""] * rounds


def test_closing_while_another_thread_steps():
    """Each call comes to an end of its own: no crash, and no descriptor of the transfer stays open."""
    for _ in range(150):
        a, b = socket.socketpair()
        c, d = socket.socketpair()
        with a, b, c, d:
            for end in (b, c):
                end.setblocking(False)
            a.sendall(b"x" * 100000)
            splicer = Splicer(b, c)
            failures = []

            def step(splicer=splicer, failures=failures):
                try:
                    while not splicer.closed:
                        splicer.step()
                except (RuntimeError, ValueError):
                    pass
                except BaseException as error:
                    failures.append(error)

            threads = [threading.Thread(target=step) for _ in range(2)]
            for thread in threads:
                thread.start()
            while True:
                try:
                    splicer.close()
                    break
                except RuntimeError:
                    pass
            for thread in threads:
                thread.join()
            assert failures == []


@needs_alarms
@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("atomic", [True, False])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_no_descriptor_and_no_file_stays_behind(ends, tmp_path, there, atomic):
    def call():
        copy(ends.path, ends.target, atomic=atomic)
        if sys.implementation.name != "pypy":  # where a mapping that was cut off lives until the collector runs
            open_path(ends.target).close()
        if not there:
            os.unlink(ends.target)

    call()
    gc.collect()
    before = os.listdir("/proc/self/fd")
    check_alarms_arrive(call, rounds=100)  # which disables the garbage collector
    assert len(os.listdir("/proc/self/fd")) == len(before)
    assert set(os.listdir(str(tmp_path))) <= {"src", "dst"}


def test_many_threads_copy_at_once(tmp_path):
    """Into one path: each leaves it whole."""
    contents = [bytes([number]) * 50000 for number in range(4)]
    failures = []

    def run(number):
        try:
            for _ in range(30):
                copy(io.BytesIO(contents[number]), tmp_path / "dst")
                assert (tmp_path / "dst").read_bytes() in contents
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and os.listdir(str(tmp_path)) == ["dst"]


def test_a_blocking_socket_that_is_not_read(tmp_path):
    """Returns as soon as all is sent, as os.sendfile does; the end of the file is found without the socket."""
    (tmp_path / "src").write_bytes(b"x" * 65536)
    a, b = socket.socketpair()
    with a, b, open(str(tmp_path / "src"), "rb") as file:
        for call in (lambda: splice(file, a), lambda: copy(file, a, offset=0)):
            thread = threading.Thread(target=call)
            thread.start()
            thread.join(10)
            alive = thread.is_alive()
            got = 0
            while got < 65536:
                got += len(b.recv(1 << 20))
            thread.join()
            assert not alive


def test_a_proxy_is_for_sockets(ends):
    with pytest.raises(OSError):
        proxy(ends.src, ends.dst)
