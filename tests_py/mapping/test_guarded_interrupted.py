"""A signal handler that raises between any two steps leaves a GuardedMmap that is usable, and guarded."""

from __future__ import generator_stop  # as newer versions than 3.6

import sys
import threading
import time

import pytest
from guarded_child import passes
from signal_support import check_alarms_arrive, needs_alarms

from zcio import mmap
from zcio._call_guard import guarded_call
from zcio._mapping.guarded import _Turns

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="guards are Linux's")

USABLE = """
import gc
from zcio._core.fault import guards

class Raised(Exception):
    pass

kept = []  # exceptions, and with them the frames that they have passed

def check_usable(m):
    assert m[:PAGE] == TEXT[:PAGE]
    m.resize(3 * PAGE)
    assert guards() == 1
    os.truncate(path, PAGE)
    assert faults(lambda: m[-1]).offset == 3 * PAGE - 1
    os.truncate(path, 3 * PAGE)
    m.resize(2 * PAGE)
    os.truncate(path, PAGE)
    view = memoryview(m)
    assert view[2 * PAGE - 1] == 0 and m.fault.offset == 2 * PAGE - 1
    view.release()
    m.clear_fault()
    m.flush()
    m.close()
    gc.collect()
    assert guards() == 0, guards()
"""

# A trace function that raises stands for a signal handler: it may do so before any opcode, where a handler of CPython
# 3.10 and later has to wait for the next call or jump. Before 3.10 only before any line: there the opcode that follows
# may meet the exception, and end with a SystemError of the interpreter.
AT_ANY_STEP = """
class Steps:
    def __init__(self, limit):
        self.left = limit

    def __call__(self, frame, event, argument):
        if not frame.f_code.co_filename.endswith(("guarded.py", os.path.join("_core", "fault.py"))):
            return None
        if sys.version_info >= (3, 10) and hasattr(frame, "f_trace_opcodes"):
            frame.f_trace_opcodes = True
        if event != "return":
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                raise Raised
        return self

def interrupted(call, limit):
    steps = Steps(limit)
    sys.settrace(steps)
    try:
        call()
    except Raised as error:
        kept.append(error)
    finally:
        sys.settrace(None)
    return steps.left <= 0

for limit in range(1, 5000):
    kept.clear()
    fill()
    os.truncate(path, 2 * PAGE)
    m = mmap.open_path(path, "r+", guard=True)
    views = %s
    if not interrupted(lambda: %s, limit):
        break
    if views:
        views.release()
    if m.closed:
        del m
        kept.clear()
        gc.collect()
        assert guards() == 0
    else:
        check_usable(m)
assert limit > 30, limit
"""


@pytest.mark.parametrize(
    "call, views",
    [
        ("m.resize(5 * PAGE)", "None"),
        ("m.resize(5 * PAGE)", "memoryview(m)"),
        ("m.close()", "None"),
        ("m.__exit__(None, None, None)", "memoryview(m)"),
    ],
)
def test_at_any_step(call, views):
    if views != "None":
        if sys.implementation.name == "pypy":
            pytest.skip("views do not hold a mapping there")
        call = "(lambda: None)() if fails(lambda: %s) else None" % call
    passes(
        USABLE
        + """
def fails(call):
    try:
        call()
    except BufferError:
        return True
    raise AssertionError
"""
        + AT_ANY_STEP % (views, call)
    )


@needs_alarms
@pytest.mark.parametrize("call", ["m.resize(sizes[number % 2])", "close(m)"])
def test_by_signals(call):
    if call == "close(m)" and sys.implementation.name == "pypy":
        pytest.skip("views do not hold a mapping there")
    passes(
        USABLE
        + """
import random

def handler(number, frame):
    raise Raised

views = []

def close(m):
    views[:] = [memoryview(m)]
    try:
        m.close()
    except BufferError:
        pass

def loop(m, rounds=100000):
    for number in range(rounds):
        %s

fill()
os.truncate(path, 2 * PAGE)
m = mmap.open_path(path, "r+", guard=True)
sizes = 2 * PAGE, 5 * PAGE
loop(m, 10)  # imports what it needs
gc.collect()  # and no finalizer is left, which would swallow an exception
delays = random.Random(16)
signal.signal(signal.SIGALRM, handler)
for _ in range(300):
    try:
        signal.setitimer(signal.ITIMER_REAL, delays.uniform(0.00002, 0.0004))
        loop(m)
    except Raised as error:
        kept.append(error)
assert len(kept) == 300
views.clear()
check_usable(m)
"""
        % call
    )


@needs_alarms
def test_no_two_threads_have_the_turn_beside_a_handler_that_raises():
    turns, changing, overlaps, done = _Turns(), [], [], threading.Event()

    def change(has_turn, _):
        if has_turn:
            changing.append(True)
            time.sleep(0)  # lets the other thread run
            changing.pop()

    def change_until_done():
        while not done.is_set():
            turns.run(change, None)

    def look(has_turn, _):
        if has_turn:
            overlaps.extend(changing)

    thread = threading.Thread(target=change_until_done)
    thread.start()
    try:
        check_alarms_arrive(lambda: turns.run(look, None))
    finally:
        done.set()
        thread.join()
    assert overlaps == []
    assert turns.run(lambda has_turn, _: has_turn, None)


def test_one_thread_closes_while_others_resize():
    passes(
        USABLE
        + """
for _ in range(40):
    fill()
    os.truncate(path, 2 * PAGE)
    m = mmap.open_path(path, "r+", guard=True)
    failures = []

    def resize():
        try:
            for number in range(50):
                try:
                    m.resize((2 + number % 3) * PAGE)
                except BufferError:
                    pass
                m[0]
        except ValueError:
            assert m.closed
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=resize) for _ in range(3)]
    for thread in threads:
        thread.start()
    while not m.closed:
        try:
            m.close()
        except BufferError:
            pass
    for thread in threads:
        thread.join()
    assert failures == [], failures
    del m
    for _ in range(3):  # PyPy may need more than one
        gc.collect()
    assert guards() == 0, guards()
"""
    )


def test_a_fork_in_the_midst_of_resize():
    """The child has the call's generator, but not its thread."""
    passes(
        USABLE
        + """
os.truncate(path, 2 * PAGE)
fill(2 * PAGE)
m = mmap.open_path(path, "r+", guard=True)
inside, forked = threading.Event(), threading.Event()

def trace(frame, event, argument):
    if frame.f_code.co_name == "_set_closing":
        inside.set()
        forked.wait()
    return trace

def resize():
    sys.settrace(trace)
    m.resize(4 * PAGE)

thread = threading.Thread(target=resize)
thread.start()
inside.wait()
child = os.fork()
if child == 0:
    m.resize(3 * PAGE)
    m.close()
    assert guards() == 0
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
try:
    m.resize(PAGE)
except BufferError:
    pass
else:
    raise AssertionError
forked.set()
thread.join()
assert len(m) == 4 * PAGE
"""
    )


def stop(*arguments):
    raise StopIteration("from a signal handler")


def fail(*arguments):
    raise RuntimeError("of its own")


def use_a_broken_generator(*arguments):
    next(stop() for _ in [0])


@pytest.mark.parametrize(
    "function, error, text",
    [
        (stop, StopIteration, "from a signal handler"),
        (fail, RuntimeError, "of its own"),
        (use_a_broken_generator, RuntimeError, "generator raised StopIteration"),
    ],
)
def test_what_a_call_raises_leaves_its_turn_as_it_is(function, error, text):
    """Python makes a RuntimeError of a StopIteration that leaves a generator."""
    with pytest.raises(error, match=text):
        _Turns().run(function, None)
    with mmap.mmap(-1, 10) as mapping, pytest.raises(error, match=text):
        guarded_call(function)(mapping)
    assert mapping.closed
