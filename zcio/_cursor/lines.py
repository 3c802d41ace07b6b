"""Lines of a Cursor on CPython at the speed of C: a BytesIO of as many whole lines as a block holds splits them.

While it does, the cursor's position is the block's start plus what was read of the block. Whatever asks for the
position takes the rest of the block back, and the iteration goes on from wherever the position is then.
"""

from io import BytesIO

from zcio._cursor.memory import stop_of

__all__ = ["blocks"]

# Blocks begin small, as a loop that asks for the position at every line wastes the rest of each.
_FIRST = 512
_LARGEST = 120 * 1024  # what malloc has no mapping of its own for

# How much of a block's end is looked at for its last newline.
_GLANCES = (512, 8192, _LARGEST)


def blocks(cursor):
    """BytesIOs of whole lines from the cursor's position on."""
    piece = _FIRST
    while True:
        view = cursor._view
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
            for glance in _GLANCES:
                low = max(position, stop - glance)
                end = memory[low:stop].rfind(b"\n") + 1
                if end:
                    stop = low + end
                    break
            else:
                stop = stop_of(cursor, view, b"\n", position, cursor._size)
            block = memory[position:stop]
        ahead = BytesIO(block)
        block = memory = view = None  # what is kept here would keep close() from giving the memory back
        cursor._ahead = ahead
        cursor._next_line = None
        cursor._end = cursor._reach = cursor._limit = -1
        yield ahead
        piece = min(4 * piece, _LARGEST) if cursor._ahead is ahead else _FIRST
