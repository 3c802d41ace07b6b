"""The side-by-side suite of ``python -m zcio bench``: zcio and whatever peers are installed, on the same questions.

One file per group (``mmap``, ``search``, ...), each with ``TITLE`` and ``rows(quick)``, which yields ``timing.Row``s as
they are measured. ``timing`` runs the rivals in turn and compares their answers, ``texts`` makes what is searched,
``report`` and ``plot`` show the rows. A group imports its peers itself and leaves out what is not installed.
"""

#: The groups in the order they are run, each a module of this package.
GROUPS = ("mmap", "search", "cursor", "bytesio", "pipe", "aio", "splice", "guarded")
