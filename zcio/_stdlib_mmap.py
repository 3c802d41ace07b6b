"""The standard library's own ``mmap``, also where zcio's stands in its place: zcio itself is built on this one."""

import sys

# Where a directory on PYTHONPATH shadows it, this runs zcio/_shadow_path/mmap.py. That sees who asks, gives the real
# one, and says so in `lent`: the next to import mmap is to get zcio's.
lent = False
import mmap  # noqa: E402

if lent:
    del sys.modules["mmap"]

__all__ = ["mmap"]
