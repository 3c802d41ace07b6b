"""Translates patterns of ``re`` to the syntax of the Rust engine, if they mean the same there.

The interpreter's own parser parses the pattern, so errors, flags and escapes need no second implementation. One walk
over its tree writes every construct that means the same to the engine. Bytes are written as classes, so that the engine
does no case folding and has no categories of its own. Any other construct, including those of future interpreters,
raises Untranslatable, and the standard library searches for the pattern.

The invariant: the engine finds exactly the spans that ``search`` of the standard library finds. It finds no groups; the
standard library does that, at a span. ``python -m zcio compat re`` compares the two with random patterns and texts.
"""

import re
import sys

try:
    from re import _parser  # 3.11
except ImportError:
    import sre_parse as _parser

__all__ = ["MAX_STATES", "Translation", "Untranslatable", "translate"]

# If repeats add more states than this when they are expanded, the engine is slower than a backtracking search. A long
# alternation of words may have more states and is still fast; the engine's own size limit bounds it.
MAX_STATES = 1000

_ALL = frozenset(range(256))
_NEWLINE = 10
_DIGITS = frozenset(b"0123456789")
_SPACES = frozenset(b" \t\n\r\f\v")
_WORD = frozenset(b"0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_CATEGORIES = {
    "CATEGORY_DIGIT": _DIGITS,
    "CATEGORY_NOT_DIGIT": _ALL - _DIGITS,
    "CATEGORY_SPACE": _SPACES,
    "CATEGORY_NOT_SPACE": _ALL - _SPACES,
    "CATEGORY_WORD": _WORD,
    "CATEGORY_NOT_WORD": _ALL - _WORD,
}

_KNOWN_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE | re.ASCII

_REASONS = {
    "GROUPREF": "a back reference",
    "GROUPREF_EXISTS": "a conditional",
    "ASSERT": "lookaround",
    "ASSERT_NOT": "lookaround",
    "ATOMIC_GROUP": "an atomic group",
    "POSSESSIVE_REPEAT": "a possessive repeat",
    "FAILURE": "an empty negative lookaround",
}

# What the parser warns about, in a set: the future syntax of nested sets and of operations on sets.
_FUTURE_SYNTAX = re.compile(rb"\[\[|--|&&|~~|\|\|")
_ESCAPE_OR_SET = re.compile(rb"\\.|\[\^?\]?(?:\\.|[^\\\]])*", re.DOTALL)
_BRACKET_IN_COMMENT = re.compile(rb"#[^\n]*\[")
# It warns before 3.11 about global flags that are not at the start.
_LATE_FLAGS = re.compile(rb".\(\?[aiLmsux]+\)", re.DOTALL)


class Untranslatable(Exception):
    """The engine cannot search for the pattern; the text says why."""


class Translation:
    """A pattern for the engine.

    Attributes:
        source: the pattern in the engine's syntax.
        width: the largest number of bytes in a match, or None if there is no largest.
        newline: whether a match can contain a newline before the end of the text.
        tail: whether the pattern ends in a ``$`` that may match before a last newline.
        nullable: whether a match can be empty.
        anchored: whether the pattern has anchors other than ``\\b``.
        iterates: whether the engine, when it resumes one byte after an empty match, finds what the standard library
            finds.
    """

    __slots__ = ("anchored", "iterates", "newline", "nullable", "source", "tail", "width")

    def __init__(self, piece, walk):
        self.source = "(?-u)" + piece.source
        self.width = piece.width
        self.newline = piece.newline
        self.tail = walk.tail
        self.anchored = walk.anchored
        self.nullable = piece.nullable
        self.iterates = piece.empty_last or not piece.nullable


class _Piece:
    """A part of the pattern, with attributes as in Translation.

    ``states`` is the approximate number of its states. ``empty_last``: whether its empty match, if there is one, is the
    last alternative.
    """

    __slots__ = ("empty_last", "newline", "nullable", "source", "states", "width")

    def __init__(self, source, nullable=False, width=1, newline=False, states=1, empty_last=True):
        self.source = source
        self.nullable = nullable
        self.width = width
        self.newline = newline
        self.states = states
        self.empty_last = empty_last


def translate(pattern, flags, line_ends=b""):
    """Translate ``pattern``, bytes that compile with ``flags`` (inline flags included). Raises Untranslatable.

    With ``line_ends``, the pattern is matched against each line of a text, without the byte that ends it, which is one
    of these: no match contains any of them, and all anchors match at the ends of a line, which is ended by the first of
    them. Returns a Translation.
    """
    if flags & ~_KNOWN_FLAGS:
        raise Untranslatable("a flag such as LOCALE or DEBUG")
    if _may_warn(pattern):  # compile() has warned; a second warning could only be kept back for all threads
        raise Untranslatable("the parser may warn about it")
    try:
        # The parser finds inline flags again. ASCII has no meaning for bytes.
        tree = _parser.parse(pattern, flags & ~re.ASCII)
        walk = _Walk(line_ends)
        piece = walk.sequence(tree, flags, True)
    except RecursionError:
        raise Untranslatable("groups nested too deeply") from None
    return Translation(piece, walk)


def _may_warn(pattern):
    """Whether the parser may warn about the pattern. It may be True for a pattern that it does not warn about."""
    if _LATE_FLAGS.search(pattern):
        return True
    if _FUTURE_SYNTAX.search(pattern) is None:
        return False
    if _BRACKET_IN_COMMENT.search(pattern):  # it starts no set, and may hide where the next one starts
        return True
    return any(_FUTURE_SYNTAX.search(one) for one in _ESCAPE_OR_SET.findall(pattern) if one[:1] == b"[")


def _name(constant):
    """The name of one of the parser's constants, which are ints."""
    return getattr(constant, "name", repr(constant))


def _lower(byte):
    return byte + 32 if 65 <= byte <= 90 else byte


def _cases(byte, flags):
    """The bytes that a literal matches."""
    both = bytes((byte,))
    if flags & re.IGNORECASE:
        both = both.lower() + both.upper()
    return frozenset(both)


def _members(items, flags):
    """The bytes that a set matches."""
    ignore = flags & re.IGNORECASE
    negate = False
    literal, category = set(), set()
    for op, value in items:
        name = _name(op)
        if name == "NEGATE":
            negate = True
        elif name == "LITERAL":
            literal.add(value)
        elif name == "RANGE":
            literal.update(range(value[0], value[1] + 1))
        elif name == "CATEGORY" and _name(value) in _CATEGORIES:
            category |= _CATEGORIES[_name(value)]
        else:
            raise Untranslatable("%s in a set" % name)
    if ignore:
        literal = {_lower(byte) for byte in literal}
        found = {byte for byte in _ALL if _lower(byte) in literal or _lower(byte) in category}
    else:
        found = literal | category
    return _ALL - found if negate else frozenset(found)


def _class(members):
    """A class of single bytes in the engine's syntax."""
    if len(members) == 1:
        (byte,) = members
        return chr(byte) if byte in _WORD else "\\x%02x" % byte
    ranges = []
    for byte in sorted(members):
        if ranges and ranges[-1][1] == byte - 1:
            ranges[-1][1] = byte
        else:
            ranges.append([byte, byte])
    return "[%s]" % "".join("\\x%02x-\\x%02x" % tuple(pair) for pair in ranges)


class _Walk:
    """One walk over a tree.

    ``tail`` becomes true at a ``$`` for the end of the text, ``anchored`` at any anchor but ``\\b``. ``expanded``
    counts the states that repeats add.
    """

    def __init__(self, line_ends):
        self.line_ends = frozenset(line_ends)
        self.has_newlines = line_ends[:1] != b"\n"  # in what is matched
        self.tail = self.anchored = False
        self.expanded = 0

    def sequence(self, items, flags, is_last):
        """The piece for ``items`` in sequence. ``is_last``: nothing of the pattern follows them."""
        source = []
        nullable, width, newline, states, empty_last = True, 0, False, 1, True
        count = len(items)
        for at in range(count):
            op, value = items[at]
            piece = self.item(_name(op), value, flags, is_last and at == count - 1)
            source.append(piece.source)
            nullable = nullable and piece.nullable
            width = None if width is None or piece.width is None else width + piece.width
            newline = newline or piece.newline
            states += piece.states
            empty_last = empty_last and piece.empty_last
        return _Piece("".join(source), nullable, width, newline, states, empty_last)

    def item(self, name, value, flags, is_last):
        method = getattr(self, "_" + name.lower(), None) if name in _TRANSLATED else None
        if method is None:
            raise Untranslatable(_REASONS.get(name, "the construct %s" % name))
        return method(value, flags, is_last)

    def _byte(self, members):
        members = members - self.line_ends
        if not members:
            raise Untranslatable("a set without members")
        return _Piece(_class(members), newline=_NEWLINE in members)

    def _literal(self, value, flags, is_last):
        return self._byte(_cases(value, flags))

    def _not_literal(self, value, flags, is_last):
        return self._byte(_ALL - _cases(value, flags))

    def _any(self, value, flags, is_last):
        return self._byte(_ALL if flags & re.DOTALL else _ALL - {_NEWLINE})

    def _in(self, value, flags, is_last):
        return self._byte(_members(value, flags))

    def _at(self, value, flags, is_last):
        name = _name(value)
        width = 0
        self.anchored = self.anchored or name != "AT_BOUNDARY"
        if self.line_ends and name in _LINE_ANCHORS:
            if self.has_newlines and (name == "AT_END" or flags & re.MULTILINE):
                raise Untranslatable("an anchor that matches at newlines, in lines that end with another byte")
            source = _LINE_ANCHORS[name]
        elif name == "AT_BEGINNING":
            source = "(?m:^)" if flags & re.MULTILINE else "\\A"
        elif name == "AT_BEGINNING_STRING":
            source = "\\A"
        elif name == "AT_END_STRING":
            source = "\\z"
        elif name == "AT_BOUNDARY":
            source = "\\b"
        elif name == "AT_NON_BOUNDARY":
            source = "\\B"
        elif name == "AT_END" and flags & re.MULTILINE:
            source = "(?m:$)"
        elif name == "AT_END" and is_last:
            self.tail = True
            source, width = "\\n?\\z", 1
        else:
            raise Untranslatable("$ without MULTILINE before the end of the pattern")
        return _Piece(source, nullable=True, width=width)

    def _subpattern(self, value, flags, is_last):
        _, add, remove, items = value
        piece = self.sequence(items, (flags | add) & ~remove, is_last)
        piece.source = "(?:%s)" % piece.source
        return piece

    def _branch(self, value, flags, is_last):
        pieces = [self.sequence(items, flags, is_last) for items in value[1]]
        widths = [piece.width for piece in pieces]
        return _Piece(
            "(?:%s)" % "|".join(piece.source for piece in pieces),
            any(piece.nullable for piece in pieces),
            None if None in widths else max(widths),
            any(piece.newline for piece in pieces),
            1 + sum(piece.states for piece in pieces),
            not any(piece.nullable for piece in pieces[:-1]) and pieces[-1].empty_last,
        )

    def _max_repeat(self, value, flags, is_last, lazy=""):
        low, high, items = value
        piece = self.sequence(items, flags, False)
        if piece.nullable:
            raise Untranslatable("a loop whose body can match nothing")
        endless = high == _parser.MAXREPEAT
        times = max(low, 1) if endless else high
        self.expanded += piece.states * (times - 1)
        if self.expanded > MAX_STATES:
            raise Untranslatable("repeats that expand to more than %d states" % MAX_STATES)
        piece.source = "(?:%s){%d,%s}%s" % (piece.source, low, "" if endless else high, lazy)
        piece.nullable = low == 0
        piece.width = None if endless or piece.width is None else piece.width * high
        piece.states *= times
        piece.empty_last = not lazy or low > 0
        return piece

    def _min_repeat(self, value, flags, is_last):
        if sys.version_info < (3, 7) and _has_group(value[2]):
            raise Untranslatable("a group in a lazy repeat, before Python 3.7")
        return self._max_repeat(value, flags, is_last, "?")


_TRANSLATED = {
    "LITERAL",
    "NOT_LITERAL",
    "ANY",
    "IN",
    "AT",
    "SUBPATTERN",
    "BRANCH",
    "MAX_REPEAT",
    "MIN_REPEAT",
}

_LINE_ANCHORS = {
    "AT_BEGINNING": "(?m:^)",
    "AT_BEGINNING_STRING": "(?m:^)",
    "AT_END": "(?m:$)",
    "AT_END_STRING": "(?m:$)",
}


def _has_group(items):
    """Whether ``items`` contain a capturing group; constructs that the walk refuses are not searched."""
    for op, value in items:
        name = _name(op)
        if name == "SUBPATTERN":
            if value[0] is not None or _has_group(value[3]):
                return True
        elif name == "BRANCH":
            if any(_has_group(branch) for branch in value[1]):
                return True
        elif name in ("MAX_REPEAT", "MIN_REPEAT") and _has_group(value[2]):
            return True
    return False
