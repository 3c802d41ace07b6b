"""Searching: choosing between the core and the interpreter's own `find`, iterating over matches, and shards."""
