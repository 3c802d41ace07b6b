"""The base of the mmap machine: makes a call on the model and on every party, and compares outcomes and states."""

import os

from hypothesis.stateful import RuleBasedStateMachine

from zcio.compat import mmap_strategies as given, tally
from zcio.compat.differences import mmap as differences, mmap_runtime as runtime
from zcio.compat.mismatch import mismatch, tolerate
from zcio.compat.mmap_model import Model
from zcio.compat.mmap_parties import Outcome, kept, model_file, parties

__all__ = ["Comparison", "call"]


def call(name, *args, **kwargs):
    return lambda mapping: getattr(mapping, name)(*args, **kwargs)


class Comparison(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.parties = parties()
        self.model = None
        self.file = None
        self.views = []  # dicts with the same view of the model and of each party
        self.last = None  # the last operation
        self.opening = None  # the last successful Opening
        self.closed_for = 0  # the number of steps since the mapping was closed
        self.readable = True  # whether the memory can be read

    def present(self):
        """The parties that have a mapping. An older standard library cannot make some of them, and is left out then."""
        return [party for party in self.parties if party.mapping is not None]

    # ---- calls ----

    def judge(self, operation, args, expected, party, got):
        if got == expected:
            return
        explained = differences.explained if party.name == "zcio" else runtime.explained
        reason = explained(operation, args, expected, got)
        if not reason:
            what = (party.name, operation, args, expected, got)
            raise mismatch(operation, "%s: %s%r\n  expected %r\n  got      %r" % what)
        tolerate(reason)
        if party.name != "zcio" and party.mapping is not None and not self.alike(party):
            self.leave(party)

    def step(self, operation, function, *args):
        """Call ``function`` with the model and with each party, and compare. ``args`` are for the lists of
        differences."""
        expected = Outcome(function, self.model)
        tally.count(operation, expected.error)
        self.last = operation
        for party in self.present():
            reason = party.name != "zcio" and runtime.not_asked(operation, args, expected)
            if reason:
                tolerate(reason)
            else:
                self.judge(operation, args, expected, party, Outcome(function, party.mapping))
        return expected

    def method(self, name, *args, **kwargs):
        return self.step(name, call(name, *args, **kwargs), *(args + tuple(sorted(kwargs.items()))))

    def near(self, number):
        return number.of(self.model) if isinstance(number, given.Near) else number

    def mapped(self):
        return b"" if self.model.closed else self.model._all()

    # ---- mappings ----

    def open(self, opening):
        self.drop()
        self.file = model_file(opening)
        model, expected = kept(Outcome(lambda cls: opening.call(cls, self.file), Model))
        tally.count("mmap", expected.error)
        for party in self.parties:
            (mapping, got), party.path = party.open(opening)
            self.judge("mmap", (opening,), expected, party, got)
            party.mapping = mapping
            if mapping is not None and model is None:
                self.leave(party)
        self.model = model
        return expected.error is None

    def leave(self, party):
        """Leave a party out until the next opening."""
        for views in self.views:
            if party.name in views:
                views.pop(party.name).release()
        party.mapping.close()
        party.mapping = None

    def drop(self):
        """Close everything, and compare the files."""
        while self.views:
            for view in self.views.pop().values():
                view.release()
        for party in self.parties:
            try:
                if party.mapping is not None:
                    party.mapping.close()
                    if party.path is not None:
                        self.same(party, "the file", bytes(self.file.data), party.file_bytes())
            finally:
                if party.path is not None:
                    os.unlink(party.path)
                party.mapping = party.path = None
        self.model = None

    # ---- states ----

    def alike(self, party):
        """Whether the party has the same state as the model."""
        if self.model.closed or party.mapping.closed:
            return self.model.closed is party.mapping.closed
        return (
            # Compare lengths first: reading past the end of its memory would crash.
            len(party.mapping) == self.model.length
            and party.mapping.tell() == self.model.position
            and (not self.readable or party.mapping[:] == self.model._all())
        )

    def check_state(self):
        for party in self.present():
            self.same(party, "closed", self.model.closed, party.mapping.closed)
            if not self.model.closed:
                self.same(party, "the position", self.model.position, party.mapping.tell())
                self.same(party, "the bytes", self.model._all(), party.mapping[:])
                for views in self.views:
                    if party.name in views:
                        view = bytes(bytearray(views[party.name]))
                        self.same(party, "the bytes of a view", views["model"].tobytes(), view)

    def same(self, party, what, expected, got):
        if got != expected:
            what = (party.name, what, self.last, expected, got)
            raise mismatch(self.last, "%s: %s after %s\n  expected %r\n  got      %r" % what)
