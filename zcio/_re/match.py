"""Match, for a span that the engine found."""

import re

from zcio._positional_only import positional_only

__all__ = ["Match", "StdlibMatch", "StdlibPattern", "new_match"]

StdlibPattern = type(re.compile(b""))
StdlibMatch = type(re.match(b"", b""))


class _MatchType(type):
    def __instancecheck__(cls, instance):
        return type(instance) is StdlibMatch or type.__instancecheck__(cls, instance)


class Match(metaclass=_MatchType):
    """A match of a large text, as ``re.Match``.

    The engine finds only the span. For the groups, the standard library's pattern is matched at that position: when a
    group is asked for if the text is bytes, but before the match is returned if the text can change.

    For small texts, and if the standard library searches, the methods of Pattern return ``re.Match`` objects;
    ``isinstance`` takes these for instances of this class. Any number of threads may use a match.
    """

    # _origin: the tuple (pattern, text, pos, endpos), shared by all matches of one call.
    __slots__ = ("_end", "_match", "_origin", "_start")

    def __new__(cls, *args, **kwargs):
        """Raise TypeError, as ``re.Match`` does."""
        raise TypeError("cannot create 're.Match' instances")

    def _full(self):
        match = self._match
        if match is None:
            pattern, string, _, endpos = self._origin
            match = self._match = pattern._stdlib.match(string, self._start, endpos)
        return match

    def group(self, *args):
        """Return one or more groups, as ``re.Match.group``.

        Args:
            *args (int or str): Numbers or names of groups. Group 0, all of the match, by default.

        Returns:
            bytes: The group, None if it did not take part; for several groups a tuple of them.

        Raises:
            IndexError: There is no such group.
        """
        return self._full().group(*args)

    @positional_only
    def __getitem__(self, group):
        return self._full()[group]

    def groups(self, default=None):
        """Return all groups but group 0, as ``re.Match.groups``.

        Args:
            default: What stands for a group that did not take part.

        Returns:
            tuple of bytes: The groups.
        """
        return self._full().groups(default)

    def groupdict(self, default=None):
        """Return the named groups, as ``re.Match.groupdict``.

        Args:
            default: What stands for a group that did not take part.

        Returns:
            dict: The groups, bytes, by name.
        """
        return self._full().groupdict(default)

    @positional_only
    def start(self, group=0):
        """Return where a group starts, as ``re.Match.start``.

        Args:
            group (int or str): The number or name of the group.

        Returns:
            int: An offset in bytes, -1 if the group did not take part.

        Raises:
            IndexError: There is no such group.
        """
        return self._start if group.__class__ is int and group == 0 else self._full().start(group)

    @positional_only
    def end(self, group=0):
        """Return where a group ends, as ``re.Match.end``. Argument, result and errors are those of ``start``."""
        return self._end if group.__class__ is int and group == 0 else self._full().end(group)

    @positional_only
    def span(self, group=0):
        """Return where a group starts and ends, as ``re.Match.span``.

        Args:
            group (int or str): The number or name of the group.

        Returns:
            tuple of int: The two offsets in bytes, ``(-1, -1)`` if the group did not take part.

        Raises:
            IndexError: There is no such group.
        """
        return (self._start, self._end) if group.__class__ is int and group == 0 else self._full().span(group)

    def expand(self, template):
        """Replace the references to groups in a template, as ``re.Match.expand``.

        Args:
            template (bytes): Such as ``rb"\\1, \\g<name>"``.

        Returns:
            bytes: The template with the groups in it.

        Raises:
            re.error: A reference is malformed.
            IndexError: There is no group of that name.
        """
        return self._full().expand(template)

    @property
    def string(self):
        """The buffer that was searched."""
        return self._origin[1]

    @property
    def re(self):
        """The ``Pattern`` that was searched for."""
        return self._origin[0]

    @property
    def pos(self):
        """int: Where the search began, an offset in bytes."""
        return self._origin[2]

    @property
    def endpos(self):
        """int: Where the search had to end, an offset in bytes."""
        return self._origin[3]

    @property
    def lastindex(self):
        """int: The number of the last group that matched, or None."""
        return self._full().lastindex

    @property
    def lastgroup(self):
        """str: The name of the last group that matched, or None."""
        return self._full().lastgroup

    @property
    def regs(self):
        """tuple: The spans of all groups, group 0 first."""
        return self._full().regs

    def __repr__(self):
        return repr(self._full())

    def __copy__(self):
        return self

    @positional_only
    def __deepcopy__(self, memo):
        return self

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot pickle 're.Match' object")

    if hasattr(StdlibMatch, "__class_getitem__"):

        def __class_getitem__(cls, item):
            return StdlibMatch[item]


_new = object.__new__


def new_match(origin, start, end, match):
    """A Match from ``start`` to ``end``. ``origin``: (pattern, text, pos, endpos). ``match``: the standard library's
    match at this position, or None to make it when it is needed."""
    self = _new(Match)
    self._origin = origin
    self._start = start
    self._end = end
    self._match = match
    return self
