"""What ``zcio.mmap`` is made of: one file per family of methods, put together in ``mapping.py``.

``signature`` and ``arguments`` reproduce how C parses arguments; ``constructor``, ``searching``, ``kernel`` and
``position`` are mixins over the runtime's own ``mmap``, taken where that runtime behaves otherwise than CPython 3.15;
``pypy`` mends what only PyPy does otherwise.
"""
