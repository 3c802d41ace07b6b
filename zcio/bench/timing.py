"""Rivals on the same question: measured in turn, answers compared, ratios instead of bare times."""

import time
from collections import namedtuple

__all__ = ["Disagreement", "Row", "race", "size_name"]


# Long against the clock, short against the time that a scheduler gives a process at once.
_SLICE = 0.0005


class Disagreement(Exception):
    """Two rivals gave different answers to one question; its text says which."""


class Row(namedtuple("Row", "question times size items")):
    """One question and the rivals' times.

    ``times`` is a dict of seconds a call by rival, ``zcio`` among them; ``size`` the bytes one call goes through;
    ``items`` the number of calls, records or messages by which the time is divided; 0: show the speed in bytes instead.
    """

    __slots__ = ()

    def __new__(cls, question, times, size=0, items=None):
        if items is None:
            items = 0 if size >= 1 << 16 else 1
        return super().__new__(cls, question, times, size, items)

    def ratio(self, rival):
        """How many times faster than ``rival`` zcio is."""
        return self.times[rival] / self.times["zcio"]


def size_name(size):
    """A number of bytes in words: "64 B", "4 KiB", "64 MiB"."""
    for unit, shift in (("MiB", 20), ("KiB", 10)):
        if size >> shift:
            return "%d %s" % (size >> shift, unit)
    return "%d B" % size


def _per_call(ask, calls, clock):
    before = clock()
    for _ in range(calls):
        ask()
    return (clock() - before) / calls


def race(rivals, budget=0.3, rounds=9, clock=time.process_time):
    """The best time of each rival in seconds a call. Raises Disagreement.

    ``rivals`` maps names to functions without arguments that must give equal answers. They are run in turn, half a
    millisecond or a call each, so that a machine that speeds up or slows down does so for all: ``rounds`` times at
    least, and for about ``budget`` seconds each. ``clock``: the processor's time of this process, so that what else the
    machine does counts little; time.perf_counter for what waits for others.
    """
    answers = {name: ask() for name, ask in rivals.items()}
    leader = next(iter(answers))
    for name, answer in answers.items():
        if answer != answers[leader]:
            raise Disagreement("%s answers %.80r where %s answers %.80r" % (name, answer, leader, answers[leader]))
    calls = {}
    for name, ask in rivals.items():
        once = min(_per_call(ask, 1, clock) for _ in range(3))
        calls[name] = max(1, int(_SLICE / max(once, 1e-7)))
    best = dict.fromkeys(rivals, float("inf"))
    spent = 0.0
    while rounds > 0 or spent < budget * len(rivals):
        rounds -= 1
        for name, ask in rivals.items():
            took = _per_call(ask, calls[name], clock)
            best[name] = min(took, best[name])
            spent += took * calls[name]
    return best
