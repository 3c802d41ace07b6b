"""The standard library's ``mmap``, on which zcio is built, even if ``import mmap`` gives zcio's (see zcio.shadow)."""

import sys

# If PYTHONPATH has zcio/_shadow_path, this import runs the mmap.py there. It sees that zcio imports it, gives the
# standard library's module and sets `lent`. The next importer is to get zcio's, so sys.modules must not keep this one.
lent = False
import mmap  # noqa: E402

if lent:
    del sys.modules["mmap"]

__all__ = ["mmap"]
