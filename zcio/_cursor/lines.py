"""Lines of a Cursor at the speed of C: a BytesIO of as many whole lines as a block holds splits them.

While it does, the cursor's position is the block's start plus what was read of the block. Whatever asks for the
position takes the rest of the block back, and the iteration goes on from wherever the position is then.
"""

from io import BytesIO

from zcio._cursor.memory import offset_of

__all__ = ["STRETCH", "blocks", "stop_of"]

# Blocks begin small, as a loop that asks for the position at every line wastes the rest of each.
_FIRST = 512
_LARGEST = 16 * 1024

# How much of a block's end is looked at first.
_GLANCE = 512


# How much is looked at for the end of a record in one go, before the core is asked.
STRETCH = 4096


def stop_of(cursor, separator, start, stop):
    """The offset behind the next ``separator`` in ``[start:stop]``, or ``stop``."""
    near = min(start + STRETCH, stop)
    find = cursor._find
    if find is None:
        found = cursor._memory[start:near].find(separator)
        found += start if found >= 0 else 0
    else:
        found = find(separator, start, near)
    if found >= 0:
        return found + len(separator)
    if near < stop:
        found = offset_of(cursor._memory, cursor._view, separator, max(start, near - len(separator) + 1), stop)
    return found + len(separator) if found >= 0 else stop


def blocks(cursor):
    """BytesIOs of whole lines from the cursor's position on."""
    piece = _FIRST
    while True:
        if cursor._end < 0:
            cursor._ready()
        position = cursor._position
        if position >= cursor._size:
            return
        memory = cursor._memory
        stop = position + piece
        if stop >= cursor._size:
            block = memory[position : cursor._size]
        else:
            short = memory[stop - _GLANCE : stop].rfind(b"\n") + 1
            if short:
                block = memory[position : stop - _GLANCE + short]
            else:
                block = memory[position:stop]
                cut = block.rfind(b"\n") + 1
                block = block[:cut] if cut else memory[position : stop_of(cursor, b"\n", position, cursor._size)]
        ahead = BytesIO(block)
        block = memory = None  # what is kept here would keep close() from giving the memory back
        cursor._ahead = ahead
        cursor._end = cursor._limit = -1
        yield ahead
        piece = min(4 * piece, _LARGEST) if cursor._ahead is ahead else _FIRST
