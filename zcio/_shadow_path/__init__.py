"""The directory that ``python -m zcio shadow-path`` prints. On PYTHONPATH, it makes ``import mmap`` give zcio's.

``mmap.py`` is found before the standard library's. If that is built into the interpreter (PyPy), no module on the path
can come before it; then ``sitecustomize.py`` installs a finder, and runs the sitecustomize module that it hides.
Nothing here may fail: if a module cannot be shadowed, the program gets the standard library's and a RuntimeWarning.
"""
