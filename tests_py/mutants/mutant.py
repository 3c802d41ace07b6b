"""Mutants: a method of zcio that is replaced by a broken one."""

import sys
import unittest.mock

from zcio.compat.subjects import SUBJECTS

PYPY = sys.implementation.name == "pypy"
MUTANTS = []


class Mutant:
    """``method`` of the class, or function of the module, of ``thing``, replaced by ``broken(original, *args)``."""

    def __init__(self, thing, name, method, broken, here):
        self.thing = thing
        self.name = name
        self.method = method
        self.broken = broken
        self.here = here

    def __enter__(self):
        subject = SUBJECTS[self.thing].resolve()
        # A Cursor is one of a private class.
        subjects = [subject] + (subject.__subclasses__() if self.thing == "cursor" else [])
        subjects = [one for one in subjects if hasattr(one, self.method)]
        self.patches = [unittest.mock.patch.object(one, self.method, self.method_of(one)) for one in subjects]
        for patch in self.patches:
            patch.start()

    def method_of(self, subject):
        original, broken = getattr(subject, self.method), self.broken

        def method(*args, **kwargs):
            return broken(original, *args, **kwargs)

        return method

    def __exit__(self, *exc_info):
        for patch in reversed(self.patches):
            patch.stop()


def mutant(thing, name, method, here=True):
    def add(broken):
        MUTANTS.append(Mutant(thing, name, method, broken, here))
        return broken

    return add
