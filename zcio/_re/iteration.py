"""Iteration over all matches of a pattern in a large text.

A ``Text`` yields batches of spans, as lists of offsets (start, end, start, end, ...). They come from the engine; the
last ones, or all if there is no program, come from the standard library. The functions make matches, pieces and lines
from them.
"""

from itertools import chain, islice

from zcio._batches import BatchIterator, iterate
from zcio._core import regex as core, search as core_search
from zcio._re.match import new_match
from zcio._re.windows import edges, sum_by_threads

__all__ = ["Matches", "Spans", "Text", "finditer", "lines", "spans", "split", "sub"]

# The number of matches in the first batch of an iteration, which shows how dense they are.
FIRST = 64

# If the first batch has on average at most this many bytes between matches, the standard library iterates. Making a
# Match object in Python costs 0.2 us more, and the engine cannot save that if there is so little text to skip.
GAP = 32


class Text:
    """The iteration of one call: ``pattern`` in ``string`` from ``start`` to ``end``.

    A context manager, which releases ``hold`` at its end. ``program`` is None if the standard library has to search.
    """

    __slots__ = ("bytes", "end", "hold", "origin", "program", "start", "stdlib", "string")

    def __init__(self, pattern, program, string, hold, start, end):
        self.stdlib = pattern._stdlib
        self.program = program
        self.string = string
        self.hold = hold
        self.bytes = hold.view()
        self.start = start
        self.end = end
        self.origin = (pattern, string, start, end)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.hold.release()

    # Spans.

    def batches(self, start, capacity=core.BATCH, search=None):
        """Yield batches of the spans from ``start`` on.

        ``capacity``: the largest number of spans in the first batch. ``search``: the Search to use; it is put back only
        after the last match (see put_back()).
        """
        if self.program is None:
            yield from self._batches_by_stdlib(start)
            return
        if search is None:
            search = self.program.search()
        for flat in search.batches(self.hold, start, self.end, capacity=capacity):
            if len(flat) == 1:
                yield from self._batches_by_stdlib(flat[0])
            else:
                yield flat
        self.program.put_back(search)

    def _batches_by_stdlib(self, start):
        found = self.stdlib.finditer(self.string, start, self.end)
        while True:
            flat = [offset for match in islice(found, FIRST) for offset in match.span()]
            if flat:
                yield flat
            if len(flat) < 2 * FIRST:
                return

    def count(self, threads=1):
        """The number of matches."""
        if self.program is None:
            return self._count_by_stdlib(self.start)
        if threads > 1 and self.program.cut is not None:
            return sum_by_threads(self._count_part, edges(self.string, self.start, self.end, threads), threads)
        return self._count_part(self.start, self.end)

    def _count_by_stdlib(self, start):
        return sum(1 for _ in self.stdlib.finditer(self.string, start, self.end))

    def _count_part(self, start, stop):
        search = self.program.search()
        try:
            total, unclear = search.count(self.hold, start, self.end, stop)
        finally:
            self.program.put_back(search)
        if unclear is not None:
            total += self._count_by_stdlib(unclear)
        return total

    def into(self, out):
        """Pattern.spans_into()."""
        if self.program is not None:
            search = self.program.search()
            try:
                found, done, position = search.into(self.hold, out, self.start, self.end)
            finally:
                self.program.put_back(search)
            if found or done:
                return found, (None if done or position > self.end else position)
            return self._into_by_stdlib(out, position)
        return self._into_by_stdlib(out, self.start)

    def _into_by_stdlib(self, out, start):
        room = core.room(out, self.hold)
        found = [match.span() for match in islice(self.stdlib.finditer(self.string, start, self.end), room + 1)]
        following = found[room] if len(found) > room else None
        found = found[:room]
        position = None
        if following is not None:
            position, end = found[-1]
            if following[0] == position:
                # An empty match and another one begin at the same offset. Both are found only by a search that begins
                # before them, so leave both to the next call.
                found.pop()
                if not found:
                    raise ValueError("out must have room for two matches of this pattern")
                position, end = found[-1]
            position = max(position + 1, end)
        core.store(out, [offset for span in found for offset in span])
        return len(found), position

    # Results for one batch.

    def matches(self, flat):
        """The Match objects of the spans."""
        origin = self.origin
        if type(self.string) is bytes:
            return [new_match(origin, start, end, None) for start, end in zip(flat[::2], flat[1::2])]
        found = [(start, self.stdlib.match(self.string, start, self.end)) for start in flat[::2]]
        # A match is None if the text was modified meanwhile.
        return [new_match(origin, start, match.end(), match) for start, match in found if match is not None]

    def slices(self, flat):
        """The bytes in the spans."""
        text = self.bytes
        return [text[start:end] for start, end in zip(flat[::2], flat[1::2])]

    def found(self, flat):
        """The items of findall() for a pattern with groups."""
        string, end, match = self.string, self.end, self.stdlib.match
        matches = [found for found in (match(string, start, end) for start in flat[::2]) if found is not None]
        if self.stdlib.groups == 1:
            return [found.group(1) or b"" for found in matches]
        return [found.groups(b"") for found in matches]

    def sparse_batches(self):
        """batches() of the whole text, or None if the first matches are so dense that the standard library is as
        fast."""
        search = self.program.search()
        batches = self.batches(self.start, FIRST, search)
        flat = next(batches, [])
        if _is_dense(flat, self.start):
            batches.close()
            self.program.put_back(search)
            return None
        return chain((flat,), batches)


def _is_dense(flat, start):
    """Whether ``flat``, the first batch after ``start``, is full and has little text between its spans."""
    return len(flat) == 2 * FIRST and flat[-1] - start - (sum(flat[1::2]) - sum(flat[::2])) <= FIRST * GAP


class Matches(BatchIterator):
    """The iterator that Pattern.finditer() returns."""

    __slots__ = ()


class Spans(BatchIterator):
    """The iterator that Pattern.spans() returns."""

    __slots__ = ()


def finditer(text, batches):
    """Pattern.finditer()."""

    def matches():
        with text:
            for flat in batches:
                yield text.matches(flat)

    return iterate(Matches, matches())


def spans(text):
    """Pattern.spans()."""

    def pairs():
        with text:
            for flat in text.batches(text.start, FIRST):
                offsets = iter(flat)
                yield zip(offsets, offsets)

    return iterate(Spans, pairs())


def split(text, batches, maxsplit):
    """Pattern.split()."""
    data, groups = text.bytes, text.stdlib.groups
    parts = []
    last = 0
    left = maxsplit or -1
    for flat in batches:
        if 0 <= left:
            flat = flat[: 2 * left]
            left -= len(flat) // 2
        if groups:
            for match in text.matches(flat):
                parts.append(data[last : match.start()])
                parts += match.groups()
                last = match.end()
        else:
            for start, end in zip(flat[::2], flat[1::2]):
                parts.append(data[last:start])
                last = end
        if left == 0:
            break
    parts.append(data[last : text.end])
    return parts


def sub(text, batches, repl, plain, count):
    """Pattern.subn(). ``plain``: ``repl`` is the replacement; otherwise it is called with the match."""
    data = text.bytes
    parts = []
    last = replaced = 0
    left = count or -1
    for flat in batches:
        if 0 <= left:
            flat = flat[: 2 * left]
            left -= len(flat) // 2
        if plain:
            for start, end in zip(flat[::2], flat[1::2]):
                parts.append(data[last:start])
                parts.append(repl)
                last = end
            replaced += len(flat) // 2
        else:
            for match in text.matches(flat):
                start = match.start()
                if last < start:
                    parts.append(data[last:start])
                item = repl(match)
                if item is not None:
                    parts.append(item)
                last = match.end()
                replaced += 1
        if left == 0:
            break
    if not replaced and type(text.string) is bytes:
        return text.string, 0
    if last < text.end:
        parts.append(data[last : text.end])
    return b"".join(parts), replaced


def lines(text, keepends):
    """Pattern.lines()."""
    with text:
        data = text.bytes
        for start, end in _line_spans(text):
            line = data[start:end]
            yield line if keepends or line[-1:] != b"\n" else line[:-1]


def _line_spans(text):
    """Yield (start, end) of each line that contains a match or a part of one."""
    if text.program is not None and text.program.cut is not None:
        search = text.program.search()
        for flat in search.batches(text.hold, text.start, text.end, lines=True, capacity=FIRST):
            yield from zip(flat[::2], flat[1::2])
        text.program.put_back(search)
        return
    done = 0
    for flat in text.batches(text.start, FIRST):
        for start, end in zip(flat[::2], flat[1::2]):
            if start > text.end:
                continue  # PyPy's own re has an empty match at a pos behind endpos
            # The lines before `done` were yielded already, and the match may begin or lie in one of them.
            at = max(start, done)
            if at > start and max(start, end - 1) < done:
                continue
            at = core_search.rfind(text.string, b"\n", done, at) + 1 or done
            while at < text.end and (at <= start or at < end):
                newline = core_search.find(text.string, b"\n", at, text.end)
                stop = text.end if newline < 0 else newline + 1
                yield at, stop
                at = done = stop
