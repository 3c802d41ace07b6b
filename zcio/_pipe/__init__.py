"""The parts of ``zcio.pipe.Pipe``: one class a module, each a subclass of the one above it in this table.

    ============== ============ ===============================================================================
    module         class        what it adds
    ============== ============ ===============================================================================
    state.py       PipeState    positions in the stream, the chunks between them, shrink()
    searching.py   Searching    find(), findbyte(); remembers what was searched already
    writing.py     Writing      get_buffer(), buffer_written(), write(), recv_from(), eof(), the watermarks
    reading.py     Reading      reads, peeks and skips of a number of bytes
    records.py     Records      reads up to a separator: readuntil(), readline(), split(), records()
    sending.py     Sending      writev_to(); the base of Pipe
    ============== ============ ===============================================================================

Beside them: errors (what the read methods raise), pool and chunk (the memory), split_ahead (the batch that records.py
splits in advance).

A read method begins with ``_leave()`` if it consumes, with ``_sync()`` if it does not: either brings the read position
up to date. Then it works with ``_consumed`` and ``_written``, moves on with ``_advance()``, and where the data does not
suffice returns None or raises, as ``_must_wait()`` decides.
"""
