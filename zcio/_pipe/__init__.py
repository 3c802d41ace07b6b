"""What ``zcio.pipe`` is made of, from the bottom: errors, pool, chunk, state; searching; writing; reading; views."""
