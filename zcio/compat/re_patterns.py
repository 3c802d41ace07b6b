"""Random patterns and texts over a small alphabet (newlines, high bytes, word bytes, others), so that they match
often."""

import sys

__all__ = ["pattern", "text"]

_BYTES = (b"a", b"b", b"A", b"_", b"0", b" ", b"\n", b"\xff", b"\xe9", b"-")
_WEIGHTED = _BYTES[:3] * 4 + _BYTES
_ATOMS = (b".", b"\\w", b"\\W", b"\\d", b"\\s", b"\\S", b"\\D")
_ANCHORS = (b"^", b"$", b"\\A", b"\\Z", b"\\b", b"\\B")
_SETS = (
    b"[ab]",
    b"[^a]",
    b"[a-b_]",
    b"[^\\n]",
    b"[\\w-]",
    b"[\\W\\d]",
    b"[^\\s]",
    b"[\\x80-\\xff]",
    b"[A-Z]",
    b"[^\\Wa]",
    b"[\\n ]",
)
_COUNTS = (b"*", b"+", b"?", b"*", b"+", b"?", b"{2}", b"{0,2}", b"{1,3}", b"{2,}", b"{,1}")
_FLAGS = (b"(?i)", b"(?m)", b"(?s)", b"(?x)", b"(?im)", b"(?ms)")
_SCOPED = (b"(?i:", b"(?s:", b"(?m:", b"(?-i:", b"(?s-i:")

# PyPy's own re does not terminate, and takes all memory, for some repeats of a group that can match a text in several
# ways, and for some lazy repeats of a group that can match nothing.
_AMBIGUOUS_LOOPS = sys.implementation.name != "pypy"


def _is_ambiguous(part):
    """Whether ``part`` looks like a group that can match a text in several ways."""
    return part.startswith(b"(") and any(mark in part[2:] for mark in (b"*", b"+", b"?", b"{", b"(", b"|"))


def _atom(random, depth):
    kind = random.randrange(20)
    if kind < 9:
        byte = random.choice(_WEIGHTED)
        return b"\\-" if byte == b"-" else b"\\n" if byte == b"\n" else b"\\ " if byte == b" " else byte
    if kind < 11:
        return random.choice(_ATOMS)
    if kind < 13:
        return random.choice(_SETS)
    if kind < 15:
        return random.choice(_ANCHORS)
    if depth <= 0:
        return b"a"
    inside = _alternatives(random, depth - 1)
    if kind < 18:
        return b"(" + inside + b")"
    if kind == 18:
        return b"(?:" + inside + b")"
    return random.choice(_SCOPED + (b"(?=", b"(?!", b"(?<=")) + inside + b")"


def _sequence(random, depth):
    parts = []
    for _ in range(random.choice((0, 1, 1, 2, 2, 3, 4))):
        part = _atom(random, depth)
        if random.randrange(3) == 0 and part not in _ANCHORS:
            if _AMBIGUOUS_LOOPS or not _is_ambiguous(part):
                part += random.choice(_COUNTS)
                if random.randrange(4) == 0 and (_AMBIGUOUS_LOOPS or not part.startswith(b"(")):
                    part += b"?"
        parts.append(part)
    return b"".join(parts)


def _alternatives(random, depth):
    return b"|".join(_sequence(random, depth) for _ in range(random.choice((1, 1, 1, 1, 2, 3))))


def pattern(random):
    """A random pattern, perhaps an invalid one. ``random`` is an instance of random.Random."""
    found = _alternatives(random, 3)
    if random.randrange(4) == 0:
        found = random.choice(_FLAGS) + found
    if random.randrange(6) == 0:
        found += random.choice((b"$", b"\\Z", b"\\n", b"\\n?$"))
    return found


def text(random):
    """A random text of up to some dozens of bytes."""
    alphabet = random.choice((_WEIGHTED, _BYTES, (b"a", b"b", b"\n"), (b"a", b"A", b" "), (b"a", b"\n")))
    size = random.choice((0, 1, 2, 3, 5, 8, 13, 21, 34))
    found = b"".join(random.choice(alphabet) for _ in range(size))
    return found + random.choice((b"", b"", b"\n", b"\n\n"))
