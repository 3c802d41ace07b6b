"""The implementation of ``zcio.re``: patterns, matches, and the translation of patterns for the core's engine."""
