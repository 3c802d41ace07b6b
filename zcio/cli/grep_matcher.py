"""Matches lines against the patterns of ``zcio grep``.

The patterns are Python's regular expressions over bytes, and each line is matched by itself. If the Rust core supports
all of the patterns, it searches whole windows for matching lines; otherwise the standard library searches each line.
"""

import re

from zcio._re.program import LineProgram

__all__ = ["Matcher"]

_GLOBAL_FLAGS = re.compile(rb"(?:\(\?[aimsx]+\))+")


class Matcher:
    """Decides which lines match, and finds the matches in them. A bad pattern raises re.error.

    ``program``: the LineProgram, or None if the core does not support a pattern. A match of one pattern is the one that
    Python finds. Of the matches of several patterns the leftmost counts and, of those, the longest, as in GNU grep.
    """

    def __init__(self, patterns, arguments):
        if arguments.fixed_strings:
            # The longest first: otherwise a string that begins with another one would never be matched as a whole.
            patterns = [re.escape(pattern) for pattern in sorted(set(patterns), key=len, reverse=True)]
            patterns = [b"|".join(patterns)] if patterns else []
        flags = re.IGNORECASE if arguments.ignore_case else 0
        compiled = [re.compile(pattern, flags) for pattern in dict.fromkeys(patterns)]
        words = arguments.word_regexp and not arguments.line_regexp
        if arguments.line_regexp:
            compiled = [_wrapped(pattern, b"\\A(?:", b")\\Z") for pattern in compiled]
        self.program = None
        if compiled:
            end = b"\0" if arguments.null_data else b"\n"
            program = LineProgram(compiled, words, end, arguments.text or arguments.null_data)
            self.program = program if program.reason is None else None
        if words:
            compiled = [_wrapped(pattern, b"(?<!\\w)(?:", b")(?!\\w)") for pattern in compiled]
        self._searches = [pattern.search for pattern in compiled]

    def is_match(self, line):
        """Whether a line, without its end, matches."""
        return any(search(line) is not None for search in self._searches)

    def spans(self, line):
        """Yield (start, end) of each match that is not empty."""
        at = 0
        while at <= len(line):
            found = [match.span() for match in [search(line, at) for search in self._searches] if match is not None]
            if not found:
                return
            start, end = found[0] if len(found) == 1 else min(found, key=lambda span: (span[0], -span[1]))
            if start < end:
                yield start, end
            at = max(end, start + 1)


def _wrapped(pattern, before, after):
    """The pattern with ``before`` and ``after`` around it, compiled with its flags; inline global flags are removed."""
    source = pattern.pattern
    flags = _GLOBAL_FLAGS.match(source)
    if flags is not None:
        source = source[flags.end() :]
    if pattern.flags & re.VERBOSE:
        source += b"\n"  # it may end with a comment, which would swallow what follows
    return re.compile(before + source + after, pattern.flags)
