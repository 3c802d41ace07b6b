"""What a line must match for ``zcio grep``.

The patterns are Python's, over bytes, each line taken by itself. Where the core can search for all of them, it finds
the next matching line of a window; otherwise the standard library looks at one line after another.
"""

import re

from zcio._re.program import LineProgram

__all__ = ["Matcher"]

_GLOBAL_FLAGS = re.compile(rb"(?:\(\?[aimsx]+\))+")


class Matcher:
    """Which lines match, and what in them. ``program``: the LineProgram, None if the core cannot search.

    Of several patterns the leftmost match counts, the longest of those, as in GNU grep. Of one pattern it is the one
    that Python finds.
    """

    def __init__(self, patterns, arguments):
        """Raises re.error for a bad pattern."""
        if arguments.fixed_strings:
            # The longest first: one that begins with another is to be found in its place.
            patterns = [re.escape(pattern) for pattern in sorted(set(patterns), key=len, reverse=True)]
            patterns = [b"|".join(patterns)] if patterns else []
        flags = re.IGNORECASE if arguments.ignore_case else 0
        compiled = [re.compile(pattern, flags) for pattern in dict.fromkeys(patterns)]
        words = arguments.word_regexp and not arguments.line_regexp
        if arguments.line_regexp:
            compiled = [_wrapped(pattern, b"\\A(?:", b")\\Z") for pattern in compiled]
        self.program = None
        if compiled and not arguments.null_data:
            program = LineProgram(compiled, words)
            self.program = program if program.reason is None else None
        if words:
            compiled = [_wrapped(pattern, b"(?<!\\w)(?:", b")(?!\\w)") for pattern in compiled]
        self._searches = [pattern.search for pattern in compiled]

    def is_match(self, line):
        """Whether a line, without its end, matches."""
        return any(search(line) is not None for search in self._searches)

    def spans(self, line):
        """(start, end) of each match that is not empty."""
        at = 0
        while at <= len(line):
            found = [match.span() for match in [search(line, at) for search in self._searches] if match is not None]
            if not found:
                return
            start, end = min(found, key=lambda span: (span[0], -span[1]))
            if start < end:
                yield start, end
            at = max(end, start + 1)


def _wrapped(pattern, before, after):
    """A compiled pattern between two pieces; flags at its beginning stay valid for all of it."""
    source = pattern.pattern
    flags = _GLOBAL_FLAGS.match(source)
    if flags is not None:
        source = source[flags.end() :]
    if pattern.flags & re.VERBOSE:
        source += b"\n"  # it may end in a comment
    return re.compile(before + source + after, pattern.flags)
