"""What ``zcio.aio`` is made of."""
