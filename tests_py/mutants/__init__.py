"""Broken methods, one mistake each, that the machines of zcio.compat must notice.

``python -m mutants [SUBJECT ...] [SEED ...]``, here in tests_py, prints a table: what noticed each of them, after how
many steps.
"""

from mutants import aio, bytesio, cursor, mmap, pipe, shutil, splice  # noqa: F401
from mutants.mutant import MUTANTS
from mutants.noticing import noticed

__all__ = ["MUTANTS", "noticed"]
