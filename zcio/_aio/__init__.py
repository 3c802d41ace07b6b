"""The implementation of ``zcio.aio``.

From the bottom up: errors; unread (``StreamReader._buffer``); iterators (``batches()``, ``records()``); protocol
(``PipeProtocol``); reader; writer; stream_protocol; streams (connections and servers); subprocess; transfers
(``proxy``, ``sendfile``); installing. A module imports only modules named before it.
"""
