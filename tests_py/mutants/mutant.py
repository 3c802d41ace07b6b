"""Mutants: a method of zcio that is replaced by a broken one."""

import sys
import unittest.mock

from zcio.compat.subjects import SUBJECTS

PYPY = sys.implementation.name == "pypy"
MUTANTS = []


class Mutant:
    """A context manager that replaces a method or function by ``broken(original, *args)``.

    Args:
        subject: the class or module, by its name in ``zcio.compat.subjects``.
        name: the mistake, in words.
        method: the name of the method or function.
        broken: the function with the mistake.
        here: whether the machine can notice it on this interpreter.
    """

    def __init__(self, subject, name, method, broken, here):
        self.subject = subject
        self.name = name
        self.method = method
        self.broken = broken
        self.here = here

    def __enter__(self):
        owner = SUBJECTS[self.subject].resolve()
        # Cursor() makes an instance of a private subclass, which may override the method.
        owners = [owner] + (owner.__subclasses__() if self.subject == "cursor" else [])
        owners = [one for one in owners if hasattr(one, self.method)]
        self.patches = [unittest.mock.patch.object(one, self.method, self.method_of(one)) for one in owners]
        for patch in self.patches:
            patch.start()

    def method_of(self, owner):
        original, broken = getattr(owner, self.method), self.broken

        def method(*args, **kwargs):
            return broken(original, *args, **kwargs)

        return method

    def __exit__(self, *exc_info):
        for patch in reversed(self.patches):
            patch.stop()


def mutant(subject, name, method, here=True):
    def add(broken):
        MUTANTS.append(Mutant(subject, name, method, broken, here))
        return broken

    return add
