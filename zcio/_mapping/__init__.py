"""What ``zcio.mmap`` is made of: one file per family of methods, put together in ``mapping.py``.

``constructor``, ``searching``, ``kernel`` and ``dated`` are mixins over the runtime's own ``mmap``, taken where that
runtime behaves otherwise than CPython 3.15; ``pypy`` mends what only PyPy does otherwise; ``scanning`` adds what no
standard library has.
"""
