"""Mistakes in the rules by which zcio.re translates patterns, for tests_py/regex/test_re_rules.py.

They are not among the mutants of the machines: a comparison of spans alone notices each of them a hundred times sooner.
"""

import unittest.mock

from zcio._re import iteration, program, translate

__all__ = ["RULES"]

#: (name, a context manager inside of which the mistake is made).
RULES = []


def _rule(name, place, attribute):
    def add(broken):
        original = getattr(place, attribute)

        def method(*args, **kwargs):
            return broken(original, *args, **kwargs)

        RULES.append((name, unittest.mock.patch.object(place, attribute, method)))
        return broken

    return add


@_rule("a loop whose body can match nothing is native", translate._Walk, "_max_repeat")
def _(original, self, value, flags, is_last, *lazy):
    low, high, items = value
    piece = self.sequence(items, flags, False)
    was, piece.nullable = piece.nullable, False
    with unittest.mock.patch.object(self, "sequence", lambda *args: piece):
        found = original(self, value, flags, is_last, *lazy)
    found.nullable = found.nullable or was
    return found


@_rule("every empty match is the last choice", translate._Walk, "_branch")
def _(original, *args):
    piece = original(*args)
    piece.empty_last = True
    return piece


@_rule("$ without MULTILINE is the very end", translate._Walk, "_at")
def _(original, self, value, flags, is_last):
    piece = original(self, value, flags, is_last)
    if piece.source == "\\n?\\z":
        piece.source = "\\z"
    return piece


@_rule("case is not ignored in sets", translate, "_members")
def _(original, items, flags):
    return original(items, flags & ~2)


@_rule("the dot matches newlines", translate._Walk, "_any")
def _(original, self, value, flags, is_last):
    return original(self, value, flags | 16, is_last)


@_rule("a scoped flag stays", translate._Walk, "_subpattern")
def _(original, self, value, flags, is_last):
    group, add, remove, items = value
    return original(self, (group, 0, 0, items), flags | add, is_last)


@_rule("a match is one byte narrower than it can be", program.core, "compile")
def _(original, source, width, cut, tail):
    return original(source, width and width - 1, cut, tail)


@_rule("no match contains a newline", program.core, "compile")
def _(original, source, width, cut, tail):
    return original(source, None, 10, tail)


@_rule("the last newline always belongs to a match", program.core, "compile")
def _(original, source, width, cut, tail):
    return original(source, width, cut, False)


@_rule("matches: the last of a batch is lost", iteration.Text, "matches")
def _(original, self, flat):
    return original(self, flat)[: 1 if len(flat) > 2 else None]
