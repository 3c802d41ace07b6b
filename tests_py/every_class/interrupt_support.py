"""Raises an exception after each call that a function of zcio makes, as a signal handler may: one run for each call."""

import dis
import os
import sys

import pytest

import zcio

__all__ = ["Interrupted", "check_interruptions_arrive", "needs_early_opcodes", "needs_opcodes"]

# Since 3.11 CPython runs signal handlers only at a function's start, after a call and at the end of a loop's round.
# From 3.12 on a frame that is asked for its opcodes in its first event may show none.
needs_opcodes = pytest.mark.skipif(
    sys.implementation.name != "cpython" or sys.version_info[:2] != (3, 11), reason="follows CPython 3.11's opcodes"
)

_PACKAGE = os.path.dirname(zcio.__file__)
# Up to 3.9 handlers run between almost any two opcodes: also after a ``with`` block, before the exit is called.
needs_early_opcodes = pytest.mark.skipif(
    sys.implementation.name != "cpython" or not (3, 7) <= sys.version_info < (3, 10), reason="CPython 3.7 to 3.9"
)

_ANYWHERE = sys.version_info < (3, 10)
_NO_HANDLERS_BEFORE = ("SETUP_FINALLY", "SETUP_WITH", "BEFORE_ASYNC_WITH", "YIELD_FROM")
_HANDLERS_RUN_AFTER = ("CALL", "CALL_FUNCTION_EX", "CALL_KW", "JUMP_BACKWARD", "RESUME")
_MOST_STEPS = 3000


class Interrupted(BlockingIOError, ValueError, TypeError, IndexError, KeyError, BufferError, NotImplementedError):
    """Raised by a signal handler. An ``except`` that means a method's own error catches it, too."""


class _Tracer:
    def __init__(self, step):
        self.left = step
        self.before = {}
        self.raised = None

    def start(self, frame, event, argument):
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            return None
        frame.f_trace_opcodes = True
        return self.opcode

    def opcode(self, frame, event, argument):
        if event == "opcode":
            before = self.before.get(frame)
            self.before[frame] = frame.f_lasti
            code = frame.f_code.co_code
            if _ANYWHERE:
                runs = dis.opname[code[frame.f_lasti]] not in _NO_HANDLERS_BEFORE
            else:
                runs = before is None or dis.opname[code[before]] in _HANDLERS_RUN_AFTER
            if runs:
                if not self.left:
                    self.raised = Interrupted("in line %s of %s" % (frame.f_lineno, frame.f_code.co_filename))
                    raise self.raised
                self.left -= 1
        return self.opcode


def check_interruptions_arrive(make, call, check=None):
    """Fail the test unless what is raised at any step of ``call(make())`` arrives.

    Args:
        make: Makes what ``call`` is given.
        call: What is interrupted.
        check: Called with the same object after each interruption.
    """
    for step in range(_MOST_STEPS):
        subject = make()
        tracer = _Tracer(step)
        arrived = None
        before = sys.gettrace()
        sys.settrace(tracer.start)
        try:
            call(subject)
        except Interrupted as error:
            arrived = error.with_traceback(None)
        finally:
            sys.settrace(before)
            tracer.before.clear()
        if tracer.raised is None:
            assert step > 0, "nothing was interrupted"
        else:
            assert arrived is tracer.raised, "lost: %s" % tracer.raised
        if check is not None:
            check(subject)
        if tracer.raised is None:
            return
    pytest.fail("more than %d steps" % _MOST_STEPS)
