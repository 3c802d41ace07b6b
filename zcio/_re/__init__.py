"""What ``zcio.re`` is made of: patterns, matches, and the translation of the interpreter's parse trees for the core."""
