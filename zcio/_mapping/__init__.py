"""The implementation of ``zcio.mmap``. Each module has one family of methods; ``mapping`` derives the class from them.

On every runtime: ``searching`` (find, rfind) and ``scanning`` (count, find_all, lines, line_views). On runtimes older
than CPython 3.15, also ``constructor``, ``kernel`` (methods that make system calls) and ``backports`` or, on PyPy,
``pypy``. Besides: ``guarded`` (GuardedMmap), ``opening`` (open_path), ``constants``, ``stdlib`` (the base class).
"""
