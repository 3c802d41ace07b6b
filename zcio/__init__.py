"""Zero-copy I/O for Python."""
