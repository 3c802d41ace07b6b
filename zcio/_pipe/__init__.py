"""The parts of ``zcio.pipe``.

From the bottom: errors, pool, chunk, state, searching, writing, reading, records (with split_ahead), sending.
"""
