"""What ``zcio.aio`` is made of, from the bottom: errors, protocol, stream protocol, reader, writer, streams."""
