"""The directory that ``python -m zcio shadow-path`` prints. On PYTHONPATH, it makes ``import mmap`` give zcio's.

``mmap.py`` is found before the standard library's. Where that one is built into the interpreter (PyPy), nothing on
the path can come before it: ``sitecustomize.py`` puts a finder in front, and runs whatever sitecustomize it hides.
Nothing here may fail: what cannot be shadowed is the standard library's, with a RuntimeWarning.
"""
