"""Shows that an exception raised by a signal handler during a call reaches the caller exactly once."""

import faulthandler
import gc
import random
import signal
import sys
from time import monotonic

import pytest

__all__ = ["Alarm", "check_alarms_arrive", "ends_at_line", "ends_traced", "lost_alarms", "needs_alarms"]

needs_alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs setitimer")


class Alarm(Exception):
    """Raised by the handler of SIGALRM."""


def lost_alarms(call, rounds=100, longest=0.0004, error=Alarm):
    """Count exceptions of a signal handler that vanish while ``call`` runs again and again.

    In each round one alarm goes off at a random moment; its handler raises. The round ends when the exception arrives
    or, if it was swallowed, after the call that swallowed it.

    Args:
        call: Function without arguments. It must not raise ``error`` by itself.
        rounds: Number of alarms.
        longest: Longest delay of an alarm in seconds. It should be several times as long as ``call`` takes.
        error: Exception class that the handler raises.

    Returns:
        The number of rounds in which no exception arrived.
    """
    raised = received = 0

    def handler(signum, frame):
        nonlocal raised
        raised += 1
        raise error("alarm %d" % raised)

    # A function, because CPython 3.13.0 lets what is raised in the condition of a loop escape the try around the loop.
    def call_until_raised(number):
        limit = monotonic() + 5
        while raised == number and monotonic() < limit:
            call()

    delays = random.Random(16)
    before = signal.signal(signal.SIGALRM, handler)
    gc.disable()  # Hypothesis has callbacks of the collector, where an exception is printed and dropped
    # The kernel may give the alarm to the thread of pytest's watchdog, and CPython 3.11 then handles it much later.
    faulthandler.cancel_dump_traceback_later()
    try:
        for number in range(rounds):
            try:
                signal.setitimer(signal.ITIMER_REAL, delays.uniform(0.00002, longest))
                call_until_raised(number)
            except error:
                received += 1
    finally:
        gc.enable()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return rounds - received


def check_alarms_arrive(call, rounds=100, longest=0.0004, error=Alarm):
    """Fail the test unless every exception of a signal handler during ``call`` arrives. As lost_alarms."""
    lost = lost_alarms(call, rounds, longest, error)
    assert lost == 0, "%d of %d exceptions of the signal handler were lost" % (lost, rounds)


def ends_traced(call, tracer):
    """Whether KeyboardInterrupt, which the trace function ``tracer`` may raise, ends ``call()``."""
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def ends_at_line(call, line, is_counted):
    """Whether KeyboardInterrupt ends ``call()``, if it is raised before the ``line``-th line.

    Lines count that run in frames for which ``is_counted(frame)`` is true.
    """
    steps = [0]

    def tracer(frame, event, argument):
        if not is_counted(frame):
            return None
        if event == "line":
            steps[0] += 1
            if steps[0] == line:
                raise KeyboardInterrupt
        return tracer

    return ends_traced(call, tracer)
