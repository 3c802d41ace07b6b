"""The implementation of ``zcio.pipe.Pipe``. Each module has one class, which derives from the class above it:

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

The other modules are errors (exceptions of the read methods), pool and chunk (the memory), and split_ahead (the records
that records.py splits in advance).

To write a read method: call ``_leave()`` first if it consumes data, or ``_sync()`` if it does not; either one brings
``_consumed``, the read position, up to date. Then compare with ``_written``. If the data suffices, consume it with
``_advance()``; if not, call ``_must_wait()``, which raises at the end of the stream and otherwise says whether to
return None. A method that only looks at data raises ``_examined`` to the end of what it saw, as ``_show()`` does.
"""
