"""The parts of ``zcio.aio``.

From the bottom: errors, unread (``StreamReader._buffer``), iterators, protocol, reader, writer, stream_protocol,
streams, subprocess, transfers, installing.
"""
